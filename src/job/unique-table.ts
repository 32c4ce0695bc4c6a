/** Which live job holds a unique: by function and key for coalescing, by key alone for GET_STATUS_UNIQUE. */
import type { FunctionQueue } from "./function-queue.ts";
import { isCoalescing, type Job } from "./job.ts";

/** One entry per key; a key that several functions use holds a small map of its own. */
export class UniqueTable {
  readonly #jobs = new Map<string, Job | Map<FunctionQueue, Job>>();
  size = 0;

  find(functionQueue: FunctionQueue, uniqueKey: string): Job | undefined {
    const entry = this.#jobs.get(uniqueKey);
    if (entry === undefined) return undefined;
    if (entry instanceof Map) return entry.get(functionQueue);
    return entry.functionQueue === functionQueue ? entry : undefined;
  }

  /** A job of any function with this key. */
  findAny(uniqueKey: string): Job | undefined {
    const entry = this.#jobs.get(uniqueKey);
    if (!(entry instanceof Map)) return entry;
    for (const job of entry.values()) return job;
    return undefined;
  }

  add(job: Job): void {
    if (!isCoalescing(job.uniqueKey)) return;
    this.size++;
    const entry = this.#jobs.get(job.uniqueKey);
    if (entry === undefined) this.#jobs.set(job.uniqueKey, job);
    else if (entry instanceof Map) entry.set(job.functionQueue, job);
    else {
      const jobs = new Map([
        [entry.functionQueue, entry],
        [job.functionQueue, job],
      ]);
      this.#jobs.set(job.uniqueKey, jobs);
    }
  }

  remove(job: Job): void {
    if (!isCoalescing(job.uniqueKey)) return;
    const entry = this.#jobs.get(job.uniqueKey);
    if (entry === job) this.#jobs.delete(job.uniqueKey);
    else if (entry instanceof Map && entry.delete(job.functionQueue)) {
      if (entry.size === 0) this.#jobs.delete(job.uniqueKey);
    } else return;
    this.size--;
  }
}
