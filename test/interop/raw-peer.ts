/** The other side of a peer under test: a raw worker for its clients, raw clients for its workers. */
import { strict as assert } from "node:assert";
import { createHash } from "node:crypto";
import type { PacketName } from "../../src/protocol/packets.ts";
import type { ServerProcess } from "../harness/server-process.ts";
import { until } from "../harness/until.ts";
import { Wire } from "../harness/wire.ts";
import { splitArguments } from "../harness/wire-bytes.ts";

/** How long a peer's start or a due time may take, ms. */
export const LONG_LIMIT_MS = 20_000;

/**
 * How long 32 MiB may take, ms.
 *
 * libgearman sends 64 KiB for each delayed acknowledgement of the loopback interface, 40 ms, whatever the server is.
 */
export const LARGE_LIMIT_MS = 90_000;

/** All 256 byte values, NULs first, in the middle and last. */
export const ALL_BYTES: string = `\0${String.fromCharCode(...Array.from({ length: 256 }, (_, value) => value))}\0\0`;

/** Bytes in which every place has its own neighbourhood, so that a cut or a shift is seen. */
export function longWorkload(byteCount: number): string {
  const bytes = Buffer.alloc(byteCount);
  for (let at = 0; at + 4 <= byteCount; at += 4) bytes.writeUInt32BE((at * 2_654_435_761) % 4_294_967_296, at);
  return bytes.toString("latin1");
}

/** Bytes of a MiB. */
export const MEBIBYTE = 1024 * 1024;

function inShort(bytes: string): string {
  if (bytes.length <= 1024) return bytes;
  return `${bytes.length} bytes, SHA-256 ${createHash("sha256").update(bytes, "latin1").digest("hex")}`;
}

/** Throws when a received list of words is not exactly the expected one; long words are told by length and hash. */
export function same(got: readonly string[], want: readonly string[]): void {
  assert.deepEqual(got.map(inShort), want.map(inShort));
}

/** A job as a worker gets it. */
export interface RawJob {
  readonly handle: string;
  readonly function: string;
  readonly unique: string;
  /** Empty unless it was grabbed by GRAB_JOB_ALL and has one. */
  readonly reducer: string;
  readonly workload: string;
}

/** A worker of one function, without a library. */
export class RawWorker implements AsyncDisposable {
  readonly wire: Wire;
  readonly #grabPacket: PacketName;

  private constructor(wire: Wire, grabPacket: PacketName) {
    this.wire = wire;
    this.#grabPacket = grabPacket;
  }

  /** Connects and registers. */
  static async open(
    server: ServerProcess,
    functionName: string,
    grabPacket: PacketName = "GRAB_JOB_UNIQ",
  ): Promise<RawWorker> {
    const wire = await Wire.connect(server);
    wire.send("CAN_DO", functionName);
    return new RawWorker(wire, grabPacket);
  }

  /** The next job; sleeps and is woken until there is one. */
  async grab(limitMs: number = LONG_LIMIT_MS): Promise<RawJob> {
    const endAtMs = performance.now() + limitMs;
    this.wire.send(this.#grabPacket);
    for (;;) {
      const item = await this.wire.next(Math.max(1, endAtMs - performance.now()));
      if (item.kind !== "packet") throw new Error(`the raw worker got ${item.kind}`);
      if (item.name === "NO_JOB") this.wire.send("PRE_SLEEP");
      else if (item.name === "NOOP") this.wire.send(this.#grabPacket);
      else return jobOf(item.name, splitArguments(item));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.wire.close();
  }
}

function jobOf(name: string, fields: readonly string[]): RawJob {
  const [handle = "", functionName = "", ...rest] = fields;
  if (name === "JOB_ASSIGN_UNIQ") {
    const [unique = "", workload = ""] = rest;
    return { handle, function: functionName, unique, reducer: "", workload };
  }
  if (name !== "JOB_ASSIGN_ALL") throw new Error(`the raw worker got ${name} ${fields.join(" ")}`);
  const [unique = "", reducer = "", workload = ""] = rest;
  return { handle, function: functionName, unique, reducer, workload };
}

/** Submits a job and resolves with its handle. */
export async function submit(wire: Wire, name: PacketName, ...args: readonly string[]): Promise<string> {
  wire.send(name, ...args);
  const [handle = ""] = await wire.expect("JOB_CREATED", LONG_LIMIT_MS);
  return handle;
}

/** Packets of a job until it is over, name first, without the handle, which must be the right one. */
export async function outcome(wire: Wire, handle: string, limitMs: number = LONG_LIMIT_MS): Promise<string[][]> {
  const told: string[][] = [];
  for (;;) {
    const item = await wire.next(limitMs);
    if (item.kind !== "packet") throw new Error(`the raw client got ${item.kind}`);
    const [about, ...fields] = splitArguments(item);
    assert.equal(about, handle);
    told.push([item.name, ...fields]);
    if (["WORK_COMPLETE", "WORK_FAIL", "WORK_EXCEPTION"].includes(item.name)) return told;
  }
}

/** Waits until the reply of a text command contains `text`. */
export async function untilTold(server: ServerProcess, command: string, text: string): Promise<void> {
  await using wire = await Wire.connect(server);
  await until(async () => (await wire.ask(command)).includes(text), {
    what: `${JSON.stringify(text)} in the reply to ${command}`,
    limitMs: LONG_LIMIT_MS,
  });
}
