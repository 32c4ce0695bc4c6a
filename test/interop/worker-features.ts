/** What is tried with a worker of a peer: raw clients submit, and see every byte that it sends. */
import { strict as assert } from "node:assert";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { PacketName } from "../../src/protocol/packets.ts";
import type { ServerProcess } from "../harness/server-process.ts";
import { until } from "../harness/until.ts";
import { Wire } from "../harness/wire.ts";
import type { Feature, Trial } from "./feature.ts";
import { PeerWorker } from "./peer-worker.ts";
import {
  ALL_BYTES,
  LARGE_LIMIT_MS,
  longWorkload,
  MEBIBYTE,
  outcome,
  RawWorker,
  same,
  submit,
  untilTold,
} from "./raw-peer.ts";

type WorkerTrial = (trial: Trial<PeerWorker>) => Promise<void>;

let gateCount = 0;

/** A path that does not exist yet: the functions `hold` and `hurry` wait for it. */
function newGate(server: ServerProcess): string {
  gateCount += 1;
  return join(server.folder, `gate-${gateCount}`);
}

/** Runs a job in the foreground and resolves with everything that its client got. */
async function run(server: ServerProcess, functionName: string, workload: string): Promise<string[][]> {
  await using client = await Wire.connect(server);
  const handle = await submit(client, "SUBMIT_JOB", functionName, "", workload);
  return await outcome(client, handle, LARGE_LIMIT_MS);
}

/** The function's name at this peer. */
function at(peer: PeerWorker, name: string): string {
  return `${peer.options.prefix}.${name}`;
}

function whole(workloadOf: () => string): WorkerTrial {
  return async ({ server, peer }) => {
    const workload = workloadOf();
    const told = await run(server, at(peer, "echo"), workload);
    assert.equal(told.length, 1);
    same(told[0] ?? [], ["WORK_COMPLETE", workload]);
    const job = await peer.nextJob();
    same([job.function, job.workload], [at(peer, "echo"), workload]);
  };
}

async function background({ server, peer }: Trial<PeerWorker>): Promise<void> {
  await using client = await Wire.connect(server);
  const handle = await submit(client, "SUBMIT_JOB_BG", at(peer, "echo"), "key", "later");
  const job = await peer.nextJob();
  same([job.function, job.unique, job.workload], [at(peer, "echo"), peer.options.seesUnique ? "key" : "", "later"]);
  const isOver = async () => {
    client.send("GET_STATUS", handle);
    return (await client.expect("STATUS_RES"))[1] === "0";
  };
  await until(isOver, { what: "the end of the background job" });
}

async function priority({ server, peer }: Trial<PeerWorker>): Promise<void> {
  const prefix = `${peer.options.prefix}-late`;
  await using client = await Wire.connect(server);
  const handles = new Map<string, string>();
  for (const name of ["SUBMIT_JOB_LOW", "SUBMIT_JOB", "SUBMIT_JOB_HIGH"] as const) {
    handles.set(await submit(client, name, `${prefix}.echo`, "", name), name);
  }
  await using _late = await PeerWorker.start({ ...peer.options, prefix, only: "echo" });
  for (const name of ["SUBMIT_JOB_HIGH", "SUBMIT_JOB", "SUBMIT_JOB_LOW"]) {
    const [handle = "", result = ""] = await client.expect("WORK_COMPLETE");
    same([handles.get(handle) ?? "", result], [name, name]);
  }
}

async function unique({ server, peer }: Trial<PeerWorker>): Promise<void> {
  const gate = newGate(server);
  await using one = await Wire.connect(server);
  await using two = await Wire.connect(server);
  const handle = await submit(one, "SUBMIT_JOB", at(peer, "hold"), "shared", gate);
  const job = await peer.nextJob();
  same([job.unique, job.workload], [peer.options.seesUnique ? "shared" : "", gate]);
  assert.equal(await submit(two, "SUBMIT_JOB", at(peer, "hold"), "shared", "another gate"), handle);
  writeFileSync(gate, "");
  for (const client of [one, two])
    assert.deepEqual((await outcome(client, handle)).at(-1), ["WORK_COMPLETE", "released"]);
  assert.deepEqual(await run(server, at(peer, "echo"), "next"), [["WORK_COMPLETE", "next"]]);
  same([(await peer.nextJob()).workload], ["next"]);
}

function polled(packet: PacketName, reply: PacketName): WorkerTrial {
  return async ({ server, peer }) => {
    const gate = newGate(server);
    await using client = await Wire.connect(server);
    await using other = await Wire.connect(server);
    const handle = await submit(client, "SUBMIT_JOB", at(peer, "hold"), `key of ${packet}`, gate);
    assert.deepEqual(await client.expect("WORK_STATUS"), [handle, "3", "7"]);
    const name = packet === "GET_STATUS" ? handle : `key of ${packet}`;
    other.send(packet, name);
    assert.deepEqual((await other.expect(reply)).slice(0, 5), [name, "1", "1", "3", "7"]);
    writeFileSync(gate, "");
    assert.deepEqual(await outcome(client, handle), [["WORK_COMPLETE", "released"]]);
    other.send(packet, name);
    assert.deepEqual((await other.expect(reply)).slice(0, 5), [name, "0", "0", "0", "0"]);
    await peer.nextJob();
  };
}

function streamed(packet: PacketName, want: readonly string[][]): WorkerTrial {
  return async ({ server, peer }) => {
    const told = await run(server, at(peer, "stream"), "x");
    assert.deepEqual(
      told.filter(([name]) => name === packet),
      want,
    );
    assert.equal(told.length, 6);
    assert.deepEqual(told.at(-1), ["WORK_COMPLETE", "streamed"]);
    await peer.nextJob();
  };
}

async function exception({ server, peer }: Trial<PeerWorker>): Promise<void> {
  await using client = await Wire.connect(server);
  client.send("OPTION_REQ", "exceptions");
  await client.expect("OPTION_RES");
  const handle = await submit(client, "SUBMIT_JOB", at(peer, "exception"), "", "x");
  assert.deepEqual(await outcome(client, handle), [["WORK_EXCEPTION", "bo\0om"]]);
  assert.deepEqual(await run(server, at(peer, "exception"), "x"), [["WORK_FAIL"]]);
  for (const workload of ["x", "x"]) same([(await peer.nextJob()).workload], [workload]);
}

async function failure({ server, peer }: Trial<PeerWorker>): Promise<void> {
  assert.deepEqual(await run(server, at(peer, "fail"), "x"), [["WORK_FAIL"]]);
  await peer.nextJob();
}

/**
 * The job is taken back after a second and given to another; the late result changes nothing, and the worker works on.
 *
 * It is a worker of its own: after the answer to a late result, libgearman is one reply behind for ever. If a job is then
 * assigned just as it falls asleep, it runs it only when the next NOOP comes; hence two jobs at the end.
 */
async function timeout({ server, peer }: Trial<PeerWorker>): Promise<void> {
  const prefix = `${peer.options.prefix}-slow`;
  await using slow = await PeerWorker.start({ ...peer.options, prefix });
  const gate = newGate(server);
  await using client = await Wire.connect(server);
  const startMs = performance.now();
  const handle = await submit(client, "SUBMIT_JOB", `${prefix}.hurry`, "", gate);
  same([(await slow.nextJob()).workload], [gate]);
  await using other = await RawWorker.open(server, `${prefix}.hurry`);
  const job = await other.grab();
  assert.ok(performance.now() - startMs >= 950, "the job was taken back before its time");
  same([job.handle, job.workload], [handle, gate]);
  writeFileSync(gate, "");
  other.wire.send("WORK_COMPLETE", handle, "second");
  assert.deepEqual((await outcome(client, handle)).at(-1), ["WORK_COMPLETE", "second"]);
  const texts = ["next", "after"];
  const told = await Promise.all(texts.map((text) => run(server, `${prefix}.echo`, text)));
  assert.deepEqual(told, [[["WORK_COMPLETE", "next"]], [["WORK_COMPLETE", "after"]]]);
}

async function reduce({ server, peer }: Trial<PeerWorker>): Promise<void> {
  await using reducer = await RawWorker.open(server, "w.reducer");
  await using client = await Wire.connect(server);
  const handle = await submit(client, "SUBMIT_REDUCE_JOB", at(peer, "split"), "", "w.reducer", "", "abc");
  for (let part = 0; part < 3; part += 1) {
    const job = await reducer.grab();
    reducer.wire.send("WORK_COMPLETE", job.handle, job.workload.toUpperCase());
  }
  const [over = []] = (await outcome(client, handle)).slice(-1);
  same([over[0] ?? "", [...(over[1] ?? "")].sort().join("")], ["WORK_COMPLETE", "ABC"]);
  same([(await peer.nextJob()).workload], ["abc"]);
}

async function epoch({ server, peer }: Trial<PeerWorker>): Promise<void> {
  await using client = await Wire.connect(server);
  const dueAtSeconds = Math.floor(Date.now() / 1000) + 2;
  await submit(client, "SUBMIT_JOB_EPOCH", at(peer, "echo"), "epoch", String(dueAtSeconds), "on time");
  same([(await peer.nextJob()).workload], ["on time"]);
  assert.ok(Date.now() >= dueAtSeconds * 1000, "the job came before its time");
}

async function echo({ server, peer }: Trial<PeerWorker>): Promise<void> {
  await run(server, at(peer, "echo"), "x");
  await peer.nextJob();
  assert.deepEqual(peer.echoes, ["ok"]);
}

async function clientId({ server, peer }: Trial<PeerWorker>): Promise<void> {
  await untilTold(server, "workers", ` ${peer.options.prefix}-worker : `);
}

/** Every trial; a peer's cells take those for which it has a call. */
export const WORKER_TRIALS: Readonly<Record<Exclude<Feature, "admin">, WorkerTrial>> = {
  foreground: whole(() => "hello"),
  background,
  priority,
  unique,
  status: polled("GET_STATUS", "STATUS_RES"),
  uniqueStatus: polled("GET_STATUS_UNIQUE", "STATUS_RES_UNIQUE"),
  statusStream: streamed("WORK_STATUS", [
    ["WORK_STATUS", "1", "4"],
    ["WORK_STATUS", "3", "4"],
  ]),
  dataStream: streamed("WORK_DATA", [
    ["WORK_DATA", "one\0"],
    ["WORK_DATA", "two"],
  ]),
  warningStream: streamed("WORK_WARNING", [["WORK_WARNING", "\0careful"]]),
  exception,
  failure,
  timeout,
  mebibyte: whole(() => longWorkload(MEBIBYTE)),
  large: whole(() => longWorkload(32 * MEBIBYTE)),
  nuls: whole(() => ALL_BYTES),
  reduce,
  epoch,
  echo,
  clientId,
};
