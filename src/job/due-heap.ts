/** A binary heap of jobs by due time: scheduled jobs and attempts with a timeout wait here. */
import type { Job } from "./job.ts";

/** Soonest first, and of those due together the oldest; each job knows its place, so that it can leave from anywhere. */
export class DueHeap {
  readonly #jobs: Job[] = [];

  get length(): number {
    return this.#jobs.length;
  }

  /** The job that is due first. */
  get first(): Job | undefined {
    return this.#jobs[0];
  }

  add(job: Job, dueAtMs: number): void {
    job.dueAtMs = dueAtMs;
    this.#jobs.push(job);
    this.#rise(job, this.#jobs.length - 1);
  }

  /** Takes a job out; one that is not in is left alone. */
  remove(job: Job): void {
    const index = job.dueIndex;
    if (index < 0) return;
    job.dueIndex = -1;
    job.dueAtMs = Number.POSITIVE_INFINITY;
    const last = this.#jobs.pop();
    if (last === undefined || last === job) return;
    this.#rise(last, index);
    this.#sink(last, last.dueIndex);
  }

  #rise(job: Job, from: number): void {
    let index = from;
    while (index > 0) {
      const parent = this.#jobs[(index - 1) >> 1];
      if (parent === undefined || !isBefore(job, parent)) break;
      this.#put(parent, index);
      index = (index - 1) >> 1;
    }
    this.#put(job, index);
  }

  #sink(job: Job, from: number): void {
    let index = from;
    for (;;) {
      const left = this.#jobs[2 * index + 1];
      const right = this.#jobs[2 * index + 2];
      if (left === undefined) break;
      const child = right !== undefined && isBefore(right, left) ? right : left;
      if (!isBefore(child, job)) break;
      const place = child.dueIndex;
      this.#put(child, index);
      index = place;
    }
    this.#put(job, index);
  }

  #put(job: Job, index: number): void {
    this.#jobs[index] = job;
    job.dueIndex = index;
  }
}

function isBefore(job: Job, other: Job): boolean {
  return job.dueAtMs < other.dueAtMs || (job.dueAtMs === other.dueAtMs && job.serial < other.serial);
}
