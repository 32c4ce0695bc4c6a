/** The memory of a process over many jobs, and whether it grows. */
import { spreadOf } from "../spread.ts";

/** Memory after a number of jobs. */
export interface MemorySample {
  /** Jobs that were over. */
  readonly over: number;
  readonly residentBytes: number;
  readonly heapBytes: number;
}

/** Part of the samples that is warm-up, and part that each of the two compared stretches has. */
const WARM_SHARE = 0.2;
const STRETCH_SHARE = 0.2;

/** The median of the last stretch to that of the first after the warm-up; 1 is flat. Throws for fewer than 10 samples. */
export function growthOf(samples: readonly MemorySample[], what: "residentBytes" | "heapBytes"): number {
  if (samples.length < 10) throw new Error(`${samples.length} samples are too few`);
  const length = Math.floor(samples.length * STRETCH_SHARE);
  const from = Math.floor(samples.length * WARM_SHARE);
  const median = (stretch: readonly MemorySample[]) => spreadOf(stretch.map((sample) => sample[what])).median;
  return median(samples.slice(-length)) / median(samples.slice(from, from + length));
}

/** A line of the program as a sample; throws when it is none. */
export function readSample(line: string): MemorySample {
  const value: unknown = JSON.parse(line);
  if (typeof value !== "object" || value === null || !("residentBytes" in value)) throw new Error(`no sample: ${line}`);
  return value as MemorySample;
}
