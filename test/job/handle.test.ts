/** Handles as text and as bytes. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { LIMITS } from "../../src/base/limits.ts";
import { HandleFormat } from "../../src/job/handle.ts";

const format = new HandleFormat("H:host");
const BOUNDARIES = [
  0,
  1,
  9,
  10,
  99,
  100,
  99_999_999,
  100_000_000,
  100_000_001,
  999_999_999,
  4_294_967_296,
  2 ** 53 - 1,
];

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}

/** What is written at `at`, and that nothing around it is touched. */
function written(serial: number, at: number): string {
  const bytes = new Uint8Array(100).fill(0xff);
  const end = format.write(bytes, at, serial);
  expect(bytes.subarray(0, at).every((byte) => byte === 0xff)).toBe(true);
  expect(bytes.subarray(end).every((byte) => byte === 0xff)).toBe(true);
  return String.fromCharCode(...bytes.subarray(at, end));
}

/** The serial read from the middle of other bytes. */
function parsed(handle: string): number {
  return format.parse(bytesOf(`77${handle}77`), 2, 2 + handle.length);
}

describe("handles", () => {
  for (const serial of BOUNDARIES) {
    test(`write and read ${serial}`, () => {
      expect(format.text(serial)).toBe(`H:host:${serial}`);
      expect(written(serial, 3)).toBe(`H:host:${serial}`);
      expect(parsed(`H:host:${serial}`)).toBe(serial);
      expect(format.serialOf(`H:host:${serial}`)).toBe(serial);
    });
  }

  test("write and read any serial", () => {
    const property = fc.property(fc.maxSafeNat(), fc.nat(30), (serial, at) => {
      expect(written(serial, at)).toBe(`H:host:${serial}`);
      expect(parsed(`H:host:${serial}`)).toBe(serial);
    });
    fc.assert(property, { numRuns: 2_000 });
  });

  // biome-ignore format: a list
  const foreign = [
    "", "H", "H:host", "H:host:", "H:hos:1", "H:hosts:1", "h:host:1", "X:host:1", "H:host;1", "1",
    "H:host:00", "H:host:01", "H:host:0000000000000001", "H:host:-1", "H:host:+1", "H:host: 1", "H:host:1 ", "H:host:1a",
    "H:host:a1", "H:host:1:2", "H:host:1/2", "H:host:12345678:", "H:host:/00000000", "H:host:1\0", "H:host:1.0", "H:host:1e3",
    "H:host:9007199254740992", "H:host:9999999999999999", "H:host:10000000000000000", "H:host:12345678901234567",
  ];
  for (const handle of foreign) {
    test(`do not take ${JSON.stringify(handle)} for one of this server`, () => {
      expect(parsed(handle)).toBe(-1);
      expect(format.serialOf(handle)).toBe(-1);
    });
  }

  test("never read a serial from noise that would be written otherwise", () => {
    const noise = fc.string({ unit: fc.constantFrom(..."0129:H/a\0"), maxLength: 20 });
    const property = fc.property(noise, (tail) => {
      const serial = format.serialOf(`H:host:${tail}`);
      if (serial !== -1) expect(format.text(serial)).toBe(`H:host:${tail}`);
    });
    fc.assert(property, { numRuns: 5_000 });
  });

  test("take a prefix of 46 bytes, high ones too, and no longer one", () => {
    const longest = new HandleFormat("\u00e9".repeat(46));
    const handle = longest.text(2 ** 53 - 1);
    expect(handle).toHaveLength(LIMITS.handleBytesMax);
    expect(longest.serialOf(handle)).toBe(2 ** 53 - 1);
    expect(() => new HandleFormat("x".repeat(47))).toThrow("a handle fits its limit");
  });
});
