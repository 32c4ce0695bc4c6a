/** Where durable jobs outlive the server: the one interface of all stores. */

/** A job as a store keeps it: its own type, apart from the live one. */
export interface StoredJob {
  /** The number in its handle. */
  readonly serial: number;
  /** Bytes, one char each; as are unique key and reducer. */
  readonly functionName: string;
  /** Key of coalescing; "" for none. */
  readonly uniqueKey: string;
  readonly workload: Uint8Array;
  /** 0 high, 1 normal, 2 low. */
  readonly priority: number;
  readonly reducer: string | undefined;
  /** Not to run before, wall time in ms; 0 for at once. */
  readonly dueAtWallMs: number;
}

/** What is written at once. Ends are applied before adds. */
export interface Batch {
  /** Serials of jobs that are over; unknown ones are left alone. */
  readonly ends: readonly number[];
  readonly adds: readonly StoredJob[];
}

/** What a store answers about one add. */
export type StoreAnswer = { readonly kind: "added" } | { readonly kind: "refused"; readonly reason: string };

/**
 * Where durable jobs outlive the server.
 *
 * A rejected promise (GearError STORE_FAILED) leaves the outcome open: the same batch may be committed again, serials make it
 * idempotent. What a store can answer about one job is an answer, not a rejection.
 */
export interface JobStore {
  /** Applies `batch` in order, all or nothing, and resolves when it would survive what the store promises. One answer per add. */
  commit(batch: Batch): Promise<readonly StoreAnswer[]>;
}
