/** How connections end: FIN behind requests that wait, FIN of a worker, and connections that are given up. */
import { describe, expect, test } from "bun:test";
import { LIMITS, outHardBytes } from "../../src/base/limits.ts";
import { ControlledStore } from "../committer/controlled-store.ts";
import { until } from "../harness/until.ts";
import { encodePacket } from "../harness/wire-bytes.ts";
import { coreOf, Line, turn } from "./core.ts";

const KIB = 1024;
const BODY_BYTES_MAX = 300 * KIB;

/** A foreground job of `client` in the hands of `worker`; its handle. */
async function run(client: Line, worker: Line): Promise<string> {
  client.send("SUBMIT_JOB", "f", "", "");
  worker.send("CAN_DO", "f");
  worker.send("GRAB_JOB");
  await turn();
  const [, handle = ""] = worker.take().at(-1)?.split(" ") ?? [];
  return handle;
}

describe("FIN", () => {
  test("behind requests that wait for the store comes into effect when all are answered", async () => {
    const store = new ControlledStore({ isOpen: false });
    const core = coreOf({}, store);
    const client = new Line(core);
    const count = 2 * LIMITS.pendingRepliesMax + 10;
    const submit = encodePacket("SUBMIT_JOB_BG", ["f", "", "work"]);
    client.session.received(Buffer.concat(Array(count).fill(submit)));
    client.session.finished();
    await turn();
    expect([client.take().length, client.session.isFinishing]).toEqual([0, false]);
    store.setOpen(true);
    await until(() => client.session.isFinishing, { what: "it finishes" });
    await turn();
    expect(client.take().length).toBe(count);
    core.close();
  });

  test("of a worker gives its job back at once, although it was not read on", async () => {
    const core = coreOf({});
    const [client, worker, other] = [new Line(core), new Line(core), new Line(core)];
    client.wire.roomBytes = 1000;
    const handle = await run(client, worker);
    const data = encodePacket("WORK_DATA", [handle, Buffer.alloc(100 * KIB)]);
    while (!worker.session.isHeld) worker.session.received(Buffer.from(data));
    worker.session.received(Buffer.from(data));
    worker.session.finished();
    other.send("CAN_DO", "f");
    other.send("GRAB_JOB");
    await turn();
    expect(other.take().map((line) => line.split(" ").slice(0, 2).join(" "))).toEqual([`JOB_ASSIGN ${handle}`]);
    core.close();
  });

  test("behind GRAB_JOB is answered with NO_JOB", async () => {
    const core = coreOf({});
    const worker = new Line(core);
    worker.send("CAN_DO", "f");
    worker.send("GRAB_JOB");
    worker.session.finished();
    await turn();
    expect(worker.take()).toEqual(["NO_JOB"]);
    core.close();
  });
});

describe("a long list", () => {
  test("stands behind a GRAB_JOB that was sent before it", async () => {
    const core = coreOf({});
    const [client, worker] = [new Line(core), new Line(core)];
    for (let job = 0; job < 2000; job += 1) client.send("SUBMIT_JOB_BG", `f${job}`, "", "");
    worker.send("CAN_DO", "other");
    worker.send("GRAB_JOB");
    worker.session.received(Buffer.from("status\n"));
    await until(() => worker.wire.written.includes("\n.\n"), { what: "the list is whole" });
    expect(worker.wire.written.subarray(0, 12)).toEqual(encodePacket("NO_JOB", [], "RES"));
    core.close();
  });
});

describe("a connection that is given up", () => {
  test("gets nothing more behind half a packet", async () => {
    const core = coreOf({ bodyBytesMax: BODY_BYTES_MAX });
    const [client, other, worker] = [new Line(core), new Line(core), new Line(core)];
    client.wire.roomBytes = 100;
    const handle = await run(client, worker);
    await run(other, worker);
    expect(worker.session.connection.held.length).toBe(2);
    const data = encodePacket("WORK_DATA", [handle, Buffer.alloc(BODY_BYTES_MAX - 100, 7)]);
    const count = Math.ceil(outHardBytes(BODY_BYTES_MAX) / data.length) + 2;
    for (let one = 0; one < count; one += 1) worker.session.received(Buffer.from(data));
    const takenBytes = client.wire.written.length;
    client.wire.roomBytes = Number.POSITIVE_INFINITY;
    worker.session.received(Buffer.from(data));
    client.session.drained();
    expect(client.wire.written.length).toBe(takenBytes);
    await turn();
    expect([client.session.isClosed, client.wire.written.length]).toEqual([true, takenBytes]);
    core.close();
  });
});
