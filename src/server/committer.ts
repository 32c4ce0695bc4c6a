/**
 * Brings durable jobs into the store: one batch in flight, whatever arrives meanwhile is the next.
 *
 * Batches reach the store in order, and none overtakes a failed one, which is sent again. An add that is not answered in time is
 * refused; should it turn out to be in the store, it is taken out again and never runs.
 */
import type { Clock } from "../base/clock.ts";
import { LIMITS } from "../base/limits.ts";
import type { Refusal } from "../job/effects.ts";
import type { Job } from "../job/job.ts";
import type { Batch, JobStore, StoreAnswer, StoredJob } from "../store/job-store.ts";

/** First and longest pause before a failed batch is sent again, ms. */
const RETRY_MS_MIN = 100;
const RETRY_MS_MAX = 5_000;

interface Add {
  readonly job: Job;
  readonly stored: StoredJob;
  readonly sinceMs: number;
  /** The table has its answer. */
  isAnswered: boolean;
}

/** What a committer works with. */
export interface CommitterOptions {
  readonly store: JobStore;
  readonly clock: Clock;
  /** How long an add may wait, ms; LIMITS.commitMsMax unless a test is in a hurry. */
  readonly commitMsMax: number;
  /** Tells the table; never called from within `add` or `forget`. */
  readonly answer: (job: Job, refusal: Refusal | undefined) => void;
  /** A batch has failed; it is sent again by itself. */
  readonly failed: (error: unknown) => void;
}

/** The one way to the store. */
export class Committer {
  readonly #options: CommitterOptions;
  #adds: Add[] = [];
  #ends: number[] = [];
  #addBytes = 0;
  #inFlight: Add[] | undefined = undefined;
  #timer: ReturnType<typeof setTimeout> | undefined = undefined;
  #isClosed = false;

  constructor(options: CommitterOptions) {
    this.#options = options;
  }

  /** The job goes into the next batch. `dueAtMs` of the job is on the monotonic clock, the record's on the wall. */
  add(job: Job): void {
    const { clock } = this.#options;
    const waitMs = job.dueAtMs - clock.nowMs();
    const stored: StoredJob = {
      serial: job.serial,
      functionName: job.functionQueue.name,
      uniqueKey: job.uniqueKey,
      workload: job.workload,
      priority: job.priority,
      reducer: job.reducer,
      dueAtWallMs: waitMs > 0 && Number.isFinite(waitMs) ? clock.wallMs() + waitMs : 0,
    };
    this.#adds.push({ job, stored, sinceMs: clock.nowMs(), isAnswered: false });
    this.#addBytes += job.workload.length;
  }

  /** The job leaves the store with the next batch. */
  forget(job: Job): void {
    this.#ends.push(job.serial);
  }

  /** Sends the next batch if none is in flight; to be called at the end of every turn. */
  turn(): void {
    if (this.#isClosed) return;
    this.#refuseOverflow();
    if (this.#inFlight === undefined && (this.#adds.length > 0 || this.#ends.length > 0)) void this.#send();
    this.#watchTime();
  }

  /** Sends nothing more. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  #refuseOverflow(): void {
    while (this.#addBytes > LIMITS.waitingAddBytesMax) {
      const add = this.#adds.pop();
      if (add === undefined) return;
      this.#addBytes -= add.stored.workload.length;
      this.#answer(add, "storeFailed");
    }
  }

  #answer(add: Add, refusal: Refusal | undefined): void {
    if (add.isAnswered) return;
    add.isAnswered = true;
    this.#options.answer(add.job, refusal);
  }

  /** Commits one batch, again and again until the store has answered. */
  async #send(): Promise<void> {
    const adds = this.#nextAdds();
    const batch: Batch = { ends: this.#ends.splice(0, LIMITS.batchJobsMax), adds: adds.map((add) => add.stored) };
    this.#inFlight = adds;
    const answers = await this.#commit(batch);
    if (this.#isClosed) return;
    for (const [index, add] of adds.entries()) this.#settle(add, answers[index]?.kind === "added");
    this.#inFlight = undefined;
    this.turn();
  }

  async #commit(batch: Batch): Promise<readonly StoreAnswer[]> {
    let retryMs = RETRY_MS_MIN;
    while (!this.#isClosed) {
      try {
        return await this.#options.store.commit(batch);
      } catch (error) {
        this.#options.failed(error);
        const pauseMs = retryMs;
        await new Promise((resolve) => setTimeout(resolve, pauseMs).unref());
        retryMs = Math.min(retryMs * 2, RETRY_MS_MAX);
      }
    }
    return [];
  }

  /** An add that was refused because it was late, but is in the store, is taken out again. */
  #settle(add: Add, isAdded: boolean): void {
    if (add.isAnswered && isAdded) this.#ends.push(add.stored.serial);
    this.#answer(add, isAdded ? undefined : "storeFailed");
  }

  #nextAdds(): Add[] {
    let bytes = 0;
    let count = 0;
    while (count < this.#adds.length && count < LIMITS.batchJobsMax && bytes < LIMITS.batchBytesMax) {
      bytes += this.#adds[count]?.stored.workload.length ?? 0;
      count++;
    }
    this.#addBytes -= bytes;
    return this.#adds.splice(0, count);
  }

  /** One timer for the oldest add that has no answer. */
  #watchTime(): void {
    if (this.#timer !== undefined) return;
    const oldest = this.#inFlight?.find((add) => !add.isAnswered) ?? this.#adds[0];
    if (oldest === undefined) return;
    const leftMs = oldest.sinceMs + this.#options.commitMsMax - this.#options.clock.nowMs();
    this.#timer = setTimeout(() => this.#refuseLate(), Math.max(1, leftMs));
    this.#timer.unref();
  }

  #refuseLate(): void {
    this.#timer = undefined;
    const lateMs = this.#options.clock.nowMs() - this.#options.commitMsMax;
    for (const add of this.#inFlight ?? []) if (add.sinceMs <= lateMs) this.#answer(add, "storeFailed");
    const inTime = this.#adds.findIndex((add) => add.sinceMs > lateMs);
    for (const add of this.#adds.splice(0, inTime < 0 ? this.#adds.length : inTime)) {
      this.#addBytes -= add.stored.workload.length;
      this.#answer(add, "storeFailed");
    }
    this.#watchTime();
  }
}
