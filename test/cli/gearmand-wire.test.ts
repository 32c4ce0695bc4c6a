/** What gearmand's flags change on the wire, and that every flag called *same* has a test that sees its effect. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { GEARMAND_ROWS } from "../../src/cli/gearmand/flags.ts";
import { freePort } from "../harness/free-port.ts";
import { RUNTIMES } from "../harness/runtimes.ts";
import { Gearmand } from "./gearmand-program.ts";
import { canConnect, LIMIT_MS, until } from "./program.ts";
import { type Received, TYPE, Wire } from "./wire.ts";

// Longer than any wait in it, so that the wait says what did not come.
setDefaultTimeout(6 * LIMIT_MS);

describe.each(RUNTIMES)("on %s", (runtime) => {
  const start = (...args: readonly string[]) => Gearmand.start(runtime, args);

  test("--exceptions: a connection gets exceptions without asking for them", async () => {
    await using gearmand = await start("--exceptions");
    using client = await Wire.open(gearmand.port);
    using worker = await Wire.open(gearmand.port);
    const handle = await holdJob(worker, client);
    worker.send(TYPE.WORK_EXCEPTION, handle, "oops");
    expect(await client.receive()).toEqual({ type: TYPE.WORK_EXCEPTION, args: [handle, "oops"] });
  });

  test("--job-handle-prefix begins every handle", async () => {
    await using gearmand = await start("--job-handle-prefix", "X:y");
    using client = await Wire.open(gearmand.port);
    client.send(TYPE.SUBMIT_JOB_BG, "f", "", "x");
    expect((await client.receive()).args[0]).toMatch(/^X:y:\d+$/);
  });

  test.each([
    [["-j", "1"], 1],
    [["-j", "2"], 2],
    [["-j", "0"], 1],
    [["-j", "0", "--as", "1.1"], undefined],
  ] as const)("%p: lost workers until the job fails: %p", async (args, losses) => {
    await using gearmand = await start(...args);
    using client = await Wire.open(gearmand.port);
    client.send(TYPE.SUBMIT_JOB, "f", "", "x");
    const handle = (await client.receive()).args[0] ?? "";
    for (let i = 0; i < (losses ?? 5); i += 1) {
      using worker = await Wire.open(gearmand.port);
      await grabOnceThere(worker);
    }
    if (losses === undefined) {
      expect(await client.receivedSoFar()).toEqual([]);
    } else {
      expect(await client.receive()).toEqual({ type: TYPE.WORK_FAIL, args: [handle] });
    }
    await until(() => gearmand.log.includes("-j 0") === (args[1] === "0"), "a given -j 0 is logged with its meaning");
  });

  test.each([
    ["--worker-wakeup=2", 2],
    ["-w0", 1],
    ["-w256", 1],
  ])("%s wakes %p of four sleepers", async (flag, count) => {
    await using gearmand = await start(flag);
    const workers = await Promise.all([0, 1, 2, 3].map(() => Wire.open(gearmand.port)));
    using client = await Wire.open(gearmand.port);
    for (const worker of workers) {
      worker.send(TYPE.CAN_DO, "f");
      worker.send(TYPE.PRE_SLEEP);
      await worker.receivedSoFar();
    }
    client.send(TYPE.SUBMIT_JOB_BG, "f", "", "x");
    await client.receive();
    const came = await Promise.all(workers.map((worker) => worker.receivedSoFar()));
    for (const worker of workers) worker[Symbol.dispose]();
    expect(came.flat().filter(({ type }) => type === TYPE.NOOP)).toHaveLength(count);
  });

  test.each([
    [
      ["--as", "1.1"],
      ["b", "b", "a", "a"],
    ],
    [
      ["--as", "1.1", "-R"],
      ["b", "a", "b", "a"],
    ],
    [
      ["--as", "2.0"],
      ["b", "a", "b", "a"],
    ],
    [[], ["b", "a", "b", "a"]],
  ] as const)("%p: a worker of a and b gets %p", async (args, order) => {
    await using gearmand = await start(...args);
    using peer = await Wire.open(gearmand.port);
    for (const name of ["a", "b", "a", "b"]) peer.send(TYPE.SUBMIT_JOB_BG, name, "", "x");
    expect(await grabAll(peer)).toEqual([...order]);
  });

  test.each([
    [
      ["--as", "1.1"],
      ["b", "a"],
    ],
    [
      ["--as", "2.0"],
      ["a", "b"],
    ],
  ] as const)("%p: with a high job of a and a normal one of b a worker gets %p", async (args, order) => {
    await using gearmand = await start(...args);
    using peer = await Wire.open(gearmand.port);
    peer.send(TYPE.SUBMIT_JOB_BG, "b", "", "x");
    peer.send(TYPE.SUBMIT_JOB_HIGH_BG, "a", "", "x");
    expect(await grabAll(peer)).toEqual([...order]);
  });

  test("version and verbose answer what the flags say", async () => {
    await using gearmand = await start("--as", "1.1", "--verbose", "CRITICAL");
    using admin = await Wire.open(gearmand.port);
    expect(await admin.ask("version")).toStartWith("OK 1.1.20+gearwright.");
    expect(await admin.ask("verbose")).toBe("OK CRITICAL");
    expect(await admin.ask("getpid")).toBe(`OK ${gearmand.program.pid}`);
  });

  test("SIGUSR1 lets the jobs in hand and the queued ones end, however long they take", async () => {
    await using gearmand = await start();
    using client = await Wire.open(gearmand.port);
    using worker = await Wire.open(gearmand.port);
    const handle = await holdJob(worker, client);
    client.send(TYPE.SUBMIT_JOB_BG, "later", "", "queued");
    expect((await client.receive()).type).toBe(TYPE.JOB_CREATED);
    gearmand.program.kill("SIGUSR1");
    await until(async () => !(await gearmand.answers()), "the listener is closed");
    worker.send(TYPE.WORK_COMPLETE, handle, "done");
    expect(await client.receive()).toEqual({ type: TYPE.WORK_COMPLETE, args: [handle, "done"] });
    worker.send(TYPE.CAN_DO, "later");
    worker.send(TYPE.GRAB_JOB);
    const assigned = await worker.receive();
    expect([assigned.type, assigned.args[2]]).toEqual([TYPE.JOB_ASSIGN, "queued"]);
    worker.send(TYPE.WORK_COMPLETE, assigned.args[0] ?? "", "");
    expect(await gearmand.program.exit).toBe(0);
  });

  test.each([
    ["as gearmand", [], 200],
    ["with --http-real-status", ["--http-real-status"], 500],
  ] as const)(
    "-r http takes jobs on --http-port, and a failed one is answered %s",
    async (_how, extra, failedStatus) => {
      const port = await freePort();
      await using gearmand = await start("-r", "http", "--http-port", String(port), ...extra);
      await until(() => canConnect(port), "the HTTP port answers");
      using worker = await Wire.open(gearmand.port);
      const post = () => fetch(`http://127.0.0.1:${port}/f`, { method: "POST", body: "x" });
      const good = post();
      const { args } = await grabOnceThere(worker);
      worker.send(TYPE.WORK_COMPLETE, args[0] ?? "", "done");
      const answer = await good;
      expect([answer.status, await answer.text()]).toEqual([200, "done"]);
      const bad = post();
      worker.send(TYPE.WORK_FAIL, (await grabOnceThere(worker)).args[0] ?? "");
      expect((await bad).status).toBe(failedStatus);
    },
  );
});

test("every flag called same is used by a test that starts the program", () => {
  const files = ["gearmand-wire.test.ts", "gearmand-process.test.ts", "gearmand-program.ts"];
  const texts = files.map((name) => readFileSync(new URL(name, import.meta.url), "utf8")).join("\n");
  const untested = GEARMAND_ROWS.filter(([name, { short, effect }]) => {
    const forms = [`["\`]--${name}\\b`, ...(short === undefined ? [] : [`["\`]-${short}`])];
    return effect === "same" && !new RegExp(forms.join("|")).test(texts);
  });
  expect(untested.map(([name]) => name)).toEqual([]);
});

/** Makes a worker hold a foreground job of function f; its handle. */
async function holdJob(worker: Wire, client: Wire): Promise<string> {
  client.send(TYPE.SUBMIT_JOB, "f", "", "x");
  const created = await client.receive();
  await grabOnceThere(worker);
  return created.args[0] ?? "";
}

/** Grabs a job of function f as soon as the server has one; a lost worker's job comes back when its connection is seen to end. */
async function grabOnceThere(worker: Wire): Promise<Received> {
  worker.send(TYPE.CAN_DO, "f");
  let packet: Received = { type: TYPE.NO_JOB, args: [] };
  await until(async () => {
    worker.send(TYPE.GRAB_JOB);
    packet = await worker.receive();
    return packet.type === TYPE.JOB_ASSIGN;
  }, "the job is there");
  return packet;
}

/** The functions of the jobs that a worker of a and b gets, one after the other. */
async function grabAll(peer: Wire): Promise<readonly string[]> {
  peer.send(TYPE.CAN_DO, "a");
  peer.send(TYPE.CAN_DO, "b");
  await peer.receivedSoFar();
  const order: string[] = [];
  for (;;) {
    peer.send(TYPE.GRAB_JOB);
    const { type, args } = await peer.receive();
    if (type !== TYPE.JOB_ASSIGN) return order;
    order.push(args[1] ?? "");
  }
}
