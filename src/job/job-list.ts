/** A doubly linked list of jobs, linked through the jobs themselves: every step costs the same at any length. */
import type { Job } from "./job.ts";

/** First in, first out, with removal from the middle. A job stands in one list at a time. */
export class JobList {
  head: Job | undefined = undefined;
  #tail: Job | undefined = undefined;
  length = 0;

  push(job: Job): void {
    job.previous = this.#tail;
    job.next = undefined;
    if (this.#tail === undefined) this.head = job;
    else this.#tail.next = job;
    this.#tail = job;
    this.length++;
  }

  remove(job: Job): void {
    const { previous, next } = job;
    if (previous === undefined) this.head = next;
    else previous.next = next;
    if (next === undefined) this.#tail = previous;
    else next.previous = previous;
    job.previous = undefined;
    job.next = undefined;
    this.length--;
  }

  *[Symbol.iterator](): Generator<Job> {
    for (let job = this.head; job !== undefined; job = job.next) yield job;
  }
}
