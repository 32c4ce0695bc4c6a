/** Many workloads through one function: order, bounds, failures and early ends. */
import { expect, test } from "bun:test";
import { getEventListeners } from "node:events";
import { Client, defineFunction, json, type MapOptions } from "../../src/index.ts";
import { until } from "../harness/until.ts";
import { doingJobs, type FakePacket, openFakeServer } from "./fake-server.ts";
import { Gate } from "./gate.ts";
import { codeOf, errorOf } from "./outcome.ts";

/** A server that takes every job and ends them when it is told, in whatever order. */
async function holdingServer() {
  const held = new Map<string, FakePacket>();
  let count = 0;
  const server = await openFakeServer({
    onPacket: (packet) => {
      const [, , workload = ""] = packet.args;
      held.set(workload, packet);
      count += 1;
      packet.from.send("JOB_CREATED", `H:${workload}`);
    },
  });
  const client = new Client({ servers: [server.address] });
  return {
    client,
    server,
    held,
    get count() {
      return count;
    },
    finish: async (workload: string, how: "WORK_COMPLETE" | "WORK_FAIL" = "WORK_COMPLETE") => {
      const packet = await until(() => held.get(workload), { what: `the server holds ${workload}` });
      held.delete(workload);
      packet.from.send(how, `H:${workload}`, ...(how === "WORK_FAIL" ? [] : [`done ${workload}`]));
    },
    [Symbol.asyncDispose]: async () => {
      await client.close();
      await server.shut();
    },
  };
}

/** A source that tells how far it was read, and whether it was closed. */
function countedSource(count: number) {
  const state = { asked: 0, isClosed: false };
  function* items(): Generator<string> {
    try {
      for (let index = 0; index < count; index++) {
        state.asked += 1;
        yield `${index}`;
      }
    } finally {
      state.isClosed = true;
    }
  }
  return { state, items: items() };
}

async function textsOf(results: AsyncIterable<Uint8Array>): Promise<string[]> {
  const texts: string[] = [];
  for await (const result of results) texts.push(new TextDecoder().decode(result));
  return texts;
}

const DONE = (count: number) => Array.from({ length: count }, (_, index) => `done ${index}`);

test("results come in the order of the workloads, whatever ends first", async () => {
  await using play = await holdingServer();
  const texts = textsOf(play.client.map("f", ["0", "1", "2", "3"]));
  for (const workload of ["3", "1", "0", "2"]) await play.finish(workload);
  expect(await texts).toEqual(DONE(4));
});

for (const inFlightMax of [1, 3, 64]) {
  test(`never more than ${inFlightMax} are in flight, and the source is not read further`, async () => {
    let [inFlight, most] = [0, 0];
    await using server = await openFakeServer({
      onPacket: ({ args, from }) => {
        inFlight += 1;
        most = Math.max(most, inFlight);
        from.send("JOB_CREATED", `H:${args[2]}`);
        setImmediate(() => {
          inFlight -= 1;
          from.send("WORK_COMPLETE", `H:${args[2]}`, `done ${args[2]}`);
        });
      },
    });
    await using client = new Client({ servers: [server.address] });
    const { state, items } = countedSource(300);
    let read = 0;
    for await (const result of client.map("f", items, { inFlightMax })) {
      expect(new TextDecoder().decode(result)).toBe(`done ${read}`);
      read += 1;
      expect(state.asked).toBeLessThanOrEqual(read + inFlightMax);
    }
    expect([read, state.isClosed]).toEqual([300, true]);
    expect(most).toBeLessThanOrEqual(inFlightMax);
    if (inFlightMax > 1) expect(most).toBeGreaterThan(1);
  });
}

test("without a reader nothing starts, and with a slow one no more than inFlightMax have started ahead of it", async () => {
  await using play = await holdingServer();
  const { state, items } = countedSource(100);
  const results = play.client.map("f", items, { inFlightMax: 5 });
  await play.client.submitBackground("f", "settled");
  expect(state.asked).toBe(0);
  const first = results.next();
  await play.finish("0");
  expect(new TextDecoder().decode((await first).value)).toBe("done 0");
  for (const workload of ["1", "2", "3", "4"]) await play.finish(workload);
  await play.client.submitBackground("f", "settled again");
  expect(state.asked).toBeLessThanOrEqual(6);
  await results.return?.();
  expect(state.isClosed).toBe(true);
});

test("a slow source does not hold back results", async () => {
  await using play = await holdingServer();
  const gate = new Gate();
  async function* slow(): AsyncGenerator<string> {
    yield "0";
    yield "1";
    await gate.opened;
    yield "2";
  }
  const results = play.client.map("f", slow());
  const first = results.next();
  await play.finish("0");
  expect(new TextDecoder().decode((await first).value)).toBe("done 0");
  const second = results.next();
  await play.finish("1");
  expect(new TextDecoder().decode((await second).value)).toBe("done 1");
  const third = results.next();
  gate.open();
  await play.finish("2");
  expect(new TextDecoder().decode((await third).value)).toBe("done 2");
  expect((await results.next()).done).toBe(true);
});

test("the first failure is thrown in its place, and what is in flight is given up", async () => {
  await using play = await holdingServer();
  const { state, items } = countedSource(100);
  const results = play.client.map("f", items, { inFlightMax: 4 });
  const first = results.next();
  await play.finish("2", "WORK_FAIL");
  await play.finish("1", "WORK_FAIL");
  await play.finish("0");
  expect(new TextDecoder().decode((await first).value)).toBe("done 0");
  expect(await codeOf(results.next())).toBe("JOB_FAILED");
  expect((await results.next()).done).toBe(true);
  expect(state.isClosed).toBe(true);
  // Nothing of it is open any more: a client of as many places would have none left.
  expect(state.asked).toBeLessThanOrEqual(6);
});

test("a source that fails is told in its place, after the results of what it gave before", async () => {
  await using play = await holdingServer();
  function* broken(): Generator<string> {
    yield "0";
    yield "1";
    throw new RangeError("no more");
  }
  const texts: string[] = [];
  const reading = (async () => {
    for await (const result of play.client.map("f", broken())) texts.push(new TextDecoder().decode(result));
  })();
  await play.finish("1");
  await play.finish("0");
  expect(await reading.catch((error: unknown) => error)).toBeInstanceOf(RangeError);
  expect(texts).toEqual(["done 0", "done 1"]);
});

test("a workload that cannot be written fails in its place", async () => {
  await using server = await openFakeServer({ onPacket: doingJobs("one") });
  await using client = new Client({ servers: [server.address] });
  const double = defineFunction("double", { workload: json<unknown>() });
  const results = client.map(double, [1, () => {}, 3]);
  expect(new TextDecoder().decode((await results.next()).value)).toBe("one:1");
  expect(await codeOf(results.next())).toBe("BAD_DATA");
});

test("leaving the loop closes the source and gives up what is in flight", async () => {
  await using play = await holdingServer();
  const { state, items } = countedSource(100);
  const client = new Client({ servers: [play.server.address], openMax: 4 });
  const reading = (async () => {
    for await (const _ of client.map("f", items, { inFlightMax: 4 })) break;
  })();
  await play.finish("0");
  await reading;
  expect(state.isClosed).toBe(true);
  const again = Array.from({ length: 4 }, () => codeOf(client.run("f", "x", { timeoutMs: 1 })));
  expect(await Promise.all(again)).toEqual(Array(4).fill("TIMED_OUT"));
  await client.close();
});

/** A source that gives `given` and then nothing more, for ever. */
function endlessSource(...given: readonly string[]) {
  const state = { isReturned: false };
  const left = [...given];
  const items: AsyncIterable<string> = {
    [Symbol.asyncIterator]: () => ({
      next: () => {
        const value = left.shift();
        return value === undefined ? new Promise(() => {}) : Promise.resolve({ done: false, value });
      },
      return: () => {
        state.isReturned = true;
        return new Promise(() => {});
      },
    }),
  };
  return { state, items };
}

test("leaving the loop does not wait for a source that is still looking for its next item", async () => {
  await using server = await openFakeServer({ onPacket: doingJobs("one") });
  await using client = new Client({ servers: [server.address] });
  const { state, items } = endlessSource("0");
  for await (const _ of client.map("f", items)) break;
  expect(state.isReturned).toBe(true);
});

test("an abort ends a map whose source gives nothing more", async () => {
  await using server = await openFakeServer({ onPacket: doingJobs("one") });
  await using client = new Client({ servers: [server.address] });
  for (const given of [[], ["0"]]) {
    const stop = new AbortController();
    const { state, items } = endlessSource(...given);
    const results = client.map("f", items, { signal: stop.signal });
    for (const _ of given) await results.next();
    const next = errorOf(results.next());
    stop.abort("enough");
    const { code, cause } = await next;
    expect([code, cause]).toEqual(["ABORTED", "enough"]);
    expect(state.isReturned).toBe(true);
    expect(getEventListeners(stop.signal, "abort")).toEqual([]);
  }
});

test("an abort ends a map whose jobs never end, and its signal has no listener afterwards", async () => {
  await using play = await holdingServer();
  const stop = new AbortController();
  const { state, items } = countedSource(100);
  const results = play.client.map("f", items, { signal: stop.signal, inFlightMax: 8 });
  const next = codeOf(results.next());
  await until(() => play.count === 8, { what: "eight jobs are in flight" });
  stop.abort();
  expect(await next).toBe("ABORTED");
  expect((await results.next()).done).toBe(true);
  expect([state.asked, state.isClosed]).toEqual([8, true]);
  expect(getEventListeners(stop.signal, "abort")).toEqual([]);
});

test("a map that is read to its end leaves no listener on its signal", async () => {
  await using server = await openFakeServer({ onPacket: doingJobs("one") });
  await using client = new Client({ servers: [server.address] });
  const { signal } = new AbortController();
  expect(await textsOf(client.map("f", ["0", "1"], { signal }))).toEqual(["one:0", "one:1"]);
  expect(getEventListeners(signal, "abort")).toEqual([]);
});

test("each job of a map has the options that were given, and its own time limit", async () => {
  await using server = await openFakeServer();
  await using client = new Client({ servers: [server.address] });
  const options: MapOptions = { priority: "low", unique: "-", timeoutMs: 50, inFlightMax: 2 };
  const next = codeOf(client.map("f", ["0", "1"], options).next());
  for (const workload of ["0", "1"]) expect((await server.next("SUBMIT_JOB_LOW")).args).toEqual(["f", "-", workload]);
  expect(await next).toBe("TIMED_OUT");
});

test("no workloads give no results; a set, a map's keys and a string are workloads", async () => {
  await using server = await openFakeServer({ onPacket: doingJobs("one") });
  await using client = new Client({ servers: [server.address] });
  expect(await textsOf(client.map("f", []))).toEqual([]);
  expect(server.connections).toEqual([]);
  expect(await textsOf(client.map("f", new Set(["a", "b"])))).toEqual(["one:a", "one:b"]);
  expect(await textsOf(client.map("f", new Map([["c", 1]]).keys()))).toEqual(["one:c"]);
  expect(await textsOf(client.map("f", "de"))).toEqual(["one:d", "one:e"]);
});

test("20,000 workloads of an async source come through in order", async () => {
  await using server = await openFakeServer({ onPacket: doingJobs("one") });
  await using client = new Client({ servers: [server.address] });
  async function* numbers(): AsyncGenerator<string> {
    for (let index = 0; index < 20_000; index++) yield `${index}`;
  }
  let read = 0;
  for await (const result of client.map("f", numbers(), { inFlightMax: 500 })) {
    if (new TextDecoder().decode(result) !== `one:${read}`) throw new Error(`result ${read} is another's`);
    read += 1;
  }
  expect(read).toBe(20_000);
}, 60_000);
