/** What the job table wants done: it calls these as things happen, and the server does them. */
import type { ByteRange } from "../base/byte-range.ts";
import type { Connection } from "./connection.ts";
import type { Job, Waiter } from "./job.ts";

/** What a worker says of a job that its watchers hear, too. */
export type ReportKind = "data" | "warning" | "complete" | "fail" | "exception";

/** Why a submit was refused. */
export type Refusal = "queueFull" | "memoryFull" | "functionsMax" | "storeFailed";

/** The sink of the table's effects. It must not call the table back: that breaks an invariant and ends the process. */
export interface JobEffects {
  /** NOOP to a sleeping worker. */
  wake(connection: Connection): void;
  /** The submit that waited for the store is answered with this job's handle. */
  create(waiter: Waiter, job: Job): void;
  /** The submit that waited for the store is refused. */
  refuse(waiter: Waiter, refusal: Refusal): void;
  /** A watcher hears what the worker said; `data` is valid only during the call, and empty for a fail. */
  forward(watcher: Connection, job: Job, kind: ReportKind, data: ByteRange): void;
  /** A watcher hears of progress, in the worker's own words. */
  forwardStatus(watcher: Connection, job: Job, numerator: string, denominator: string): void;
  /** The worker that holds the job has not said the last word and will not: it is queued again, or ends. */
  lose(job: Job): void;
  /** The job must come into the store; the server answers with `JobTable.answer`. */
  store(job: Job): void;
  /** The job is over and must leave the store; only for jobs whose `store` was answered with added. */
  forget(job: Job): void;
}
