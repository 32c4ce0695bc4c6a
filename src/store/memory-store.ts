/** A store that keeps its jobs in memory: nothing survives the process, and every answer comes at once. */
import type { Batch, JobStore, StoreAnswer, StoredJob } from "./job-store.ts";

/** For tests of what stands on a store; a server with `--store memory` keeps its jobs in the table alone. */
export class MemoryStore implements JobStore {
  readonly jobs = new Map<number, StoredJob>();

  async commit(batch: Batch): Promise<readonly StoreAnswer[]> {
    for (const serial of batch.ends) this.jobs.delete(serial);
    for (const job of batch.adds) this.jobs.set(job.serial, job);
    return batch.adds.map(() => ({ kind: "added" }));
  }
}
