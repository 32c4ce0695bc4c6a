/** A store that is late, fails and refuses as chance has it. */
import { GearError } from "../../src/base/errors.ts";
import type { Batch, JobStore, StoreAnswer } from "../../src/store/job-store.ts";
import { MemoryStore } from "../../src/store/memory-store.ts";
import { pause } from "../harness/until.ts";

/** How a store behaves; shares are from 0 to 1. */
export interface Whims {
  /** From 0 to below 1. */
  readonly random: () => number;
  /** Longest time of one commit, ms. */
  readonly lateMsMax: number;
  /** Of commits; half of the failed ones are applied all the same. */
  readonly failShare: number;
  /** Of adds. A job that was refused once stays refused. */
  readonly refuseShare: number;
}

/** Wraps a `MemoryStore`. */
export class WhimsicalStore implements JobStore {
  readonly kept = new MemoryStore();
  readonly #whims: Whims;
  readonly #refused = new Map<number, boolean>();
  /** Commits so far, failed ones too. */
  commitCount = 0;

  constructor(whims: Whims) {
    this.#whims = whims;
  }

  async commit(batch: Batch): Promise<readonly StoreAnswer[]> {
    const { random, lateMsMax, failShare } = this.#whims;
    this.commitCount++;
    await pause(random() * lateMsMax);
    const isFailing = random() < failShare;
    if (isFailing && random() < 0.5) throw new GearError("STORE_FAILED", "the disk of this test is full");
    const isRefused = batch.adds.map((job) => this.#isRefused(job.serial));
    await this.kept.commit({ ends: batch.ends, adds: batch.adds.filter((_, index) => isRefused[index] !== true) });
    if (isFailing) throw new GearError("STORE_FAILED", "the answer of this test's disk is lost");
    return isRefused.map((is) => (is ? { kind: "refused", reason: "whim" } : { kind: "added" }));
  }

  #isRefused(serial: number): boolean {
    const known = this.#refused.get(serial) ?? this.#whims.random() < this.#whims.refuseShare;
    this.#refused.set(serial, known);
    return known;
  }
}
