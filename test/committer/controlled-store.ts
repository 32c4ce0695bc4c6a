/** A store that answers when, and what, a test wants. */
import { GearError } from "../../src/base/errors.ts";
import type { Batch, JobStore, StoreAnswer, StoredJob } from "../../src/store/job-store.ts";
import { MemoryStore } from "../../src/store/memory-store.ts";

interface Call {
  readonly batch: Batch;
  readonly resolve: (answers: readonly StoreAnswer[]) => void;
  readonly reject: (error: unknown) => void;
}

/** Wraps a `MemoryStore`; every commit waits until it is let go, unless `isOpen`. */
export class ControlledStore implements JobStore {
  readonly kept = new MemoryStore();
  /** Every batch that came, also the same one again. */
  readonly batches: Batch[] = [];
  /** The most commits that were under way at once. */
  underWayMax = 0;
  /** Jobs that are answered `refused`. */
  refuses: (job: StoredJob) => boolean = () => false;
  readonly #calls: Call[] = [];
  #isOpen: boolean;

  constructor(options: { readonly isOpen: boolean }) {
    this.#isOpen = options.isOpen;
  }

  /** Commits that wait. */
  get waitingCount(): number {
    return this.#calls.length;
  }

  commit(batch: Batch): Promise<readonly StoreAnswer[]> {
    this.batches.push(batch);
    return new Promise((resolve, reject) => {
      this.#calls.push({ batch, resolve, reject });
      this.underWayMax = Math.max(this.underWayMax, this.#calls.length);
      if (this.#isOpen) this.letGo();
    });
  }

  /** Every commit is answered at once from now on, or waits. */
  setOpen(isOpen: boolean): void {
    this.#isOpen = isOpen;
    if (isOpen) while (this.#calls.length > 0) this.letGo();
  }

  /** Applies and answers the commit that waits longest. */
  letGo(): void {
    const call = this.#calls.shift();
    if (call === undefined) throw new Error("no commit waits");
    this.#apply(call.batch).then(call.resolve, call.reject);
  }

  /** Fails the commit that waits longest; with `isApplied` it is in the store all the same. */
  fail(isApplied = false): void {
    const call = this.#calls.shift();
    if (call === undefined) throw new Error("no commit waits");
    const error = new GearError("STORE_FAILED", "the disk of this test is full");
    if (isApplied) this.#apply(call.batch).then(() => call.reject(error), call.reject);
    else call.reject(error);
  }

  async #apply(batch: Batch): Promise<readonly StoreAnswer[]> {
    const isRefused = batch.adds.map((job) => this.refuses(job));
    await this.kept.commit({ ends: batch.ends, adds: batch.adds.filter((_, index) => isRefused[index] !== true) });
    return isRefused.map((is) => (is ? { kind: "refused", reason: "this test does not want it" } : { kind: "added" }));
  }
}
