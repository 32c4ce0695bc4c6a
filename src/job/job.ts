/** What a job is, live in the table: small, mutable, and linked into the list it waits or runs in. */
import type { Connection } from "./connection.ts";
import type { FunctionQueue } from "./function-queue.ts";
import type { JobState } from "./states.ts";

/** 0 high, 1 normal, 2 low. */
export type Priority = 0 | 1 | 2;

/** All priorities, first served first. */
export const PRIORITIES: readonly Priority[] = [0, 1, 2];

/**
 * What a client submits.
 *
 * Function, unique and reducer are bytes as strings of one char per byte.
 */
export interface Submission {
  readonly functionName: string;
  /** Key of coalescing within the function: the unique, `workloadKey(digest)` for unique `-`, or "" for none. */
  readonly uniqueKey: string;
  /** Exactly the job's own memory: it is kept without a copy, and never changes again. */
  readonly workload: Uint8Array;
  readonly priority: Priority;
  readonly isBackground: boolean;
  /** The job must be in the store before it is acknowledged; background jobs only. */
  readonly isDurable: boolean;
  /** Reducer of a reduce job, undefined for others. */
  readonly reducer: string | undefined;
  /** Not to be assigned before, ms on the table's clock; 0 means at once. */
  readonly dueAtMs: number;
}

/** First char of the key of a job with unique `-`; no byte has it, so such keys never meet a literal unique. */
const WORKLOAD_KEY = "\u0100";

/** The key under which jobs of unique `-` and equal workload coalesce; an empty `digest` never coalesces. */
export function workloadKey(digest: string): string {
  return WORKLOAD_KEY + digest;
}

/** Whether jobs of this key coalesce at all. */
export function isCoalescing(uniqueKey: string): boolean {
  return uniqueKey !== "" && uniqueKey !== WORKLOAD_KEY;
}

/** Who waits for the store's answer about a job. */
export interface Waiter {
  readonly connection: Connection;
  /** Names the submit on its connection; given back with the answer. */
  readonly ticket: number;
  readonly isBackground: boolean;
}

/** One live job. Fields are written by the job table alone. */
export class Job {
  /** The number in its handle; never repeats. */
  readonly serial: number;
  readonly functionQueue: FunctionQueue;
  readonly uniqueKey: string;
  readonly workload: Uint8Array;
  readonly priority: Priority;
  readonly reducer: string | undefined;
  state: JobState = "pending";
  /** A background submit holds a reference of its own: the job lives without watchers. */
  isBackground: boolean;
  /** The store has it. */
  isStored = false;
  /** Submits that wait for the store's answer; undefined when none is awaited. */
  waiters: Waiter[] | undefined = undefined;
  /** Clients that get its packets; one that joined twice stands twice, as in gearmand. */
  watchers: Connection[] | undefined = undefined;
  /** The worker that holds it while it runs. */
  worker: Connection | undefined = undefined;
  numerator = 0;
  denominator = 0;
  /** How often it was taken back from a worker. */
  retryCount = 0;
  /** When it is due (scheduled) or its attempt times out (running), ms; Infinity for never. */
  dueAtMs = Number.POSITIVE_INFINITY;
  /** Its place in the heap of due times, -1 for none. */
  dueIndex = -1;
  previous: Job | undefined = undefined;
  next: Job | undefined = undefined;

  constructor(serial: number, functionQueue: FunctionQueue, submission: Submission) {
    this.serial = serial;
    this.functionQueue = functionQueue;
    this.uniqueKey = submission.uniqueKey;
    this.workload = submission.workload;
    this.priority = submission.priority;
    this.reducer = submission.reducer;
    this.isBackground = submission.isBackground;
  }

  /** The unique as it was submitted. */
  get unique(): string {
    return this.uniqueKey.startsWith(WORKLOAD_KEY) ? "-" : this.uniqueKey;
  }

  /** Whether anybody still wants it. */
  get isWanted(): boolean {
    return this.isBackground || (this.watchers !== undefined && this.watchers.length > 0);
  }
}
