/** The heap of due times equals a sorted array. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { DueHeap } from "../../src/job/due-heap.ts";
import type { Job } from "../../src/job/job.ts";
import { sampleJob } from "./samples.ts";

/** Adds a job due then, or removes the one at that place among those in; few times, so that many are equal. */
const steps = fc.array(
  fc.oneof(
    { arbitrary: fc.record({ dueAtMs: fc.nat(12) }), weight: 3 },
    { arbitrary: fc.record({ removeAt: fc.nat(40) }), weight: 2 },
  ),
  { maxLength: 200, size: "max" },
);

function sorted(jobs: readonly Job[]): Job[] {
  return [...jobs].sort((one, other) => one.dueAtMs - other.dueAtMs || one.serial - other.serial);
}

describe("the heap of due times", () => {
  test("gives the soonest first and of those due together the oldest, whatever comes and goes", () => {
    const property = fc.property(steps, (played) => {
      const heap = new DueHeap();
      let inside: Job[] = [];
      for (const [serial, step] of played.entries()) {
        if ("dueAtMs" in step) {
          const job = sampleJob(serial);
          heap.add(job, step.dueAtMs);
          inside.push(job);
        } else {
          const job = inside[step.removeAt % (inside.length || 1)];
          if (job !== undefined) heap.remove(job);
          inside = inside.filter((each) => each !== job);
        }
        expect(heap.length).toBe(inside.length);
        expect(heap.first?.serial).toBe(sorted(inside)[0]?.serial);
      }
      for (const job of sorted(inside)) {
        expect(heap.first?.serial).toBe(job.serial);
        heap.remove(job);
      }
      expect(heap.length).toBe(0);
    });
    fc.assert(property, { numRuns: 300 });
  });

  test("leaves a job alone that is not in, and forgets the time of one that goes", () => {
    const heap = new DueHeap();
    const [inside, outside] = [sampleJob(1), sampleJob(2)];
    heap.add(inside, 5);
    heap.remove(outside);
    expect(heap.length).toBe(1);
    heap.remove(inside);
    heap.remove(inside);
    expect([heap.length, inside.dueIndex, inside.dueAtMs]).toEqual([0, -1, Number.POSITIVE_INFINITY]);
  });
});
