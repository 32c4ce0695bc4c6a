/** Jobs of functions with a time limit. */
import { describe, expect, test } from "bun:test";
import type { WorkerJob } from "../../src/index.ts";
import { until } from "../harness/until.ts";
import { FakeServer } from "./fake-server.ts";
import { gate, RunningWorker } from "./running-worker.ts";

describe("a job whose time is over", () => {
  test("is aborted, its result is not sent, and WORK_FAIL follows when the server has had its turn", async () => {
    await using server = await FakeServer.start();
    const held = gate();
    const jobs: WorkerJob[] = [];
    await using running = new RunningWorker([server], {}, (worker) =>
      worker.can(
        "a",
        (job) => {
          jobs.push(job);
          return held.promise;
        },
        { timeoutMs: 1_000 },
      ),
    );
    const connection = await server.accept();
    await connection.upTo("GRAB_JOB_ALL");
    connection.send(["JOB_ASSIGN", "H:1", "a", ""]);
    const job = await until(() => jobs[0], { what: "the job" });
    await until(() => job.signal.aborted, { what: "the end of its time" });
    expect(job.signal.reason).toMatchObject({ code: "TIMED_OUT" });
    job.status(1, 2);
    held.open("too late");
    expect(await connection.next()).toBe("GRAB_JOB_ALL");
    connection.send(["NO_JOB"]);
    expect(await connection.take(2)).toEqual(["PRE_SLEEP", "WORK_FAIL H:1"]);
    expect(running.failures).toEqual(["TIMED_OUT"]);
  });

  test("keeps its slot until the handler has settled, and WORK_FAIL waits for that", async () => {
    await using server = await FakeServer.start();
    const held = gate();
    const jobs: WorkerJob[] = [];
    await using _running = new RunningWorker([server], { concurrency: 2 }, (worker) =>
      worker
        .can(
          "a",
          (job) => {
            jobs.push(job);
            return held.promise;
          },
          { timeoutMs: 1_000 },
        )
        .can("b", () => "b"),
    );
    const connection = await server.accept();
    await connection.upTo("GRAB_JOB_ALL");
    connection.send(["JOB_ASSIGN", "H:1", "a", ""]);
    const job = await until(() => jobs[0], { what: "the job" });
    await connection.next();
    await until(() => job.signal.aborted, { what: "the end of its time" });
    // Other jobs are done meanwhile, for longer than the worker gives the server, and no WORK_FAIL comes.
    const endAtMs = performance.now() + 1_500;
    while (performance.now() < endAtMs) {
      connection.send(["JOB_ASSIGN", "H:2", "b", ""]);
      expect(await connection.take(2)).toEqual(["WORK_COMPLETE H:2 b", "GRAB_JOB_ALL"]);
    }
    held.fail(new Error("gave up"));
    expect(await connection.take(2)).toEqual(["WORK_FAIL H:1", "GRAB_JOB_ALL"]);
  });

  test("may come back to the same worker: what is owed for the first run does not end the second", async () => {
    await using server = await FakeServer.start();
    const held = gate();
    let runs = 0;
    const endsWhenAborted = (job: WorkerJob) =>
      new Promise<void>((resolve) => job.signal.addEventListener("abort", () => resolve()));
    await using running = new RunningWorker([server], { concurrency: 2 }, (worker) =>
      worker.can("a", endsWhenAborted, { timeoutMs: 1_000 }).can("b", () => "b"),
    );
    const connection = await server.accept();
    await connection.upTo("GRAB_JOB_ALL");
    connection.send(["JOB_ASSIGN", "H:1", "a", ""]);
    await until(() => running.failures.length === 1, { what: "the end of its time" });
    running.worker.can("a", () => {
      runs += 1;
      return held.promise;
    });
    await connection.upTo("CAN_DO a");
    connection.send(["JOB_ASSIGN", "H:1", "a", ""]);
    await until(() => runs === 1, { what: "the second run" });
    // Until long after the first run's WORK_FAIL would have been due.
    const endAtMs = performance.now() + 1_500;
    while (performance.now() < endAtMs) {
      connection.send(["JOB_ASSIGN", "H:2", "b", ""]);
      expect(await connection.take(2)).toEqual(["WORK_COMPLETE H:2 b", "GRAB_JOB_ALL"]);
    }
    held.open("second");
    expect(await connection.next()).toBe("WORK_COMPLETE H:1 second");
    expect(running.failures).toEqual(["TIMED_OUT"]);
  });

  test("is never spoken of on a later connection", async () => {
    await using server = await FakeServer.start();
    const endsWhenAborted = (job: WorkerJob) =>
      new Promise<void>((resolve) => job.signal.addEventListener("abort", () => resolve()));
    await using running = new RunningWorker([server], {}, (worker) =>
      worker.can("a", endsWhenAborted, { timeoutMs: 1_000 }).can("b", () => "b"),
    );
    const before = await server.accept();
    await before.upTo("GRAB_JOB_ALL");
    before.send(["JOB_ASSIGN", "H:1", "a", ""]);
    await until(() => running.failures.length === 1, { what: "the end of its time" });
    before.socket.destroy();
    const after = await server.accept();
    await after.upTo("GRAB_JOB_ALL");
    const endAtMs = performance.now() + 1_500;
    while (performance.now() < endAtMs) {
      after.send(["JOB_ASSIGN", "H:2", "b", ""]);
      expect(await after.take(2)).toEqual(["WORK_COMPLETE H:2 b", "GRAB_JOB_ALL"]);
    }
  });
});
