/** How a worker ends: without losing a job, and without leaving anything behind. */
import { describe, expect, test } from "bun:test";
import { GearError, Worker, type WorkerJob } from "../../src/index.ts";
import { pause, until } from "../harness/until.ts";
import { FakeServer } from "./fake-server.ts";
import { gate, RunningWorker } from "./running-worker.ts";
import { startProgram } from "./worker-program.ts";

/** A worker with one job in hand. */
async function busy(server: FakeServer, options: { drainMs: number; abortMs: number; concurrency?: number }) {
  const held = gate();
  const jobs: WorkerJob[] = [];
  const running = new RunningWorker([server], options, (worker) =>
    worker.can("a", (job) => {
      jobs.push(job);
      return held.promise;
    }),
  );
  const connection = await server.accept();
  await connection.upTo("GRAB_JOB_ALL");
  connection.send(["JOB_ASSIGN", "H:1", "a", ""]);
  const job = await until(() => jobs[0], { what: "the job" });
  return { running, connection, job, jobs, held };
}

describe("stop", () => {
  test("a sleeping worker says nothing more and closes the connection", async () => {
    await using server = await FakeServer.start();
    const running = new RunningWorker([server], {}, (worker) => worker.can("a", () => ""));
    const connection = await server.accept();
    await connection.toSleep();
    await running.worker.stop();
    await running.ended;
    expect(await connection.next()).toBe("end");
    expect(running.events.map(({ kind }) => kind)).toEqual(["connected", "disconnected"]);
  });

  test("a job that an open question still brings is done, then the connection ends", async () => {
    await using server = await FakeServer.start();
    const running = new RunningWorker([server], { drainMs: 10_000 }, (worker) => worker.can("a", async () => "done"));
    const connection = await server.accept();
    await connection.upTo("GRAB_JOB_ALL");
    const stopped = running.worker.stop();
    connection.send(["JOB_ASSIGN", "H:1", "a", ""]);
    expect(await connection.take(2)).toEqual(["WORK_COMPLETE H:1 done", "end"]);
    await stopped;
  });

  test("NO_JOB to an open question ends the connection without PRE_SLEEP", async () => {
    await using server = await FakeServer.start();
    const running = new RunningWorker([server], { drainMs: 10_000 }, (worker) => worker.can("a", () => ""));
    const connection = await server.accept();
    await connection.upTo("GRAB_JOB_ALL");
    const stopped = running.worker.stop();
    connection.send(["NO_JOB"]);
    expect(await connection.next()).toBe("end");
    await stopped;
  });

  test("jobs in hand end in their time; no more are asked for, and no function is taken back", async () => {
    await using server = await FakeServer.start();
    const { running, connection, job, held } = await busy(server, { drainMs: 10_000, abortMs: 0 });
    const stopped = running.worker.stop();
    connection.send(["NOOP"]);
    job.status(1, 2);
    expect(await connection.next()).toBe("WORK_STATUS H:1 1 2");
    held.open("done");
    expect(await connection.take(2)).toEqual(["WORK_COMPLETE H:1 done", "end"]);
    await stopped;
    expect(job.signal.aborted).toBe(false);
    expect(running.failures).toEqual([]);
  });

  test("after drainMs a job is aborted, and what its handler does then is left to another worker", async () => {
    for (const end of ["result", "throw"] as const) {
      await using server = await FakeServer.start();
      const { running, connection, job, held } = await busy(server, { drainMs: 20, abortMs: 10_000 });
      const stopped = running.worker.stop();
      await until(() => job.signal.aborted, { what: "the abort" });
      expect(job.signal.reason).toMatchObject({ code: "CLOSED" });
      if (end === "result") held.open("too late");
      else held.fail(job.signal.reason);
      expect(await connection.next()).toBe("end");
      await stopped;
      expect(running.failures).toEqual(["CLOSED"]);
    }
  });

  test("after drainMs an unanswered question is not waited for", async () => {
    await using server = await FakeServer.start();
    const running = new RunningWorker([server], { drainMs: 20, abortMs: 60_000 }, (worker) =>
      worker.can("a", () => ""),
    );
    const connection = await server.accept();
    await connection.upTo("GRAB_JOB_ALL");
    await running.worker.stop();
    expect(await connection.next()).toBe("end");
  });

  test("a handler that never ends is left behind after abortMs", async () => {
    await using server = await FakeServer.start();
    const { running, connection } = await busy(server, { drainMs: 0, abortMs: 20 });
    await running.worker.stop();
    await running.ended;
    expect(await connection.next()).toBe("end");
  });

  test("it waits for a handler whose server is lost already", async () => {
    await using server = await FakeServer.start();
    const { running, connection, held } = await busy(server, { drainMs: 10_000, abortMs: 0 });
    connection.socket.destroy();
    await until(() => running.failures.length === 1, { what: "the loss" });
    let isStopped = false;
    const stopped = running.worker.stop().then(() => {
      isStopped = true;
    });
    await server.stop();
    expect(isStopped).toBe(false);
    held.open("");
    await stopped;
  });

  test("a handler may stop its own worker, and its result is still sent", async () => {
    await using server = await FakeServer.start();
    const stops: Promise<void>[] = [];
    const running = new RunningWorker([server], { drainMs: 10_000 }, (worker) =>
      worker.can("a", () => {
        stops.push(worker.stop());
        return "last";
      }),
    );
    const connection = await server.accept();
    await connection.upTo("GRAB_JOB_ALL");
    connection.send(["JOB_ASSIGN", "H:1", "a", ""]);
    expect(await connection.take(2)).toEqual(["WORK_COMPLETE H:1 last", "end"]);
    await running.ended;
    await Promise.all(stops);
  });
});

describe("run", () => {
  test("its signal stops the worker; no listener is left, and it may run again", async () => {
    await using server = await FakeServer.start();
    const worker = new Worker({ servers: [server.address] }).can("a", () => "");
    for (let count = 0; count < 2; count++) {
      const stopping = new AbortController();
      const run = worker.run({ signal: stopping.signal });
      const connection = await server.accept();
      await connection.toSleep();
      stopping.abort();
      await run;
      expect(await connection.next()).toBe("end");
    }
    await worker.stop();
  });

  test("a signal that has aborted already ends it at once", async () => {
    const worker = new Worker({ servers: ["127.0.0.1:1"] }).can("a", () => "");
    await worker.run({ signal: AbortSignal.abort() });
  });

  test("leaves no listener at its signal when it was stopped otherwise", async () => {
    await using server = await FakeServer.start();
    const { signal } = new AbortController();
    const listeners = new Set<unknown>();
    const { addEventListener, removeEventListener } = signal;
    Object.assign(signal, {
      addEventListener: (kind: "abort", listener: () => void) => {
        listeners.add(listener);
        addEventListener.call(signal, kind, listener);
      },
      removeEventListener: (kind: "abort", listener: () => void) => {
        listeners.delete(listener);
        removeEventListener.call(signal, kind, listener);
      },
    });
    const worker = new Worker({ servers: [server.address] }).can("a", () => "");
    const run = worker.run({ signal });
    expect(listeners.size).toBe(1);
    await (await server.accept()).toSleep();
    await worker.stop();
    await run;
    expect(listeners.size).toBe(0);
  });

  test("is stopped at once while no server can be reached, and none is tried any more", async () => {
    const gone = await FakeServer.start();
    await gone.stop();
    const running = new RunningWorker([gone], {}, (worker) => worker.can("a", () => ""));
    await until(() => running.events.length > 0, { what: "a try" });
    await running.worker.stop();
    await running.ended;
    const tries = running.events.length;
    await pause(300);
    expect(running.events.length).toBe(tries);
  });

  test("rejects while it runs, and when nothing can be done", async () => {
    await using server = await FakeServer.start();
    await using running = new RunningWorker([server], {}, (worker) => worker.can("a", () => ""));
    await expect(running.worker.run()).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    const idle = new Worker();
    await expect(idle.run()).rejects.toThrow(GearError);
    await expect(
      idle
        .can("a", () => "")
        .cannot("a")
        .run(),
    ).rejects.toThrow("can() before run()");
  });

  for (const [how, options, handler] of [
    ["whose jobs have ended", "drainMs: 600000", "() => (worker.stop(), Promise.resolve())"],
    ["whose handler never ends", "drainMs: 50, abortMs: 50", "() => (worker.stop(), new Promise(() => {}))"],
  ]) {
    test(`leaves nothing behind that keeps the process alive, for a worker ${how}`, async () => {
      await using server = await FakeServer.start();
      await using program = startProgram(`
        const worker = new Worker({ servers: ["${server.address}"], concurrency: 2, ${options} });
        worker.can("a", ${handler}, { timeoutMs: 600000 });
        await worker.run();
        console.log("ended");
      `);
      const connection = await server.accept();
      await connection.upTo("GRAB_JOB_ALL");
      connection.send(["JOB_ASSIGN", "H:1", "a", ""]);
      expect(await program.exited).toEqual({ status: 0, output: "ended\n" });
    });
  }
});
