/** Bytes go out whole and in order, whatever the socket takes and however they were put down. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { BLOCK_BYTES, giveBlock, takeBlock } from "../../src/server/block-pool.ts";
import { OutBuffer } from "../../src/server/out-buffer.ts";
import { TakingWire } from "./taking-wire.ts";

const RUNS = 500;

const count = fc.oneof(fc.nat(40), fc.constantFrom(0, 1, 8191, 8192, BLOCK_BYTES - 1, BLOCK_BYTES, BLOCK_BYTES + 1));
const step = fc.oneof(
  fc.record({ kind: fc.constant("append" as const), count, isConstant: fc.boolean() }),
  fc.record({ kind: fc.constant("reserve" as const), count: fc.integer({ min: 1, max: 300 }) }),
  fc.record({ kind: fc.constant("appendAll" as const), count, isConstant: fc.boolean() }),
  fc.record({ kind: fc.constant("flush" as const), count, isHolding: fc.boolean() }),
  fc.constant({ kind: "settle" as const, count: 0 }),
);

/** Bytes that differ from call to call. */
function* fills(): Generator<number> {
  for (let fill = 1; ; fill = (fill % 255) + 1) yield fill;
}

describe("OutBuffer", () => {
  test("what was put down comes out in order, and length is what is left", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60, size: "max" }), (steps) => {
        const [out, wire, fill] = [new OutBuffer(), new TakingWire(), fills()];
        const expected: Buffer[] = [];
        let length = 0;
        const put = (bytes: Buffer) => {
          expected.push(Buffer.from(bytes));
          length += bytes.length;
        };
        for (const { kind, count: bytes, ...rest } of steps) {
          if (kind === "append" || kind === "appendAll") {
            const target = kind === "append" ? out : new OutBuffer(256);
            const piece = Buffer.alloc(bytes, fill.next().value);
            const isConstant = "isConstant" in rest && rest.isConstant;
            target.append(piece, isConstant);
            put(piece);
            if (!isConstant) piece.fill(0);
            if (target !== out) out.appendAll(target);
          } else if (kind === "reserve") {
            out.reserve(bytes);
            out.block.fill(fill.next().value, out.end, out.end + bytes);
            put(out.block.subarray(out.end, out.end + bytes));
            out.wrote(out.end + bytes);
          } else if (kind === "flush") {
            if (wire.isHolding) wire.settle();
            wire.isHolding = "isHolding" in rest && rest.isHolding;
            wire.roomBytes = bytes;
            const isAllOut = out.flush(wire);
            length -= bytes - wire.roomBytes;
            expect(isAllOut).toBe(length === 0);
          } else wire.settle();
          expect(out.length).toBe(length);
        }
        wire.settle();
        wire.isHolding = false;
        wire.roomBytes = Number.POSITIVE_INFINITY;
        expect(out.flush(wire)).toBe(true);
        expect(wire.written.equals(Buffer.concat(expected))).toBe(true);
      }),
      { numRuns: RUNS },
    );
  });

  test("an empty one holds no block, and clear forgets everything", () => {
    const [out, wire] = [new OutBuffer(), new TakingWire()];
    out.append(Buffer.from("abc"), false);
    expect(out.flush(wire)).toBe(true);
    expect(out.block.length).toBe(0);
    out.append(Buffer.alloc(10_000), true);
    out.append(Buffer.from("abc"), false);
    out.clear();
    expect([out.length, out.block.length]).toEqual([0, 0]);
    expect(out.flush(wire)).toBe(true);
    expect(wire.written.toString()).toBe("abc");
  });
});

describe("the pool of blocks", () => {
  test("a block that was given back is taken again, one of another size is not", () => {
    const block = takeBlock();
    giveBlock(block);
    expect(takeBlock()).toBe(block);
    const other = Buffer.alloc(10);
    giveBlock(other);
    expect(takeBlock()).not.toBe(other);
  });
});
