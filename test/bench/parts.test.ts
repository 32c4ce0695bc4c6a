/** The small parts of the bench: turns, time, chosen names, results of programs, growth of memory. */
import { describe, expect, test } from "bun:test";
import { chosen } from "../../bench/chosen.ts";
import { Deadline } from "../../bench/comparison/deadline.ts";
import { growthOf, type MemorySample, readSample } from "../../bench/memory/samples.ts";
import { readResult } from "../../bench/program-run.ts";
import { CountedJobs, timedCalls } from "../../bench/programs/timing.ts";
import { turnOf } from "../../bench/turn-of.ts";

test("every name is first in one of as many rounds as there are names", () => {
  const names = ["a", "b", "c"];
  expect([0, 1, 2, 3].map((round) => turnOf(names, round)[0])).toEqual(["a", "b", "c", "a"]);
  expect(turnOf([], 1)).toEqual([]);
});

test("a deadline has time for what ends before it", () => {
  let nowMs = 100;
  const deadline = new Deadline(1_000, () => nowMs);
  expect(deadline.hasTimeFor(1_000)).toBe(true);
  nowMs = 600;
  expect([500, 501].map((neededMs) => deadline.hasTimeFor(neededMs))).toEqual([true, false]);
});

test("a flag names what there is, and nothing else", () => {
  expect(chosen("b, a", ["a", "b"])).toEqual(["b", "a"]);
  expect(chosen(undefined, ["a", "b"])).toEqual(["a", "b"]);
  expect(() => chosen("c", ["a", "b"])).toThrow("there is no c; there are a, b");
});

describe("the output of a program", () => {
  test("is the result in its last line", () => {
    expect(readResult('a warning\n{"count":2,"seconds":1,"perSecond":2}\n')).toEqual({
      count: 2,
      seconds: 1,
      perSecond: 2,
    });
  });

  test("without a result is an error that shows it", () => {
    expect(() => readResult("stalled\n")).toThrow("no result: stalled");
    expect(() => readResult('{"count":2}\n')).toThrow("no result");
  });
});

describe("counted calls", () => {
  test("count those within the window, with their latencies", async () => {
    const result = await timedCalls(() => Promise.resolve(), 2, { warmMs: 0, measureMs: 5 });
    expect(result.count).toBeGreaterThan(0);
    expect(result.perSecond).toBe(result.count / 0.005);
    expect(result.medianUs ?? -1).toBeLessThanOrEqual(result.p99Us ?? -2);
  });

  test("pass a fault on", () => {
    const call = () => Promise.reject(new Error("no luck"));
    expect(timedCalls(call, 2, { warmMs: 0, measureMs: 5 })).rejects.toThrow("no luck");
  });

  test("of jobs end with the last job", async () => {
    const counted = new CountedJobs(3, { warmMs: 0, measureMs: 60_000 });
    await new Promise((resolve) => setTimeout(resolve, 1));
    for (let index = 0; index < 3; index += 1) counted.onJob();
    expect((await counted.result).count).toBe(3);
  });
});

describe("memory", () => {
  const samples = (bytesOf: (index: number) => number): readonly MemorySample[] =>
    Array.from({ length: 100 }, (_, index) => ({ over: index, residentBytes: bytesOf(index), heapBytes: 1 }));

  test("that grows in the warm-up alone is flat", () => {
    expect(
      growthOf(
        samples((index) => Math.min(index, 20) + 1),
        "residentBytes",
      ),
    ).toBe(1);
  });

  test("that grows with every job is not flat", () => {
    expect(
      growthOf(
        samples((index) => 100 + index),
        "residentBytes",
      ),
    ).toBeCloseTo(189.5 / 129.5);
  });

  test("of too few samples is an error", () => {
    expect(() => growthOf(samples(() => 1).slice(0, 9), "heapBytes")).toThrow("9 samples");
  });

  test("comes in lines", () => {
    expect(readSample('{"over":1,"residentBytes":2,"heapBytes":3}').residentBytes).toBe(2);
    expect(() => readSample("{}")).toThrow("no sample");
  });
});
