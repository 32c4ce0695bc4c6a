/** The live jobs by serial, against a plain map. */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { FunctionQueue } from "../../src/job/function-queue.ts";
import { Job } from "../../src/job/job.ts";
import { JobMap } from "../../src/job/job-map.ts";
import { sampleSubmission } from "./samples.ts";

const FIRST_SERIAL = 7_300_000_000_000_000;

/** Adds (how many serials are skipped first) and deletes (which of the live ones). */
const plays = fc.array(fc.oneof(fc.record({ skip: fc.nat(200) }), fc.record({ drop: fc.nat() })), { maxLength: 400 });

test("holds what a plain map holds, in the order of the serials, whatever is added and deleted", () => {
  const queue = new FunctionQueue("f");
  fc.assert(
    fc.property(plays, (played) => {
      const map = new JobMap(FIRST_SERIAL);
      const plain = new Map<number, Job>();
      let serial = FIRST_SERIAL;
      for (const step of played) {
        if ("skip" in step) {
          serial += step.skip;
          const job = new Job(serial++, queue, sampleSubmission());
          map.add(job);
          plain.set(job.serial, job);
        } else {
          const job = [...plain.values()][step.drop % (plain.size || 1)];
          if (job === undefined) continue;
          map.delete(job);
          plain.delete(job.serial);
        }
        expect(map.size).toBe(plain.size);
      }
      expect([...map.values()]).toEqual([...plain.values()]);
      for (let asked = FIRST_SERIAL - 70; asked < serial + 70; asked++) expect(map.get(asked)).toBe(plain.get(asked));
    }),
    { numRuns: 60 },
  );
});

test("serials that were never given are unknown", () => {
  const map = new JobMap(FIRST_SERIAL);
  for (const serial of [-1, 0, FIRST_SERIAL - 1, FIRST_SERIAL, Number.MAX_SAFE_INTEGER]) {
    expect(map.get(serial)).toBeUndefined();
  }
});
