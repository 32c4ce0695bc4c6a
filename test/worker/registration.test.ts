/** What a worker says when it is connected, and how it asks for jobs, packet by packet. */
import { describe, expect, test } from "bun:test";
import { defineFunction, text, type WorkerJob } from "../../src/index.ts";
import { until } from "../harness/until.ts";
import { FakeServer } from "./fake-server.ts";
import { gate, RunningWorker } from "./running-worker.ts";

describe("registration", () => {
  test("client id and functions come first, in order, then the question for a job; NO_JOB sends it to sleep", async () => {
    await using server = await FakeServer.start();
    await using _running = new RunningWorker([server], {}, (worker) =>
      worker.can("a", () => "").can("b", () => "", { timeoutMs: 1_500 }),
    );
    const connection = await server.accept();
    expect(await connection.toSleep()).toEqual([
      "SET_CLIENT_ID w",
      "CAN_DO a",
      "CAN_DO_TIMEOUT b 1500",
      "GRAB_JOB_ALL",
      "PRE_SLEEP",
    ]);
    connection.send(["NOOP"]);
    expect(await connection.next()).toBe("GRAB_JOB_ALL");
  });

  test("the client id is the process and the host unless it is given", async () => {
    await using server = await FakeServer.start();
    await using _running = new RunningWorker([server], { clientId: undefined as unknown as string }, (worker) =>
      worker.can("a", () => ""),
    );
    expect(await (await server.accept()).next()).toMatch(new RegExp(`^SET_CLIENT_ID ${process.pid}@\\S*$`));
  });

  test("a function that is registered while the worker sleeps is told, and a job is asked for", async () => {
    await using server = await FakeServer.start();
    await using running = new RunningWorker([server], {}, (worker) => worker.can("a", () => ""));
    const connection = await server.accept();
    await connection.toSleep();
    running.worker.can("é", () => "done");
    expect(await connection.take(2)).toEqual(["CAN_DO Ã©", "GRAB_JOB_ALL"]);
    connection.send(["JOB_ASSIGN", "H:1", "Ã©", ""]);
    expect(await connection.take(2)).toEqual(["WORK_COMPLETE H:1 done", "GRAB_JOB_ALL"]);
  });

  test("a function that is registered again with the same time limit is replaced without a word to the server", async () => {
    await using server = await FakeServer.start();
    await using running = new RunningWorker([server], {}, (worker) => worker.can("a", () => "old"));
    const connection = await server.accept();
    await connection.upTo("GRAB_JOB_ALL");
    connection.send(["JOB_ASSIGN", "H:1", "a", ""]);
    expect(await connection.take(2)).toEqual(["WORK_COMPLETE H:1 old", "GRAB_JOB_ALL"]);
    running.worker.can("a", () => "new");
    connection.send(["JOB_ASSIGN", "H:2", "a", ""]);
    expect(await connection.take(2)).toEqual(["WORK_COMPLETE H:2 new", "GRAB_JOB_ALL"]);
    running.worker.can("a", () => "newest", { timeoutMs: 5_000 });
    expect(await connection.next()).toBe("CAN_DO_TIMEOUT a 5000");
  });

  test("a time limit is taken back, which CAN_DO alone does not do; a later connection hears of none", async () => {
    await using server = await FakeServer.start();
    await using running = new RunningWorker([server], {}, (worker) => worker.can("a", () => "", { timeoutMs: 5_000 }));
    const before = await server.accept();
    await before.toSleep();
    running.worker.can("a", () => "");
    expect(await before.take(3)).toEqual(["CAN_DO_TIMEOUT a 0", "CAN_DO a", "GRAB_JOB_ALL"]);
    before.socket.destroy();
    expect(await (await server.accept()).take(3)).toEqual(["SET_CLIENT_ID w", "CAN_DO a", "GRAB_JOB_ALL"]);
  });

  test("a function that is given up is taken back; a job of it in hand is aborted, one on its way is refused", async () => {
    await using server = await FakeServer.start();
    const held = gate();
    const jobs: WorkerJob[] = [];
    await using running = new RunningWorker([server], {}, (worker) =>
      worker
        .can("a", (job) => {
          jobs.push(job);
          return held.promise;
        })
        .can("b", () => "b"),
    );
    const connection = await server.accept();
    await connection.upTo("GRAB_JOB_ALL");
    connection.send(["JOB_ASSIGN", "H:1", "a", ""]);
    await until(() => jobs.length === 1, { what: "the job" });
    running.worker.cannot("a").cannot("never");
    expect(jobs[0]?.signal.reason).toMatchObject({ code: "CLOSED" });
    held.open("too late");
    expect(await connection.take(2)).toEqual(["CANT_DO a", "GRAB_JOB_ALL"]);
    connection.send(["JOB_ASSIGN", "H:2", "a", ""]);
    expect(await connection.take(2)).toEqual(["CANT_DO a", "GRAB_JOB_ALL"]);
    connection.send(["JOB_ASSIGN", "H:3", "b", ""]);
    expect(await connection.next()).toBe("WORK_COMPLETE H:3 b");
    expect(running.failures).toEqual(["CLOSED"]);
  });
});

describe("assignment", () => {
  test("each of the three packets that assign a job gives what it carries", async () => {
    await using server = await FakeServer.start();
    const jobs: WorkerJob<string>[] = [];
    await using _running = new RunningWorker([server], {}, (worker) =>
      worker.can(defineFunction("é", { workload: text, result: text }), (job) => {
        jobs.push(job);
        return "";
      }),
    );
    const connection = await server.accept();
    await connection.upTo("GRAB_JOB_ALL");
    connection.send(["JOB_ASSIGN", "H:1", "Ã©", "one\0Ã©"]);
    await connection.upTo("GRAB_JOB_ALL");
    connection.send(["JOB_ASSIGN_UNIQ", "H:2", "Ã©", "uÃ©", "two"]);
    await connection.upTo("GRAB_JOB_ALL");
    connection.send(["JOB_ASSIGN_ALL", "H:3", "Ã©", "", "sum", ""]);
    await connection.upTo("GRAB_JOB_ALL");
    const seen = jobs.map((job) => [job.handle, job.function, job.unique, job.reducer, job.workload, job.server]);
    expect(seen).toEqual([
      ["H:1", "é", "", "", "one\0é", server.address],
      ["H:2", "é", "ué", "", "two", server.address],
      ["H:3", "é", "", "sum", "", server.address],
    ]);
  });

  test("a server that does not know GRAB_JOB_ALL is asked with GRAB_JOB_UNIQ, then with GRAB_JOB", async () => {
    await using server = await FakeServer.start();
    await using _running = new RunningWorker([server], {}, (worker) =>
      worker.can("a", () => {
        throw "no";
      }),
    );
    const connection = await server.accept();
    await connection.upTo("GRAB_JOB_ALL");
    connection.send(["ERROR", "INVALID_COMMAND", ""]);
    expect(await connection.next()).toBe("GRAB_JOB_UNIQ");
    connection.send(["ERROR", "server_error", "Can't locate object method"]);
    expect(await connection.next()).toBe("GRAB_JOB");
    connection.send(["JOB_ASSIGN", "H:1", "a", ""]);
    // The server that knows only GRAB_JOB ends a job at WORK_FAIL, not at WORK_EXCEPTION.
    expect(await connection.take(3)).toEqual(["WORK_EXCEPTION H:1 no", "WORK_FAIL H:1", "GRAB_JOB"]);
  });

  test("ERROR for a late word is ignored", async () => {
    await using server = await FakeServer.start();
    await using running = new RunningWorker([server], {}, (worker) => worker.can("a", () => "x"));
    const connection = await server.accept();
    await connection.upTo("GRAB_JOB_ALL");
    // Of the functions, not of the question for jobs.
    connection.send(["ERROR", "QUEUE_ERROR", "too many functions"], ["JOB_ASSIGN", "H:1", "a", ""]);
    expect(await connection.take(2)).toEqual(["WORK_COMPLETE H:1 x", "GRAB_JOB_ALL"]);
    connection.send(["ERROR", "JOB_NOT_FOUND", ""], ["ERROR", "not_worker", ""], ["JOB_ASSIGN", "H:2", "a", ""]);
    expect(await connection.take(2)).toEqual(["WORK_COMPLETE H:2 x", "GRAB_JOB_ALL"]);
    expect(running.events.map(({ kind }) => kind)).toEqual(["connected"]);
  });

  test("what no server may say ends the connection, and it is opened again", async () => {
    await using server = await FakeServer.start();
    await using running = new RunningWorker([server], {}, (worker) => worker.can("a", () => ""));
    for (const wrong of [["NO_JOB"], ["JOB_ASSIGN", "H:1", "a", ""], ["JOB_CREATED", "H:1"]] as const) {
      const connection = await server.accept();
      await connection.toSleep();
      connection.send([...wrong]);
      expect(await connection.next()).toBe("end");
    }
    await server.accept();
    const codes = running.events.flatMap((event) => (event.kind === "disconnected" ? [event.error.code] : []));
    expect(codes).toEqual(["PROTOCOL_ERROR", "PROTOCOL_ERROR", "PROTOCOL_ERROR"]);
  });
});
