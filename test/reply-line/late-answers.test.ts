/** What clients hear, and what runs, when the store is late, refuses or fails: the real server over sockets. */
import { describe, expect, test } from "bun:test";
import { ControlledStore } from "../committer/controlled-store.ts";
import { until } from "../harness/until.ts";
import type { Wire } from "../harness/wire.ts";
import { LateServer } from "./late-server.ts";

const COMMIT_MS_MAX = 50;

async function startClosed(commitMsMax?: number): Promise<{ server: LateServer; store: ControlledStore }> {
  const store = new ControlledStore({ isOpen: false });
  const server = await LateServer.start({ store, ...(commitMsMax === undefined ? {} : { commitMsMax }) });
  return { server, store };
}

async function commitWaits(store: ControlledStore, batches = 1): Promise<void> {
  await until(() => store.waitingCount > 0 && store.batches.length === batches, { what: "a commit waits" });
}

/** A worker takes every job of `f` that there is; the workloads in order of assignment. */
async function drain(server: LateServer): Promise<string[]> {
  await using worker = await server.connect();
  worker.send("CAN_DO", "f");
  const workloads: string[] = [];
  for (;;) {
    worker.send("GRAB_JOB");
    const item = await worker.next();
    if (item.kind !== "packet" || item.name !== "JOB_ASSIGN") return workloads;
    const [handle = "", , workload = ""] = item.body.toString("latin1").split("\0");
    workloads.push(workload);
    worker.send("WORK_COMPLETE", handle, "");
  }
}

async function expectError(wire: Wire): Promise<void> {
  expect(await wire.expect("ERROR")).toEqual(["QUEUE_ERROR", "QUEUE_ERROR"]);
}

describe("a store that is late, refuses or fails", () => {
  test("an add not answered in time gets QUEUE_ERROR, never runs, and leaves the store again", async () => {
    const { server, store } = await startClosed(COMMIT_MS_MAX);
    await using _server = server;
    await using client = await server.connect();
    client.sendTogether(["SUBMIT_JOB_BG", "f", "u", "late"], ["ECHO_REQ", "behind"]);
    await commitWaits(store);
    await expectError(client);
    await client.expect("ECHO_RES");
    expect(await server.counts()).toMatchObject({ jobs: 0, uniques: 0 });
    store.setOpen(true);
    await until(() => store.batches.length === 2 && store.kept.jobs.size === 0, { what: "it has left the store" });
    expect(await drain(server)).toEqual([]);
    client.send("SUBMIT_JOB_BG", "f", "u", "again");
    await client.expect("JOB_CREATED");
    expect(await drain(server)).toEqual(["again"]);
    await until(() => store.kept.jobs.size === 0, { what: "the finished job has left the store" });
  });

  test("a refused add is an ERROR for everyone who waited for it, and frees its unique", async () => {
    const { server, store } = await startClosed();
    await using _server = server;
    await using client = await server.connect();
    await using other = await server.connect();
    store.refuses = (job) => Buffer.from(job.workload).toString() === "bad";
    client.send("SUBMIT_JOB_BG", "f", "u", "bad");
    await commitWaits(store);
    other.sendTogether(["SUBMIT_JOB", "f", "u", "bad"], ["ECHO_REQ", "behind"]);
    await until(async () => (await server.counts()).uniques === 1, { what: "the unique is pending" });
    store.setOpen(true);
    await expectError(client);
    await expectError(other);
    await other.expect("ECHO_RES");
    expect(await server.counts()).toMatchObject({ jobs: 0, uniques: 0, watchers: 0 });
    other.send("SUBMIT_JOB_BG", "f", "u", "good");
    await other.expect("JOB_CREATED");
    expect(await drain(server)).toEqual(["good"]);
  });

  test("a client that leaves while its submit waits leaves nothing behind, and the job runs", async () => {
    const { server, store } = await startClosed();
    await using _server = server;
    const client = await server.connect();
    client.sendTogether(["SUBMIT_JOB_BG", "f", "u", "left alone"], ["ECHO_REQ", "behind"]);
    await commitWaits(store);
    const joining = await server.connect();
    joining.send("SUBMIT_JOB", "f", "u", "left alone");
    await joining.socket.end();
    client.socket.resetAndDestroy();
    await until(async () => (await server.counts()).connections <= 2, { what: "the clients are gone" });
    store.setOpen(true);
    await until(() => store.kept.jobs.size === 1, { what: "the job is in the store" });
    expect(await drain(server)).toEqual(["left alone"]);
    const isEmpty = async () => {
      const { jobs, watchers, uniques, connections } = await server.counts();
      return jobs + watchers + uniques === 0 && connections === 1;
    };
    await until(isEmpty, { what: "nothing is left" });
  });

  test("a batch that fails is sent again before what came later, and everybody is answered in order", async () => {
    const { server, store } = await startClosed();
    await using _server = server;
    await using client = await server.connect();
    client.send("SUBMIT_JOB_BG", "f", "", "1");
    await commitWaits(store);
    for (const workload of ["2", "3"]) client.send("SUBMIT_JOB_BG", "f", "", workload);
    store.fail(true);
    await commitWaits(store, 2);
    store.fail();
    await commitWaits(store, 3);
    expect(client.take()).toBeUndefined();
    store.setOpen(true);
    for (let job = 0; job < 3; job += 1) await client.expect("JOB_CREATED");
    const sent = store.batches.map((batch) => batch.adds.map((job) => Buffer.from(job.workload).toString()).join());
    expect(sent).toEqual(["1", "1", "1", "2,3"]);
    expect(await drain(server)).toEqual(["1", "2", "3"]);
  });

  test("a store that never answers holds up nobody but those who wait for it", async () => {
    const { server, store } = await startClosed();
    await using _server = server;
    await using client = await server.connect();
    client.send("SUBMIT_JOB_BG", "f", "", "never");
    await commitWaits(store);
    await using other = await server.connect();
    other.send("SUBMIT_JOB", "f", "", "foreground");
    const [handle = ""] = await other.expect("JOB_CREATED");
    expect(await drain(server)).toEqual(["foreground"]);
    expect(await other.expect("WORK_COMPLETE")).toEqual([handle, ""]);
    expect(client.take()).toBeUndefined();
  });

  test("a graceful stop waits for the store, so that who submitted before is answered", async () => {
    const { server, store } = await startClosed();
    await using client = await server.connect();
    client.send("SUBMIT_JOB_BG", "f", "", "work");
    await commitWaits(store);
    const stopped = server.server.stop("graceful");
    client.send("SUBMIT_JOB_BG", "f", "", "too late");
    store.setOpen(true);
    await client.expect("JOB_CREATED");
    expect(await client.expect("ERROR")).toEqual(["QUEUE_ERROR", "The server is shutting down"]);
    await stopped;
    await client.closed();
  });
});
