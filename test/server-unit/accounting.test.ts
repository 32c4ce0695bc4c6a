/** What sessions take of the buffer memory, they give back: a core without sockets, played at random. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { encodePacket } from "../harness/wire-bytes.ts";
import { coreOf, Line, turn } from "./core.ts";

const RUNS = 200;
const KIB = 1024;
const SESSIONS = 3;
const BODY_BYTES_MAX = 300 * KIB;

const packet = fc.oneof(
  fc.constantFrom(100, 5 * KIB, 80 * KIB, 200 * KIB).map((bytes) => encodePacket("ECHO_REQ", [Buffer.alloc(bytes)])),
  fc.constantFrom(10, 100 * KIB).map((bytes) => encodePacket("SUBMIT_JOB", ["f", "", Buffer.alloc(bytes)])),
  fc.constantFrom("CAN_DO", "GRAB_JOB", "PRE_SLEEP").map((name) => encodePacket(name, name === "CAN_DO" ? ["f"] : [])),
);
const KINDS = ["bytes", "drain", "turn", "finish", "close"] as const;
const step = fc.record({
  which: fc.nat(SESSIONS - 1),
  kind: fc.oneof(...KINDS.map((kind, rank) => ({ arbitrary: fc.constant(kind), weight: [16, 8, 8, 1, 1][rank] ?? 1 }))),
  /** How much of what is left of a connection's stream comes at once. */
  share: fc.constantFrom(0.01, 0.1, 0.3, 0.6, 1),
  roomBytes: fc.constantFrom(0, 100, 50 * KIB, 1024 * KIB),
});
const streams = fc.array(fc.array(packet, { minLength: 5, maxLength: 20 }), {
  minLength: SESSIONS,
  maxLength: SESSIONS,
});

interface Stream {
  readonly line: Line;
  left: Buffer;
}

function doStep(
  stream: Stream,
  one: { readonly kind: string; readonly share: number; readonly roomBytes: number },
): void {
  const { session, wire } = stream.line;
  if (one.kind === "bytes") {
    const count = Math.ceil(stream.left.length * one.share);
    if (count > 0) session.received(Buffer.from(stream.left.subarray(0, count)));
    stream.left = stream.left.subarray(count);
  } else if (one.kind === "drain") {
    wire.roomBytes = one.roomBytes;
    session.drained();
  } else if (one.kind === "finish") session.finished();
  else if (one.kind === "close") session.closed();
}

describe("the buffer memory", () => {
  test("is all given back when the connections are closed, whatever happened on them", async () => {
    await fc.assert(
      fc.asyncProperty(
        streams,
        fc.array(step, { maxLength: 60, size: "max" }),
        fc.constantFrom(400, 4096),
        async (bytes, steps, kib) => {
          const core = coreOf({ bufferBytesMax: kib * KIB, bodyBytesMax: BODY_BYTES_MAX });
          const lines = bytes.map((packets): Stream => {
            const line = new Line(core);
            line.wire.roomBytes = 0;
            return { line, left: Buffer.concat(packets) };
          });
          for (const one of steps) {
            const stream = lines[one.which];
            if (stream === undefined || stream.line.session.isClosed) continue;
            if (one.kind === "turn") await turn();
            else doStep(stream, one);
            expect(core.budget.usedBytes).toBeGreaterThanOrEqual(0);
          }
          for (const { line } of lines) line.session.closed();
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
