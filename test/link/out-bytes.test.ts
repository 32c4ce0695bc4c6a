/** Packets to be sent lie in memory exactly as the encoder of the tests writes them, and stay so. */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { OutBytes } from "../../src/link/out-bytes.ts";
import { PACKETS } from "../../src/protocol/packets.ts";
import { encodePacket } from "../harness/wire-bytes.ts";

const SLAB_BYTES = 32 * 1024;

// Around the loop's limit, around what is left of a slab, and above a slab.
const lengths = fc.oneof(
  fc.integer({ min: 0, max: 60 }),
  fc.integer({ min: SLAB_BYTES - 60, max: SLAB_BYTES + 20 }),
  fc.integer({ min: 0, max: 3 * SLAB_BYTES }),
);
const packet = fc.record({
  name: fc.constantFrom("SUBMIT_JOB", "SUBMIT_JOB_LOW_BG"),
  functionName: fc.oneof(fc.constant("resize"), fc.string({ unit: "binary-ascii", maxLength: 100 })),
  high: fc.integer({ min: 128, max: 255 }),
  unique: fc.nat(70),
  data: lengths,
});
const steps = fc.array(fc.oneof({ weight: 4, arbitrary: packet }, { weight: 1, arbitrary: fc.constant("take") }), {
  maxLength: 30,
});

test("any play of adds and takes gives the bytes of the packets, and what was taken never changes", () => {
  fc.assert(
    fc.property(steps, fc.nat(255), (play, fill) => {
      const out = new OutBytes();
      const wanted: Buffer[] = [];
      const taken: Buffer[] = [];
      const copies: Buffer[] = [];
      let waiting = 0;
      for (const [index, one] of play.entries()) {
        if (typeof one === "string") {
          for (const piece of out.take()) {
            taken.push(piece);
            copies.push(Buffer.from(piece));
          }
          waiting = 0;
        } else {
          const functionName = `${one.functionName.replaceAll("\0", "0")}${String.fromCharCode(one.high)}`;
          const unique = "u".repeat(one.unique);
          const data = Buffer.alloc(one.data, (fill + index) % 256);
          out.add(PACKETS[one.name as "SUBMIT_JOB"].type, `${functionName}\0${unique}\0`, data);
          const bytes = encodePacket(one.name, [functionName, unique, data]);
          wanted.push(bytes);
          waiting += bytes.length;
          data.fill(fill);
        }
        if (out.length !== waiting) return false;
      }
      for (const piece of out.take()) {
        taken.push(piece);
        copies.push(Buffer.from(piece));
      }
      return Buffer.concat(taken).equals(Buffer.concat(wanted)) && Buffer.concat(copies).equals(Buffer.concat(wanted));
    }),
    { numRuns: 300 },
  );
});

test("nothing is taken where nothing was added", () => {
  const out = new OutBytes();
  expect(out.take()).toEqual([]);
  out.add(PACKETS.ECHO_REQ.type, "", new Uint8Array(0));
  expect(out.take().length).toBe(1);
  expect(out.take()).toEqual([]);
  expect(out.length).toBe(0);
});

test("small packets of one turn are one piece", () => {
  const out = new OutBytes();
  for (let index = 0; index < 100; index++) out.add(PACKETS.SUBMIT_JOB.type, "resize\0\0", Buffer.from("x"));
  expect(out.take().length).toBe(1);
});
