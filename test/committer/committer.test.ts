/** The road to the store: one batch in flight, in order, again after a failure, and answers in time. */
import { describe, expect, test } from "bun:test";
import { systemClock } from "../../src/base/clock.ts";
import { LIMITS } from "../../src/base/limits.ts";
import type { Refusal } from "../../src/job/effects.ts";
import { FunctionQueue } from "../../src/job/function-queue.ts";
import { Job } from "../../src/job/job.ts";
import { Committer } from "../../src/server/committer.ts";
import { until } from "../harness/until.ts";
import { ControlledStore } from "./controlled-store.ts";

const MIB = 1024 * 1024;
const NEVER_MS = 1_000_000;

function jobOf(serial: number, workload: Uint8Array = Buffer.from(`work ${serial}`)): Job {
  return new Job(serial, new FunctionQueue("f"), {
    functionName: "f",
    uniqueKey: "",
    workload,
    priority: 1,
    isBackground: true,
    isDurable: true,
    reducer: undefined,
    dueAtMs: 0,
  });
}

/** A committer on a store that waits, with what it answered. */
class Trial implements Disposable {
  readonly store = new ControlledStore({ isOpen: false });
  readonly answers: string[] = [];
  readonly failures: unknown[] = [];
  readonly committer: Committer;

  constructor(commitMsMax = NEVER_MS) {
    this.committer = new Committer({
      store: this.store,
      clock: systemClock,
      commitMsMax,
      answer: (job: Job, refusal: Refusal | undefined) => this.answers.push(`${job.serial} ${refusal ?? "added"}`),
      failed: (error) => this.failures.push(error),
    });
  }

  /** The serials of a batch that came to the store. */
  adds(index: number): number[] | undefined {
    return this.store.batches[index]?.adds.map((job) => job.serial);
  }

  async batchCount(count: number): Promise<void> {
    await until(() => this.store.batches.length === count, { what: `${count} batches have come` });
  }

  async answered(...answers: string[]): Promise<void> {
    await until(() => this.answers.length >= answers.length, { what: `the answers ${answers}` });
    expect(this.answers).toEqual(answers);
  }

  [Symbol.dispose](): void {
    this.committer.close();
  }
}

describe("Committer", () => {
  test("what arrives while a batch is in flight is the next batch, with ends before adds", async () => {
    using trial = new Trial();
    const { committer, store } = trial;
    committer.turn();
    expect(store.batches).toEqual([]);
    committer.add(jobOf(1));
    committer.turn();
    for (const serial of [2, 3]) committer.add(jobOf(serial));
    committer.forget(jobOf(9));
    committer.turn();
    expect(store.batches).toHaveLength(1);
    store.letGo();
    await trial.batchCount(2);
    expect([trial.adds(0), trial.adds(1), store.batches[1]?.ends]).toEqual([[1], [2, 3], [9]]);
    store.letGo();
    await trial.answered("1 added", "2 added", "3 added");
    expect(store.underWayMax).toBe(1);
  });

  test("a batch that fails is sent again before any later one, also when it had come through", async () => {
    using trial = new Trial();
    const { committer, store } = trial;
    committer.add(jobOf(1));
    committer.turn();
    committer.add(jobOf(2));
    committer.turn();
    store.fail(true);
    await trial.batchCount(2);
    store.fail();
    await trial.batchCount(3);
    expect([trial.adds(0), trial.adds(1), trial.adds(2)]).toEqual([[1], [1], [1]]);
    expect([trial.failures.length, trial.answers]).toEqual([2, []]);
    store.letGo();
    await trial.batchCount(4);
    store.letGo();
    await trial.answered("1 added", "2 added");
    expect([...store.kept.jobs.keys()]).toEqual([1, 2]);
  });

  test("each add of a batch has its own answer", async () => {
    using trial = new Trial();
    trial.store.refuses = (job) => job.serial === 2;
    for (const serial of [1, 2, 3]) trial.committer.add(jobOf(serial));
    trial.committer.turn();
    trial.store.letGo();
    await trial.answered("1 added", "2 storeFailed", "3 added");
  });

  test("an add in flight that is late is refused, and taken out of the store should it be in it", async () => {
    using trial = new Trial(30);
    trial.committer.add(jobOf(1));
    trial.committer.turn();
    await trial.answered("1 storeFailed");
    trial.store.letGo();
    await trial.batchCount(2);
    expect(trial.store.batches[1]).toEqual({ ends: [1], adds: [] });
    trial.store.letGo();
    await until(() => trial.store.kept.jobs.size === 0, { what: "the job is out of the store" });
    expect(trial.answers).toEqual(["1 storeFailed"]);
  });

  test("an add that waited for its turn too long is refused and never sent", async () => {
    using trial = new Trial(30);
    trial.committer.add(jobOf(1));
    trial.committer.turn();
    for (const serial of [2, 3]) trial.committer.add(jobOf(serial));
    await trial.answered("1 storeFailed", "2 storeFailed", "3 storeFailed");
    trial.store.letGo();
    await trial.batchCount(2);
    expect(trial.store.batches[1]).toEqual({ ends: [1], adds: [] });
  });

  test("beyond the bytes that may wait, the newest adds are refused at once", async () => {
    using trial = new Trial();
    const workload = Buffer.alloc(MIB);
    trial.committer.add(jobOf(0));
    trial.committer.turn();
    const count = LIMITS.waitingAddBytesMax / MIB;
    for (let serial = 1; serial <= count + 2; serial++) trial.committer.add(jobOf(serial, workload));
    expect(trial.answers).toEqual([]);
    trial.committer.turn();
    await trial.answered(`${count + 2} storeFailed`, `${count + 1} storeFailed`);
    trial.store.letGo();
    await trial.batchCount(2);
    expect(trial.adds(1)).toHaveLength(LIMITS.batchBytesMax / MIB);
  });

  test("a batch holds no more jobs than batchJobsMax", async () => {
    using trial = new Trial();
    for (let serial = 0; serial <= LIMITS.batchJobsMax; serial++) trial.committer.add(jobOf(serial));
    trial.committer.turn();
    trial.store.letGo();
    await trial.batchCount(2);
    expect([trial.adds(0)?.length, trial.adds(1)?.length]).toEqual([LIMITS.batchJobsMax, 1]);
  });

  test("once closed it neither sends nor answers", async () => {
    using trial = new Trial();
    trial.committer.add(jobOf(1));
    trial.committer.turn();
    trial.committer.add(jobOf(2));
    trial.committer.close();
    trial.store.letGo();
    await until(() => trial.store.kept.jobs.size === 1, { what: "the store has applied it" });
    trial.committer.turn();
    expect([trial.answers, trial.store.batches.length]).toEqual([[], 1]);
  });
});
