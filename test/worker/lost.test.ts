/** What a worker does when a server goes away and comes back. */
import { describe, expect, test } from "bun:test";
import type { WorkerJob } from "../../src/index.ts";
import { until } from "../harness/until.ts";
import { type FakeConnection, FakeServer } from "./fake-server.ts";
import { gate, RunningWorker } from "./running-worker.ts";

describe("a lost server", () => {
  test("its jobs are aborted, their results dropped, and the slot is free only when the handler has settled", async () => {
    await using server = await FakeServer.start();
    const held = gate();
    const jobs: WorkerJob[] = [];
    await using running = new RunningWorker([server], {}, (worker) =>
      worker.can("a", (job) => {
        jobs.push(job);
        return jobs.length === 1 ? held.promise : "second";
      }),
    );
    const before = await server.accept();
    await before.upTo("GRAB_JOB_ALL");
    before.send(["JOB_ASSIGN", "H:1", "a", ""]);
    const job = await until(() => jobs[0], { what: "the job" });
    before.socket.destroy();
    const after = await server.accept();
    expect(await after.take(2)).toEqual(["SET_CLIENT_ID w", "CAN_DO a"]);
    expect(job.signal.reason).toMatchObject({ code: "CONNECTION_LOST" });
    expect(running.failures).toEqual(["CONNECTION_LOST"]);
    await job.data("nobody hears it");
    running.worker.can("b", () => "");
    expect(await after.next()).toBe("CAN_DO b");
    held.open("too late");
    expect(await after.next()).toBe("GRAB_JOB_ALL");
    after.send(["JOB_ASSIGN", "H:2", "a", ""]);
    expect(await after.take(2)).toEqual(["WORK_COMPLETE H:2 second", "GRAB_JOB_ALL"]);
  });

  test("it is tried again until it is back, and then every function is registered again", async () => {
    const server = await FakeServer.start();
    await using running = new RunningWorker([server], {}, (worker) => worker.can("a", () => "").can("b", () => ""));
    await (await server.accept()).toSleep();
    await server.stop();
    const lost = () => running.events.flatMap((event) => (event.kind === "disconnected" ? [event] : []));
    await until(() => lost().length > 0, { what: "the loss" });
    await using back = await FakeServer.start(server.port);
    expect(await (await back.accept()).take(4)).toEqual(["SET_CLIENT_ID w", "CAN_DO a", "CAN_DO b", "GRAB_JOB_ALL"]);
    expect(lost().map(({ error }) => error.code)).toEqual(["CONNECTION_LOST"]);
    expect(lost().every(({ retryInMs }) => retryInMs !== undefined && retryInMs > 0 && retryInMs <= 800)).toBe(true);
  });

  test("a server that was never there is told of once, and found when it comes", async () => {
    const server = await FakeServer.start();
    await server.stop();
    await using running = new RunningWorker([server], {}, (worker) => worker.can("a", () => ""));
    await until(() => running.events.length > 0, { what: "the failure" });
    await using back = await FakeServer.start(server.port);
    await (await back.accept()).toSleep();
    const kinds = running.events.map((event) => (event.kind === "disconnected" ? event.error.code : event.kind));
    expect(kinds).toEqual(["NO_SERVER", "connected"]);
  });

  test("questions that were open there leave their slots to the other servers", async () => {
    await using first = await FakeServer.start();
    const second = await FakeServer.start();
    await using _ = new RunningWorker([first, second], {}, (worker) => worker.can("a", () => "x"));
    const [one, two] = [await first.accept(), await second.accept()];
    await two.upTo("CAN_DO");
    await one.upTo("CAN_DO");
    // The first is sent to sleep, so that the second has the only slot for its question.
    const isAsked = (connection: FakeConnection) => connection.chunks.join("").includes("\0REQ\0\0\0\x27");
    await until(() => isAsked(one) || isAsked(two), { what: "a question" });
    if (isAsked(one)) {
      await one.upTo("GRAB_JOB_ALL");
      one.send(["NO_JOB"]);
      await one.upTo("PRE_SLEEP");
      one.send(["NOOP"]);
    }
    await two.upTo("GRAB_JOB_ALL");
    await second.stop();
    expect(await one.next()).toBe("GRAB_JOB_ALL");
  });
});
