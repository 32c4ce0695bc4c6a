/** Replies keep the order of requests on a connection whatever the store does: the real server over sockets. */
import { describe, expect, test } from "bun:test";
import { LIMITS } from "../../src/base/limits.ts";
import { ControlledStore } from "../committer/controlled-store.ts";
import { until } from "../harness/until.ts";
import { describeItem, type Wire } from "../harness/wire.ts";
import { encodePacket } from "../harness/wire-bytes.ts";
import { LateServer } from "./late-server.ts";

/** The store of these tests, closed, and a server on it. */
async function startClosed(commitMsMax?: number): Promise<{ server: LateServer; store: ControlledStore }> {
  const store = new ControlledStore({ isOpen: false });
  const server = await LateServer.start({ store, ...(commitMsMax === undefined ? {} : { commitMsMax }) });
  return { server, store };
}

/** The next `count` things on a wire, each as one line. */
async function lines(wire: Wire, count: number): Promise<string[]> {
  const found: string[] = [];
  while (found.length < count) found.push(describeItem(await wire.next()));
  return found;
}

async function commitWaits(store: ControlledStore, batches = 1): Promise<void> {
  await until(() => store.waitingCount > 0 && store.batches.length === batches, { what: "a commit waits" });
}

/** Resolves when the server has dealt with what was sent before, on connections that cannot say so while a reply waits. */
async function dealtWith(server: LateServer): Promise<void> {
  await using other = await server.connect();
  await other.barrier();
  await other.barrier();
}

describe("the reply line of a connection", () => {
  test("every kind of reply stands behind a submit that waits for the store", async () => {
    const { server, store } = await startClosed();
    await using _server = server;
    await using wire = await server.connect();
    wire.sendTogether(["CAN_DO", "f"], ["SUBMIT_JOB_BG", "f", "", "work"], ["ECHO_REQ", "echo"]);
    wire.sendTogether(["GET_STATUS", "H:test:1"], ["GET_STATUS_UNIQUE", "u"], ["OPTION_REQ", "exceptions"]);
    wire.sendTogether(["SUBMIT_JOB", "g", "", ""], ["GRAB_JOB"], ["WORK_FAIL", "H:test:2"]);
    wire.send("SUBMIT_JOB_SCHED", "g", "", "0", "0", "1", "1", "0", "");
    wire.sendText("version");
    wire.send("SUBMIT_JOB_LOW_BG", "h", "", "later");
    wire.send("ECHO_REQ", "last");
    await commitWaits(store);
    await dealtWith(server);
    expect(wire.take()).toBeUndefined();
    store.setOpen(true);
    expect((await lines(wire, 12)).map((line) => line.replace(/H:test:\d{9,}/, "H:test:N"))).toEqual([
      'JOB_CREATED "H:test:N"',
      'ECHO_RES "echo"',
      'STATUS_RES "H:test:1" "0" "0" "0" "0"',
      'STATUS_RES_UNIQUE "u" "0" "0" "0" "0" "0"',
      'OPTION_RES "exceptions"',
      'JOB_CREATED "H:test:N"',
      "NO_JOB",
      'ERROR "JOB_NOT_FOUND" "Job given in work result not found"',
      'ERROR "INVALID_COMMAND" "Command not expected"',
      'text "OK test\\n"',
      'JOB_CREATED "H:test:N"',
      'ECHO_RES "last"',
    ]);
  });

  test("a job that another client submitted is assigned behind a submit that waits", async () => {
    const { server, store } = await startClosed();
    await using _server = server;
    await using client = await server.connect();
    client.send("SUBMIT_JOB", "f", "", "work");
    await client.expect("JOB_CREATED");
    await using wire = await server.connect();
    wire.sendTogether(["CAN_DO", "f"], ["SUBMIT_JOB_BG", "g", "", ""], ["GRAB_JOB"]);
    await commitWaits(store);
    await dealtWith(server);
    expect(wire.take()).toBeUndefined();
    store.letGo();
    await wire.expect("JOB_CREATED");
    await wire.expect("JOB_ASSIGN");
  });

  test("NOOP, and what is said of jobs announced before, pass a submit that waits", async () => {
    const { server, store } = await startClosed();
    await using _server = server;
    await using wire = await server.connect();
    wire.send("SUBMIT_JOB", "f", "", "work");
    const [handle = ""] = await wire.expect("JOB_CREATED");
    await using worker = await server.connect();
    worker.sendTogether(["CAN_DO", "f"], ["GRAB_JOB"]);
    await worker.expect("JOB_ASSIGN");
    wire.sendTogether(["CAN_DO", "g"], ["PRE_SLEEP"], ["SUBMIT_JOB_BG", "h", "", ""], ["ECHO_REQ", "behind"]);
    await commitWaits(store);
    worker.sendTogether(["WORK_DATA", handle, "a"], ["WORK_STATUS", handle, "1", "2"], ["WORK_COMPLETE", handle, "b"]);
    expect(await lines(wire, 3)).toEqual([
      `WORK_DATA "${handle}" "a"`,
      `WORK_STATUS "${handle}" "1" "2"`,
      `WORK_COMPLETE "${handle}" "b"`,
    ]);
    await using other = await server.connect();
    other.send("SUBMIT_JOB", "g", "", "");
    await other.expect("JOB_CREATED");
    await wire.expect("NOOP");
    expect(wire.take()).toBeUndefined();
    store.letGo();
    await wire.expect("JOB_CREATED");
    await wire.expect("ECHO_RES");
  });

  test("what is said of a job whose JOB_CREATED waits comes behind it, in its order, over several slots", async () => {
    const { server, store } = await startClosed();
    await using _server = server;
    await using client = await server.connect();
    client.send("SUBMIT_JOB_BG", "late", "", "first");
    await commitWaits(store);
    client.send("SUBMIT_JOB", "f", "", "work");
    client.send("SUBMIT_JOB_BG", "late", "", "second");
    await using worker = await server.connect();
    worker.sendTogether(["CAN_DO", "f"], ["PRE_SLEEP"]);
    await worker.expect("NOOP");
    worker.send("GRAB_JOB");
    const [handle = ""] = await worker.expect("JOB_ASSIGN");
    await dealtWith(server);
    worker.send("WORK_DATA", handle, "while it stands");
    await worker.barrier();
    expect(client.take()).toBeUndefined();
    store.letGo();
    await client.expect("JOB_CREATED");
    worker.send("WORK_COMPLETE", handle, "once it is announced");
    await worker.barrier();
    expect(await lines(client, 3)).toEqual([
      `JOB_CREATED "${handle}"`,
      `WORK_DATA "${handle}" "while it stands"`,
      `WORK_COMPLETE "${handle}" "once it is announced"`,
    ]);
    await commitWaits(store, 2);
    store.letGo();
    await client.expect("JOB_CREATED");
  });

  test("a foreground submit that joins a unique whose answer is awaited waits with it, and watches", async () => {
    const { server, store } = await startClosed();
    await using _server = server;
    await using client = await server.connect();
    await using other = await server.connect();
    client.send("SUBMIT_JOB_BG", "f", "u", "work");
    await commitWaits(store);
    other.sendTogether(["SUBMIT_JOB", "f", "u", "work"], ["ECHO_REQ", "behind"]);
    await dealtWith(server);
    expect(other.take()).toBeUndefined();
    store.letGo();
    const [handle = ""] = await client.expect("JOB_CREATED");
    expect(await lines(other, 2)).toEqual([`JOB_CREATED "${handle}"`, 'ECHO_RES "behind"']);
    await using worker = await server.connect();
    worker.sendTogether(["CAN_DO", "f"], ["GRAB_JOB"]);
    expect((await worker.expect("JOB_ASSIGN"))[0]).toBe(handle);
    worker.send("WORK_COMPLETE", handle, "result");
    expect(await other.expect("WORK_COMPLETE")).toEqual([handle, "result"]);
    await client.nothing();
  });

  test("at pendingRepliesMax a connection is not read on, others are, and it goes on later", async () => {
    const { server, store } = await startClosed();
    await using _server = server;
    await using client = await server.connect();
    const submits = 3 * LIMITS.pendingRepliesMax;
    const each = Array.from({ length: submits }, (_, job) => encodePacket("SUBMIT_JOB_BG", ["f", "", String(job)]));
    client.write(Buffer.concat(each));
    await commitWaits(store);
    await dealtWith(server);
    expect((await server.counts()).jobs).toBe(LIMITS.pendingRepliesMax);
    store.setOpen(true);
    for (let job = 0; job < submits; job += 1) await client.expect("JOB_CREATED");
    expect((await server.counts()).jobs).toBe(submits);
    expect(store.kept.jobs.size).toBe(submits);
  }, 30_000);
});
