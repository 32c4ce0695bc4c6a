/** What sessions take of the buffer memory, they give back: a core without sockets, played at random. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { LIMITS, outHardBytes } from "../../src/base/limits.ts";
import { ServerCore } from "../../src/server/server-core.ts";
import type { Session } from "../../src/server/session.ts";
import { encodePacket, splitArguments, WireReader } from "../harness/wire-bytes.ts";
import { SERVER_OPTIONS } from "../reply-line/late-server.ts";
import { TakingWire } from "./taking-wire.ts";

const RUNS = 60;
const KIB = 1024;
const SESSIONS = 3;
const BODY_BYTES_MAX = 300 * KIB;

function coreOf(bufferBytesMax: number): ServerCore {
  return new ServerCore(
    { ...SERVER_OPTIONS, bufferBytesMax, bodyBytesMax: BODY_BYTES_MAX },
    { handlePrefix: "H:test", firstSerial: 1, store: undefined, commitMsMax: 1000, onShutdown: () => {} },
  );
}

/** The end of the turn has come. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
}

const packet = fc.oneof(
  fc.constantFrom(100, 5 * KIB, 80 * KIB, 200 * KIB).map((bytes) => encodePacket("ECHO_REQ", [Buffer.alloc(bytes)])),
  fc.constantFrom(10, 100 * KIB).map((bytes) => encodePacket("SUBMIT_JOB", ["f", "", Buffer.alloc(bytes)])),
  fc.constantFrom("CAN_DO", "GRAB_JOB", "PRE_SLEEP").map((name) => encodePacket(name, name === "CAN_DO" ? ["f"] : [])),
);
const step = fc.record({
  which: fc.nat(SESSIONS - 1),
  kind: fc.constantFrom("bytes", "bytes", "bytes", "bytes", "drain", "turn", "finish", "close") as fc.Arbitrary<
    "bytes" | "drain" | "turn" | "finish" | "close"
  >,
  /** How much of what is left of a connection's stream comes at once. */
  share: fc.double({ min: 0, max: 1, noNaN: true }),
  roomBytes: fc.constantFrom(0, 100, 50 * KIB, 1024 * KIB),
});
const streams = fc.array(fc.array(packet, { maxLength: 20 }), { minLength: SESSIONS, maxLength: SESSIONS });

interface Line {
  readonly wire: TakingWire;
  readonly session: Session;
  left: Buffer;
}

function doStep(line: Line, one: { readonly kind: string; readonly share: number; readonly roomBytes: number }): void {
  if (one.kind === "bytes") {
    const count = Math.ceil(line.left.length * one.share);
    if (count > 0) line.session.received(Buffer.from(line.left.subarray(0, count)));
    line.left = line.left.subarray(count);
  } else if (one.kind === "drain") {
    line.wire.roomBytes = one.roomBytes;
    line.session.drained();
  } else if (one.kind === "finish") line.session.finished();
  else if (one.kind === "close") line.session.closed();
}

describe("the buffer memory", () => {
  test("is all given back when the connections are closed, whatever happened on them", async () => {
    await fc.assert(
      fc.asyncProperty(
        streams,
        fc.array(step, { maxLength: 60 }),
        fc.constantFrom(400, 4096),
        async (bytes, steps, kib) => {
          const core = coreOf(kib * KIB);
          const lines = bytes.map((packets): Line => {
            const wire = new TakingWire();
            wire.roomBytes = 0;
            return { wire, session: core.accept(wire), left: Buffer.concat(packets) };
          });
          for (const one of steps) {
            const line = lines[one.which];
            if (line === undefined || line.session.isClosed) continue;
            if (one.kind === "turn") await turn();
            else doStep(line, one);
            expect(core.budget.usedBytes).toBeGreaterThanOrEqual(0);
          }
          for (const { session } of lines) session.closed();
          await turn();
          expect([core.budget.usedBytes, core.held.size, core.sessionCount]).toEqual([0, 0, 0]);
          expect(core.table.counts()).toMatchObject({ jobs: 0, watchers: 0, credits: 0 });
          core.close();
        },
      ),
      { numRuns: RUNS },
    );
  });
});

describe("a connection that is given up", () => {
  test("gets nothing more behind half a packet", async () => {
    const core = coreOf(64 * 1024 * KIB);
    const [slow, other] = [new TakingWire(), new TakingWire()];
    slow.roomBytes = 100;
    const watcher = core.accept(slow);
    const worker = core.accept(other);
    watcher.received(encodePacket("SUBMIT_JOB", ["f", "", ""]));
    worker.received(encodePacket("CAN_DO", ["f"]));
    worker.received(Buffer.concat(Array(2).fill(encodePacket("GRAB_JOB", []))));
    core.accept(new TakingWire()).received(encodePacket("SUBMIT_JOB", ["f", "", ""]));
    await turn();
    const reader = new WireReader();
    reader.add(other.written);
    const assigned = reader.take();
    const [handle = ""] = assigned?.kind === "packet" ? splitArguments(assigned) : [];
    expect(worker.connection.held.length).toBe(2);
    const data = encodePacket("WORK_DATA", [handle, Buffer.alloc(BODY_BYTES_MAX - 100, 7)]);
    const count = Math.ceil(outHardBytes(BODY_BYTES_MAX) / data.length) + 2;
    for (let one = 0; one < count; one += 1) {
      worker.received(Buffer.from(data));
      slow.roomBytes += one === 1 ? 1000 : 0;
      if (one === 1) watcher.drained();
    }
    const takenBytes = slow.written.length;
    slow.roomBytes = Number.POSITIVE_INFINITY;
    watcher.drained();
    worker.received(Buffer.from(data));
    watcher.drained();
    expect(slow.written.length).toBe(takenBytes);
    await turn();
    expect([watcher.isClosed, slow.written.length]).toEqual([true, takenBytes]);
    expect(takenBytes).toBeLessThan(LIMITS.outHighBytes);
    core.close();
  });
});
