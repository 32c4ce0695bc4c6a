/** Jobs that a server refuses: QUEUE_ERROR is one server's queue, so another server is asked; other errors are the job's own. */
import { expect, test } from "bun:test";
import { Client, Worker } from "../../src/index.ts";
import { serverAddresses } from "../../src/link/server-address.ts";
import { askServer } from "../../src/link/text-line.ts";
import { freePort } from "../harness/free-port.ts";
import { startServer } from "../harness/server-process.ts";
import { until } from "../harness/until.ts";
import { doingJobs, openFakeServer } from "./fake-server.ts";
import { Gate } from "./gate.ts";
import { errorOf, textOf } from "./outcome.ts";

/** A server that answers all it is asked with ERROR. */
function refusing(words: string, code = "QUEUE_ERROR") {
  return openFakeServer({ onPacket: ({ from }) => from.send("ERROR", code, words) });
}

test("a job that one server's queue does not take goes to the other, of whatever kind it is", async () => {
  await using full = await refusing("the queue is full");
  await using other = await openFakeServer({ onPacket: doingJobs("other") });
  await using client = new Client({ servers: [full.address, other.address] });
  expect(await textOf(client.run("f", "x", { unique: "u" }))).toBe("other:x");
  expect((await client.submit("f", "y")).server).toBe(other.address);
  expect(await client.submitBackground("f", "z", { priority: "low" })).toBe("H:other:3");
  const asked = (server: typeof full) => server.packets.map(({ name, args }) => [name, ...args]);
  expect(asked(full)).toEqual([
    ["SUBMIT_JOB", "f", "u", "x"],
    ["SUBMIT_JOB", "f", "", "y"],
    ["SUBMIT_JOB_LOW_BG", "f", "", "z"],
  ]);
  expect(asked(other)).toEqual(asked(full));
});

test("a job that no server's queue takes is REFUSED with the first server's words, and each is asked once", async () => {
  await using one = await refusing("the first is full");
  await using two = await refusing("the second is full");
  await using three = await refusing("the third is full");
  const servers = [one, two, three];
  await using client = new Client({ servers: servers.map(({ address }) => address) });
  for (const call of [client.run("f"), client.submit("f"), client.submitBackground("f")]) {
    const { code, message } = await errorOf(call);
    expect([code, message]).toEqual(["REFUSED", expect.stringContaining("the first is full")]);
    expect(message).toContain(one.address);
  }
  expect(servers.map(({ packets }) => packets.length)).toEqual([3, 3, 3]);
});

test("a job that the only server's queue does not take is REFUSED at once", async () => {
  await using full = await refusing("the queue is full");
  await using client = new Client({ servers: [full.address], serverWaitMs: 60_000 });
  expect((await errorOf(client.run("f"))).code).toBe("REFUSED");
  expect(full.packets.length).toBe(1);
});

test("any other ERROR is the job's own, and no other server is asked", async () => {
  await using other = await openFakeServer({ onPacket: doingJobs("other") });
  for (const code of ["INVALID_FUNCTION_NAME", "QUEUE_FULL", "queue_error", "ARGUMENT_TOO_LARGE", ""]) {
    await using strict = await refusing("no", code);
    await using client = new Client({ servers: [strict.address, other.address] });
    for (const call of [client.run("f"), client.submitBackground("f")]) {
      expect((await errorOf(call)).code).toBe("REFUSED");
    }
  }
  expect(other.connections).toEqual([]);
});

test("a job that one server refuses, while the other cannot be reached, waits for that and then has the refusal", async () => {
  await using full = await refusing("the queue is full");
  const gone = `127.0.0.1:${await freePort()}`;
  for (const servers of [
    [full.address, gone],
    [gone, full.address],
  ]) {
    await using client = new Client({ servers, serverWaitMs: 150 });
    for (const call of [client.run("f"), client.submitBackground("f")]) {
      const { code, message } = await errorOf(call);
      expect([code, message]).toEqual(["REFUSED", expect.stringContaining("the queue is full")]);
    }
  }
});

test("a job that one server refuses goes to the other when that comes back in time", async () => {
  await using full = await refusing("the queue is full");
  await using other = await openFakeServer({ onPacket: doingJobs("other") });
  await other.shut();
  await using client = new Client({ servers: [full.address, other.address] });
  const result = textOf(client.run("f", "x"));
  await full.next("SUBMIT_JOB");
  await other.open();
  expect(await result).toBe("other:x");
});

test("a job that was refused here and lost there may come here again", async () => {
  let isFull = true;
  const doing = doingJobs("first");
  await using first = await openFakeServer({
    onPacket: (packet) => {
      if (isFull) packet.from.send("ERROR", "QUEUE_ERROR", "the queue is full");
      else doing(packet);
    },
  });
  await using second = await openFakeServer({ onPacket: ({ from }) => from.send("JOB_CREATED", "H:second:1") });
  await using client = new Client({ servers: [first.address, second.address] });
  const job = await client.submit("f", "x");
  expect(job.server).toBe(second.address);
  isFull = false;
  await second.shut();
  expect(await textOf(job.result)).toBe("first:x");
});

test("a refusal of a job that was given up goes to no other server", async () => {
  await using slow = await openFakeServer();
  await using other = await openFakeServer({ onPacket: doingJobs("other") });
  await using client = new Client({ servers: [slow.address, other.address] });
  const stop = new AbortController();
  const end = errorOf(client.run("f", "given up", { signal: stop.signal }));
  const kept = textOf(client.run("f", "kept"));
  const { from } = await slow.next("SUBMIT_JOB");
  stop.abort();
  expect((await end).code).toBe("ABORTED");
  from.send("ERROR", "QUEUE_ERROR", "the queue is full");
  from.send("ERROR", "QUEUE_ERROR", "the queue is full");
  expect(await kept).toBe("other:kept");
  expect(other.packets.map(({ args }) => args[2])).toEqual(["kept"]);
});

test("while our server shuts down gracefully its job in hand is done, and submits go to the second", async () => {
  await using first = await startServer();
  await using second = await startServer();
  const [one, two] = serverAddresses([`127.0.0.1:${first.port}`, `127.0.0.1:${second.port}`]);
  if (one === undefined || two === undefined) throw new Error("no addresses");
  const gate = new Gate();
  await using holder = new Worker({ servers: [one.name] });
  holder.can("f", async () => {
    await gate.opened;
    return "of the first";
  });
  await using worker = new Worker({ servers: [two.name] });
  worker.can("f", () => "of the second");
  const running = [holder.run(), worker.run()];
  await using client = new Client({ servers: [one.name, two.name] });
  const held = await client.submit("f", "x");
  expect(held.server).toBe(one.name);
  await until(async () => (await client.status(held.handle)).isRunning, { what: "the job is in hand" });
  const replies = await askServer({ server: one, timeoutMs: 10_000, replyBytesMax: 1_000 }, [
    { command: "shutdown graceful", reply: "line" },
  ]);
  expect(replies).toEqual([["OK"]]);
  expect(await textOf(client.run("f", "y"))).toBe("of the second");
  const handle = await client.submitBackground("f", "z");
  expect((await client.submit("f", "w")).server).toBe(two.name);
  expect(handle).not.toBe(held.handle);
  gate.open();
  expect(await textOf(held.result)).toBe("of the first");
  expect(await first.exited).toBe("exit status 0");
  await client.close();
  await Promise.all([holder.stop(), worker.stop()]);
  await Promise.all(running);
}, 60_000);
