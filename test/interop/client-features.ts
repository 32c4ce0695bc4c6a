/** What is tried with a client of a peer: it submits, and a raw worker sees and sends every byte. */
import { strict as assert } from "node:assert";
import type { PacketName } from "../../src/protocol/packets.ts";
import { Wire } from "../harness/wire.ts";
import type { Feature, Trial } from "./feature.ts";
import type { PeerClient } from "./peer-client.ts";
import {
  ALL_BYTES,
  LARGE_LIMIT_MS,
  LONG_LIMIT_MS,
  longWorkload,
  MEBIBYTE,
  outcome,
  RawWorker,
  same,
  submit,
  untilTold,
} from "./raw-peer.ts";

type ClientTrial = (trial: Trial<PeerClient>) => Promise<void>;

async function foreground({ server, peer }: Trial<PeerClient>): Promise<void> {
  await using worker = await RawWorker.open(server, "c.foreground");
  for (const [workload, result] of [
    ["hello", "olleh"],
    ["x", ""],
  ] as const) {
    const told = peer.ask("do", ["normal"], ["c.foreground", "", workload]);
    const job = await worker.grab();
    same([job.function, job.workload], ["c.foreground", workload]);
    worker.wire.send("WORK_COMPLETE", job.handle, result);
    assert.deepEqual(await told, [["complete", result]]);
  }
}

async function background({ server, peer }: Trial<PeerClient>): Promise<void> {
  const told = await peer.ask("background", ["normal"], ["c.background", "key", "later"]);
  await using worker = await RawWorker.open(server, "c.background");
  const job = await worker.grab();
  assert.deepEqual(told, [["created", job.handle]]);
  same([job.unique, job.workload], ["key", "later"]);
  worker.wire.send("WORK_COMPLETE", job.handle, "");
  await worker.wire.nothing();
}

async function priority({ server, peer }: Trial<PeerClient>): Promise<void> {
  for (const level of ["low", "normal", "high"]) await peer.ask("background", [level], ["c.priority", level, level]);
  await using worker = await RawWorker.open(server, "c.priority");
  for (const level of ["high", "normal", "low"]) {
    const job = await worker.grab();
    same([job.workload], [level]);
    worker.wire.send("WORK_COMPLETE", job.handle, "");
  }
  for (const [level, counts] of [
    ["high", "1\t0\t0"],
    ["low", "0\t0\t1"],
  ] as const) {
    const told = peer.ask("do", [level], ["c.priority", "", level]);
    await untilTold(server, "prioritystatus", `c.priority\t${counts}\t1\n`);
    const job = await worker.grab();
    worker.wire.send("WORK_COMPLETE", job.handle, job.workload);
    assert.deepEqual(await told, [["complete", level]]);
  }
}

async function unique({ server, peer }: Trial<PeerClient>): Promise<void> {
  const [first] = await peer.ask("background", ["normal"], ["c.unique", "one", "first"]);
  const [second] = await peer.ask("background", ["normal"], ["c.unique", "one", "second"]);
  const [third] = await peer.ask("background", ["normal"], ["c.unique", "two", "third"]);
  assert.deepEqual(second, first);
  assert.notDeepEqual(third, first);
  await using worker = await RawWorker.open(server, "c.unique");
  for (const [key, workload] of [
    ["one", "first"],
    ["two", "third"],
  ] as const) {
    const job = await worker.grab();
    same([job.unique, job.workload], [key, workload]);
    worker.wire.send("WORK_COMPLETE", job.handle, "");
  }
  await worker.wire.nothing();
  const told = peer.ask("run", ["normal"], ["c.unique", "three", "mine"]);
  const job = await worker.grab();
  await using other = await Wire.connect(server);
  assert.equal(await submit(other, "SUBMIT_JOB", "c.unique", "three", "theirs"), job.handle);
  worker.wire.send("WORK_COMPLETE", job.handle, "both");
  assert.deepEqual(await told, [
    ["created", job.handle],
    ["complete", "both"],
  ]);
  assert.deepEqual(await outcome(other, job.handle), [["WORK_COMPLETE", "both"]]);
}

function polled(verb: "status" | "unique-status"): ClientTrial {
  return async ({ server, peer }) => {
    const functionName = `c.${verb}`;
    const [[, handle = ""] = []] = await peer.ask("background", ["normal"], [functionName, `key of ${verb}`, "x"]);
    const name = verb === "status" ? handle : `key of ${verb}`;
    assert.deepEqual(await peer.ask(verb, [], [name]), [["known", "1", "0", "0", "0"]]);
    await using worker = await RawWorker.open(server, functionName);
    const job = await worker.grab();
    worker.wire.send("WORK_STATUS", job.handle, "3", "7");
    await worker.wire.nothing();
    assert.deepEqual(await peer.ask(verb, [], [name]), [["known", "1", "1", "3", "7"]]);
    worker.wire.send("WORK_COMPLETE", job.handle, "");
    await worker.wire.nothing();
    assert.deepEqual(await peer.ask(verb, [], [name]), [["known", "0", "0", "0", "0"]]);
  };
}

/** The worker sends these packets (without the handle), then the result; the client must tell of these events. */
function streamed(packets: readonly (readonly [PacketName, ...string[]])[], events: readonly string[][]): ClientTrial {
  return async ({ server, peer }) => {
    await using worker = await RawWorker.open(server, "c.stream");
    const told = peer.ask("run", ["normal"], ["c.stream", "", "x"]);
    const job = await worker.grab();
    for (const [name, ...fields] of packets) worker.wire.send(name, job.handle, ...fields);
    worker.wire.send("WORK_COMPLETE", job.handle, "end");
    assert.deepEqual(await told, [["created", job.handle], ...events, ["complete", "end"]]);
  };
}

async function failure({ server, peer }: Trial<PeerClient>): Promise<void> {
  await using worker = await RawWorker.open(server, "c.failure");
  const told = peer.ask("run", ["normal"], ["c.failure", "", "x"]);
  const job = await worker.grab();
  worker.wire.send("WORK_FAIL", job.handle);
  assert.deepEqual(await told, [["created", job.handle], ["fail"]]);
}

async function exception({ server, peer }: Trial<PeerClient>): Promise<void> {
  await using worker = await RawWorker.open(server, "c.exception");
  for (const [verb, event] of [
    ["run-exceptions", ["exception", "bo\0om"]],
    ["run", peer.exceptionAlways ? ["exception", "bo\0om"] : ["fail"]],
  ] as const) {
    const told = peer.ask(verb, ["normal"], ["c.exception", "", "x"]);
    const job = await worker.grab();
    worker.wire.send("WORK_EXCEPTION", job.handle, "bo\0om");
    assert.deepEqual(await told, [["created", job.handle], event]);
  }
}

async function timeout({ server, peer }: Trial<PeerClient>): Promise<void> {
  await using worker = await RawWorker.open(server, "c.timeout");
  const told = peer.ask("run-timeout", ["300", "normal"], ["c.timeout", "", "slow"]);
  const job = await worker.grab();
  assert.deepEqual(await told, [["created", job.handle], ["timeout"]]);
  worker.wire.send("WORK_COMPLETE", job.handle, "too late");
  await worker.wire.nothing();
  const again = peer.ask("do", ["normal"], ["c.timeout", "", "again"]);
  const next = await worker.grab();
  same([next.workload], ["again"]);
  worker.wire.send("WORK_COMPLETE", next.handle, "in time");
  assert.deepEqual(await again, [["complete", "in time"]]);
}

function whole(functionName: string, workloadOf: () => string): ClientTrial {
  return async ({ server, peer }) => {
    const workload = workloadOf();
    await using worker = await RawWorker.open(server, functionName);
    const told = peer.ask("do", ["normal"], [functionName, "", workload]);
    const job = await worker.grab(LARGE_LIMIT_MS);
    same([job.workload], [workload]);
    worker.wire.send("WORK_COMPLETE", job.handle, `${workload}!`);
    const [event = []] = await told;
    same(event, ["complete", `${workload}!`]);
  };
}

async function reduce({ server, peer }: Trial<PeerClient>): Promise<void> {
  await using worker = await RawWorker.open(server, "c.map", "GRAB_JOB_ALL");
  const told = peer.ask("reduce", [], ["c.reducer", "c.map", "key", "a b"]);
  const job = await worker.grab();
  same([job.function, job.unique, job.reducer, job.workload], ["c.map", "key", "c.reducer", "a b"]);
  worker.wire.send("WORK_COMPLETE", job.handle, "A\0B");
  assert.deepEqual(await told, [["result", "A\0B"]]);
}

async function epoch({ server, peer }: Trial<PeerClient>): Promise<void> {
  const dueAtSeconds = Math.floor(Date.now() / 1000) + 2;
  const [[, handle] = []] = await peer.ask("epoch", [String(dueAtSeconds)], ["c.epoch", "key", "not yet"]);
  await using worker = await RawWorker.open(server, "c.epoch");
  worker.wire.send("GRAB_JOB");
  await worker.wire.expect("NO_JOB");
  const job = await worker.grab(LONG_LIMIT_MS);
  assert.ok(Date.now() >= dueAtSeconds * 1000, "the job came before its time");
  same([job.handle, job.unique, job.workload], [handle ?? "", "key", "not yet"]);
}

async function echo({ peer }: Trial<PeerClient>): Promise<void> {
  assert.deepEqual(await peer.ask("echo", [], ["\0ping"]), [["echo", "\0ping"]]);
}

async function clientId({ server, peer }: Trial<PeerClient>): Promise<void> {
  const told = peer.ask("run-identified", ["c-client-7", "normal"], ["c.id", "", "x"]);
  await using worker = await RawWorker.open(server, "c.id");
  const job = await worker.grab();
  await untilTold(server, "workers", " c-client-7 :");
  worker.wire.send("WORK_COMPLETE", job.handle, "");
  assert.deepEqual(await told, [
    ["created", job.handle],
    ["complete", ""],
  ]);
}

async function admin({ server, peer }: Trial<PeerClient>): Promise<void> {
  await peer.ask("background", ["normal"], ["c.admin", "", "x"]);
  await using _worker = await RawWorker.open(server, "c.admin");
  await untilTold(server, "status", "c.admin\t1\t0\t1\n");
  const told = await peer.ask("admin", [], []);
  assert.deepEqual(
    told.find((words) => words[1] === "c.admin"),
    ["function", "c.admin", "1", "0", "1"],
  );
}

/** Every trial; a peer's cells take those for which it has a call. */
export const CLIENT_TRIALS: Readonly<Record<Feature, ClientTrial>> = {
  foreground,
  background,
  priority,
  unique,
  status: polled("status"),
  uniqueStatus: polled("unique-status"),
  statusStream: streamed(
    [
      ["WORK_STATUS", "1", "4"],
      ["WORK_STATUS", "3", "4"],
    ],
    [
      ["status", "1", "4"],
      ["status", "3", "4"],
    ],
  ),
  dataStream: streamed(
    [
      ["WORK_DATA", "one\0"],
      ["WORK_DATA", "two"],
    ],
    [
      ["data", "one\0"],
      ["data", "two"],
    ],
  ),
  warningStream: streamed([["WORK_WARNING", "\0careful"]], [["warning", "\0careful"]]),
  exception,
  failure,
  timeout,
  mebibyte: whole("c.mebibyte", () => longWorkload(MEBIBYTE)),
  large: whole("c.large", () => longWorkload(32 * MEBIBYTE)),
  nuls: whole("c.nuls", () => ALL_BYTES),
  reduce,
  epoch,
  echo,
  clientId,
  admin,
};
