/** Calls that are given up by a signal or a time limit, wherever they are, and what is left behind: nothing. */
import { expect, test } from "bun:test";
import { getEventListeners } from "node:events";
import { Client, type ClientOptions } from "../../src/index.ts";
import { freePort } from "../harness/free-port.ts";
import { until } from "../harness/until.ts";
import { doingJobs, type FakeServer, openFakeServer } from "./fake-server.ts";
import { codeOf, errorOf, textOf } from "./outcome.ts";

type Limit = { readonly signal: AbortSignal } | { readonly timeoutMs: number };

/** A state of a call, from which it is given up. */
interface State {
  readonly name: string;
  /** Makes the server; undefined: there is none. */
  readonly server?: () => Promise<FakeServer>;
  /** Resolves when the call is in that state. */
  readonly reached: (server: FakeServer | undefined) => Promise<unknown>;
}

const STATES: readonly State[] = [
  { name: "while it waits for a server", reached: async () => {} },
  {
    name: "while the server has not answered yet",
    server: () => openFakeServer({ isMute: true }),
    reached: async (server) => server?.connection(0),
  },
  { name: "when it was sent", server: () => openFakeServer(), reached: async (server) => server?.next("SUBMIT_JOB") },
  {
    name: "when it was taken",
    server: () => openFakeServer({ onPacket: ({ from }) => from.send("JOB_CREATED", "H:1") }),
    reached: async (server) => server?.next("SUBMIT_JOB"),
  },
];

const OPTIONS: ClientOptions = { serverWaitMs: 60_000, connectMs: 60_000 };

for (const { name, server: make, reached } of STATES) {
  const start = async () => {
    const server = await make?.();
    const client = new Client({ ...OPTIONS, servers: [server?.address ?? `127.0.0.1:${await freePort()}`] });
    return {
      server,
      client,
      [Symbol.asyncDispose]: async () => {
        await client.close();
        await server?.shut();
      },
    };
  };

  test(`a job is ABORTED ${name}, with the reason as cause, and no listener stays`, async () => {
    await using play = await start();
    const stop = new AbortController();
    const error = errorOf(play.client.run("resize", "x", { signal: stop.signal }));
    await reached(play.server);
    expect(getEventListeners(stop.signal, "abort").length).toBe(1);
    const reason = new Error("enough");
    stop.abort(reason);
    const { code, message, cause } = await error;
    expect([code, cause]).toEqual(["ABORTED", reason]);
    expect(message).toContain("resize");
    expect(getEventListeners(stop.signal, "abort")).toEqual([]);
  });

  test(`a job is TIMED_OUT ${name}, and says after which time`, async () => {
    await using play = await start();
    const error = await errorOf(play.client.run("resize", "x", { timeoutMs: 60 }));
    expect(error.code).toBe("TIMED_OUT");
    expect(error.message).toBe("the job of resize was not over within 60 ms");
  });

  test(`the place of a job that is given up ${name} is free again`, async () => {
    await using play = await start();
    const client = new Client({ ...OPTIONS, servers: [play.server?.address ?? "127.0.0.1:1"], openMax: 1 });
    const stop = new AbortController();
    const first = codeOf(client.run("f", "x", { signal: stop.signal }));
    expect(await codeOf(client.run("f", "x"))).toBe("QUEUE_FULL");
    stop.abort();
    expect(await first).toBe("ABORTED");
    expect(await codeOf(client.run("f", "x", { timeoutMs: 1 }))).toBe("TIMED_OUT");
    await client.close();
  });
}

test("a signal that has aborted already: nothing is sent", async () => {
  await using server = await openFakeServer();
  await using client = new Client({ servers: [server.address] });
  const limits: Limit = { signal: AbortSignal.abort("no") };
  const calls = [
    client.run("f", "x", limits),
    client.submit("f", "x", limits),
    client.submitBackground("f", "x", limits),
    client.echo("x", limits),
    client.status("H:1", limits),
    client.statusOfUnique("u", limits),
    client.map("f", ["x"], limits).next(),
  ];
  const errors = await Promise.all(calls.map((call) => errorOf(call as Promise<unknown>)));
  expect(errors.map(({ code, cause }) => [code, cause])).toEqual(Array(7).fill(["ABORTED", "no"]));
  expect(server.connections).toEqual([]);
});

test("a signal that aborts when the job is over changes nothing, and has no listener any more", async () => {
  await using server = await openFakeServer({ onPacket: doingJobs("one") });
  await using client = new Client({ servers: [server.address] });
  const stop = new AbortController();
  const options = { signal: stop.signal, timeoutMs: 60_000 };
  const job = await client.submit("f", "x", options);
  expect(await textOf(job.result)).toBe("one:x");
  expect(await client.submitBackground("f", "x", options)).toBe("H:one:2");
  expect(getEventListeners(stop.signal, "abort")).toEqual([]);
  stop.abort();
  expect(await textOf(job.result)).toBe("one:x");
});

test("questions and background jobs are given up too", async () => {
  await using server = await openFakeServer();
  await using client = new Client({ servers: [server.address] });
  for (const limit of [{ timeoutMs: 20 }, { signal: AbortSignal.timeout(20) }] satisfies Limit[]) {
    const calls = [
      client.submitBackground("f", "x", limit),
      client.echo("x", limit),
      client.status("H:1", limit),
      client.statusOfUnique("u", limit),
    ];
    const wanted = "timeoutMs" in limit ? "TIMED_OUT" : "ABORTED";
    expect(await Promise.all(calls.map((call) => codeOf(call as Promise<unknown>)))).toEqual(Array(4).fill(wanted));
  }
});

test("the client's timeoutMs holds for every call that has none of its own, and 0 lifts it", async () => {
  await using server = await openFakeServer({
    onPacket: ({ name, args, from }) => {
      if (name !== "SUBMIT_JOB" || args[2] !== "slow") return;
      from.send("JOB_CREATED", "H:1");
      setTimeout(() => from.send("WORK_COMPLETE", "H:1", "late"), 150);
    },
  });
  await using client = new Client({ servers: [server.address], timeoutMs: 30 });
  const slow = textOf(client.run("f", "slow", { timeoutMs: 0 }));
  expect(await codeOf(client.run("f", "never"))).toBe("TIMED_OUT");
  expect(await codeOf(client.echo("x"))).toBe("TIMED_OUT");
  expect(await slow).toBe("late");
});

test("the answer to a call that was given up goes to nobody else", async () => {
  await using server = await openFakeServer();
  await using client = new Client({ servers: [server.address] });
  const stop = new AbortController();
  const given = codeOf(client.run("f", "given up", { signal: stop.signal }));
  const echo = textOf(client.echo("an echo"));
  const kept = textOf(client.run("f", "kept"));
  const { from } = await server.next("SUBMIT_JOB");
  stop.abort();
  expect(await given).toBe("ABORTED");
  from.send("JOB_CREATED", "H:1");
  from.send("ECHO_RES", "an echo");
  from.send("WORK_COMPLETE", "H:1", "of the one that was given up");
  from.send("JOB_CREATED", "H:2");
  from.send("WORK_COMPLETE", "H:2", "of the other");
  expect([await echo, await kept]).toEqual(["an echo", "of the other"]);
});

test("a job that was given up is not submitted again when its server is lost", async () => {
  await using first = await openFakeServer({ onPacket: ({ from }) => from.send("JOB_CREATED", "H:1") });
  await using second = await openFakeServer({ onPacket: doingJobs("second") });
  await using client = new Client({ servers: [first.address, second.address] });
  const stop = new AbortController();
  const codes = [client.run("f", "1", { signal: stop.signal }), client.run("f", "2", { signal: stop.signal })].map(
    codeOf,
  );
  await first.next("SUBMIT_JOB");
  const kept = textOf(client.run("f", "kept"));
  await first.next("SUBMIT_JOB");
  stop.abort();
  expect(await Promise.all(codes)).toEqual(["ABORTED", "ABORTED"]);
  await first.shut();
  expect(await kept).toBe("second:kept");
  expect(second.packets.length).toBe(1);
});

test("100,000 calls share one signal, with one listener, and one abort ends them all", async () => {
  const stop = new AbortController();
  const { signal } = stop;
  let added = 0;
  const add = signal.addEventListener.bind(signal);
  signal.addEventListener = (...args: Parameters<typeof add>) => {
    added += 1;
    add(...args);
  };
  await using server = await openFakeServer({ onPacket: doingJobs("one") });
  await using client = new Client({ servers: [server.address] });
  let open = 0;
  for (let round = 0; round < 10; round++) {
    const jobs = Array.from({ length: 5_000 }, () => client.run("f", "x", { signal }));
    expect(getEventListeners(signal, "abort").length).toBe(1);
    await Promise.all(jobs);
    expect(getEventListeners(signal, "abort").length).toBe(0);
  }
  expect(added).toBe(10);
  await using waiting = new Client({ ...OPTIONS, servers: [`127.0.0.1:${await freePort()}`] });
  const ends = Array.from({ length: 50_000 }, async () => {
    open += 1;
    const code = await codeOf(waiting.run("f", "x", { signal }));
    open -= 1;
    return code;
  });
  expect(open).toBe(50_000);
  stop.abort();
  expect(new Set(await Promise.all(ends))).toEqual(new Set(["ABORTED"]));
  expect(getEventListeners(signal, "abort").length).toBe(0);
}, 60_000);

test("openMax counts jobs and questions of every kind, and what is over makes place", async () => {
  await using server = await openFakeServer();
  await using client = new Client({ servers: [server.address], openMax: 4 });
  const background = client.submitBackground("f");
  const ends = [codeOf(client.run("f")), codeOf(client.echo("x")), codeOf(client.submit("f"))];
  const refused = await errorOf(client.status("H:9"));
  expect(refused.code).toBe("QUEUE_FULL");
  expect(refused.message).toContain("openMax");
  expect(await codeOf(client.run("f"))).toBe("QUEUE_FULL");
  const { from } = await until(() => server.packets[3], { what: "four requests" });
  from.send("JOB_CREATED", "H:1");
  expect(await background).toBe("H:1");
  ends.push(codeOf(client.echo("y")));
  expect(await codeOf(client.run("f"))).toBe("QUEUE_FULL");
  await client.close();
  expect(await Promise.all(ends)).toEqual(Array(4).fill("CLOSED"));
});

test("a status that finds no place for all its questions is QUEUE_FULL, and leaves nothing unhandled", async () => {
  await using one = await openFakeServer({ onPacket: ({ from }) => from.drop() });
  await using two = await openFakeServer();
  await using client = new Client({ servers: [one.address, two.address], openMax: 1 });
  expect(await codeOf(client.status("H:1"))).toBe("QUEUE_FULL");
  await one.next("GET_STATUS");
  // The place of the question that nobody waits for comes back when its connection is lost.
  await until(async () => (await codeOf(client.run("f", "x", { timeoutMs: 1 }))) === "TIMED_OUT", { what: "a place" });
});

test("calls that were given up and are not answered yet count too, up to twice openMax", async () => {
  await using server = await openFakeServer();
  await using client = new Client({ servers: [server.address], openMax: 2 });
  const giveUp = async (count: number) => {
    const stop = new AbortController();
    const end = codeOf(client.run("f", "x", { signal: stop.signal }));
    await until(() => server.packets.length === count, { what: `submit ${count}` });
    stop.abort();
    expect(await end).toBe("ABORTED");
  };
  for (let count = 1; count <= 4; count++) await giveUp(count);
  for (const call of [client.run("f"), client.submitBackground("f"), client.echo("x"), client.status("H:1")]) {
    const error = await errorOf(call as Promise<unknown>);
    expect([error.code, error.message]).toEqual(["QUEUE_FULL", expect.stringContaining("answers to 4 calls")]);
  }
  const { from } = await server.next("SUBMIT_JOB");
  from.send("JOB_CREATED", "H:1");
  await until(async () => (await codeOf(client.run("f", "x", { timeoutMs: 1 }))) === "TIMED_OUT", { what: "a place" });
  await client.close();
});

test("the workload of a job that was given up is let go of, although a server that reads nothing holds its turn up", async () => {
  await using server = await openFakeServer({
    onConnection: ({ socket }) => void socket.once("data", () => socket.pause()),
  });
  await using client = new Client({ servers: [server.address] });
  await client.echo("x", { timeoutMs: 500 }).catch(() => {});
  const workloads: WeakRef<Uint8Array>[] = [];
  for (let count = 0; count < 30; count += 1) {
    const workload = new Uint8Array(200_000);
    workloads.push(new WeakRef(workload));
    expect(await codeOf(client.run("f", workload, { timeoutMs: 1 }))).toBe("TIMED_OUT");
  }
  const held = () => {
    Bun.gc(true);
    return workloads.filter((workload) => workload.deref() !== undefined).length;
  };
  // A collector that looks at the stack as it finds it may keep some.
  await until(() => held() < 10, { what: "the workloads are gone" });
});
