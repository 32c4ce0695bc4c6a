/** What a handler tells while it is at work: status, data and warnings. */
import { describe, expect, test } from "bun:test";
import type { WorkerJob } from "../../src/index.ts";
import { until } from "../harness/until.ts";
import { FakeServer } from "./fake-server.ts";
import { gate, RunningWorker } from "./running-worker.ts";

/** A job in hand, and the end of its connection. */
async function jobAt(server: FakeServer) {
  const held = gate();
  const jobs: WorkerJob[] = [];
  const running = new RunningWorker([server], {}, (worker) =>
    worker.can("a", (job) => {
      jobs.push(job);
      return held.promise;
    }),
  );
  const connection = await server.accept();
  await connection.upTo("GRAB_JOB_ALL");
  connection.send(["JOB_ASSIGN", "H:1", "a", ""]);
  return { running, connection, held, job: await until(() => jobs[0], { what: "the job" }) };
}

describe("a job at work", () => {
  test("status, data and warnings are sent in order, before the result", async () => {
    await using server = await FakeServer.start();
    const { running, connection, job, held } = await jobAt(server);
    await using _ = running;
    job.status(0, 2 ** 40);
    await job.data("é");
    await job.warning(Uint8Array.of(65, 0, 66));
    held.open("end");
    expect(await connection.take(4)).toEqual([
      "WORK_STATUS H:1 0 1099511627776",
      "WORK_DATA H:1 Ã©",
      "WORK_WARNING H:1 A\0B",
      "WORK_COMPLETE H:1 end",
    ]);
  });

  test("numbers that are no count, and data that are no bytes, are refused", async () => {
    await using server = await FakeServer.start();
    const { running, job } = await jobAt(server);
    await using _ = running;
    for (const wrong of [-1, 0.5, Number.NaN, 2 ** 53, "1" as never]) {
      expect(() => job.status(wrong, 1)).toThrow("whole");
      expect(() => job.status(1, wrong)).toThrow("whole");
    }
    await expect(job.data(5 as never)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  });

  test("once it is over, nothing more of it is sent", async () => {
    await using server = await FakeServer.start();
    const { running, connection, job, held } = await jobAt(server);
    await using _ = running;
    held.open("end");
    expect(await connection.take(2)).toEqual(["WORK_COMPLETE H:1 end", "GRAB_JOB_ALL"]);
    job.status(1, 1);
    await job.data("late");
    connection.send(["NO_JOB"]);
    expect(await connection.next()).toBe("PRE_SLEEP");
    expect(job.signal.aborted).toBe(false);
  });

  test("the signal may be asked for only when it has aborted", async () => {
    await using server = await FakeServer.start();
    const { running, connection, job } = await jobAt(server);
    await using _ = running;
    connection.socket.destroy();
    await until(() => running.failures.length === 1, { what: "the loss" });
    expect(job.signal.aborted).toBe(true);
    expect(job.signal).toBe(job.signal);
  });

  test("data waits while the server does not read, goes on when it does, and refuses beyond its bound", async () => {
    await using server = await FakeServer.start();
    const { running, connection, job, held } = await jobAt(server);
    await using _ = running;
    connection.socket.pause();
    const part = new Uint8Array(4 * 1024 * 1024);
    let [waiting, refused] = [0, 0];
    for (let count = 0; count < 40; count++) {
      waiting += 1;
      job.data(part).then(
        () => {
          waiting -= 1;
        },
        (error) => {
          expect(error).toMatchObject({ code: "QUEUE_FULL" });
          waiting -= 1;
          refused += 1;
        },
      );
    }
    await until(() => refused > 0, { what: "a refusal" });
    expect(waiting).toBeGreaterThan(10);
    connection.socket.resume();
    await until(() => waiting === 0, { what: "the server's reading" });
    await job.data("more");
    held.open("");
    expect((await connection.upTo("WORK_COMPLETE")).at(-2)).toBe("WORK_DATA H:1 more");
  });

  test("data that waits when the server is lost does not wait for ever", async () => {
    await using server = await FakeServer.start();
    const { running, connection, job } = await jobAt(server);
    await using _ = running;
    connection.socket.pause();
    const waiting = Promise.all(Array.from({ length: 8 }, () => job.data(new Uint8Array(4 * 1024 * 1024))));
    connection.socket.destroy();
    await waiting;
  });

  test("data that waits when the job is aborted, or over, does not wait for the server", async () => {
    for (const end of ["aborted", "over"] as const) {
      await using server = await FakeServer.start();
      const { running, connection, job, held } = await jobAt(server);
      await using _ = running;
      connection.socket.pause();
      const waiting = Promise.all(Array.from({ length: 8 }, () => job.data(new Uint8Array(4 * 1024 * 1024))));
      if (end === "aborted") running.worker.cannot("a");
      else held.open("");
      await waiting;
    }
  });

  test("status is dropped where data would be refused, and sent again when there is room", async () => {
    await using server = await FakeServer.start();
    const { running, connection, job } = await jobAt(server);
    await using _ = running;
    connection.socket.pause();
    const part = new Uint8Array(4 * 1024 * 1024);
    let isRefused = false;
    const parts: Promise<void>[] = [];
    for (let count = 0; count < 40; count++) {
      parts.push(
        job.data(part).catch(() => {
          isRefused = true;
        }),
      );
    }
    await until(() => isRefused, { what: "a refusal" });
    job.status(1, 2);
    connection.socket.resume();
    await Promise.all(parts);
    job.status(2, 2);
    const statuses = (await connection.upTo("WORK_STATUS H:1 2 2")).filter((one) => one.startsWith("WORK_STATUS"));
    expect(statuses).toEqual(["WORK_STATUS H:1 2 2"]);
  });
});
