/** Sizes and durations. */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { parseDuration, parseSize, showDuration, showSize } from "../../src/settings/units.ts";

test("a size that is shown is read as the same size", () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: 2 ** 45 }), (bytes) => parseSize(showSize(bytes)) === bytes));
});

test("a duration that is shown is read as the same duration", () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: 2 ** 40 }), (ms) => parseDuration(showDuration(ms)) === ms));
});

test.each([
  ["64MiB", 67_108_864],
  ["64M", 67_108_864],
  ["64mb", 64_000_000],
  ["1.5 GiB", 1_610_612_736],
  ["100", 100],
  ["", undefined],
  ["MiB", undefined],
  ["-1", undefined],
  ["1e9", undefined],
  ["64XiB", undefined],
])("the size %p is %p bytes", (text, bytes) => {
  expect(parseSize(text)).toBe(bytes);
});

test.each([
  ["60s", 60_000],
  ["500ms", 500],
  ["1.5s", 1_500],
  ["5m", 300_000],
  ["24h", 86_400_000],
  ["0", 0],
  ["60", undefined],
  ["s", undefined],
  ["-1s", undefined],
  ["1d", undefined],
])("the duration %p is %p ms", (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});
