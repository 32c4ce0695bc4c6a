/** The workers of a load: each job does what it says, and is counted. */
import { GearError, Worker, type WorkerJob } from "../../src/index.ts";
import { uncounted } from "./balance.ts";
import { FUNCTION_NAME, resultOf, specOf, wordOf } from "./job-spec.ts";
import type { Tally } from "./tally.ts";

/** Jobs whose runs are remembered; a later job takes the place of an earlier one. */
const REMEMBERED = 2 ** 20;

/** How often each of the last jobs was begun. */
export class RunCounts {
  // Written once from end to end, so that its memory is there before memory is looked at.
  readonly #runs = new Uint8Array(REMEMBERED).fill(1).fill(0);
  readonly #tally: Tally;

  constructor(tally: Tally) {
    this.#tally = tally;
  }

  /** A worker begins a job. Those with a letter may lawfully be begun twice, and are not counted. */
  begun(id: string): void {
    this.#tally.counts.runs += 1;
    const index = Number(id) % REMEMBERED;
    if (!Number.isNaN(index)) this.#runs[index] = Math.min(255, (this.#runs[index] ?? 0) + 1);
  }

  /** Whether a job was begun since the last `sweep`. */
  has(id: string): boolean {
    return (this.#runs[Number(id) % REMEMBERED] ?? 0) > 0;
  }

  /** A job of this number is about to be submitted. */
  forget(id: string): void {
    this.#runs[Number(id) % REMEMBERED] = 0;
  }

  /** Counts what was begun more than once, and forgets all. */
  sweep(): void {
    for (let index = 0; index < REMEMBERED; index += 1) {
      const runs = this.#runs[index] ?? 0;
      if (runs < 2) continue;
      if (this.#tally.isCalm) this.#tally.fault("twice", `job ${index} was begun ${runs} times`);
      else this.#tally.counts.runAgain += 1;
    }
    this.#runs.fill(0);
  }
}

/** Resolves after `ms`, or when the signal aborts. */
function spend(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const over = (): void => {
      signal.removeEventListener("abort", over);
      uncounted.clearTimeout(timer);
      resolve();
    };
    const timer = uncounted.setTimeout(over, ms);
    signal.addEventListener("abort", over);
  });
}

function doJob(job: WorkerJob, runs: RunCounts): Uint8Array | Promise<Uint8Array> {
  const spec = specOf(job.workload);
  runs.begun(spec.id);
  const end = (): Uint8Array => {
    if (spec.end === "fail") throw new GearError("JOB_FAILED", "as it was told");
    if (spec.end === "throw") throw new Error(wordOf(spec, "exception"));
    return resultOf(spec);
  };
  if (spec.ms === 0 && spec.updates === 0) return end();
  const later = async (): Promise<Uint8Array> => {
    for (let update = 0; update < spec.updates; update += 1) {
      job.status(update, spec.updates);
      await job.data(wordOf(spec, update));
    }
    await spend(spec.ms, job.signal);
    return end();
  };
  return later();
}

/** What a worker of a load is made with. */
export interface LoadWorkerOptions {
  readonly servers: readonly string[];
  readonly concurrency: number;
  readonly tally: Tally;
  readonly runs: RunCounts;
}

/** Makes a worker; the caller runs it. */
export function loadWorker({ servers, concurrency, tally, runs }: LoadWorkerOptions): Worker {
  const worker = new Worker({
    servers,
    concurrency,
    drainMs: 2_000,
    abortMs: 2_000,
    onEvent: (event) => {
      if (event.kind === "disconnected" && event.error.code === "CONNECTION_LOST") tally.counts.disconnected += 1;
      if (event.kind === "failed" && event.error instanceof Error && /spoilt/.test(event.error.message)) {
        tally.fault("wrong", event.error.message);
      }
      if (event.kind === "disconnected" && event.error.code === "PROTOCOL_ERROR") {
        tally.fault("unexpected", `worker: ${event.error.message}`);
      }
    },
  });
  return worker.can(FUNCTION_NAME, (job) => doJob(job, runs));
}
