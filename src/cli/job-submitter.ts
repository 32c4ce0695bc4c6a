/** Submits jobs for `gearwright submit`: printed as they come, or held whole. */
import { GearError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import type { Client } from "../client/client.ts";
import type { BackgroundOptions, JobOptions, SubmittedJob, Update } from "../client/client-options.ts";
import { complainOf, type JobOutcome, statusOf } from "./job-outcome.ts";
import { writeOut } from "./output.ts";
import { ProgressBar } from "./progress-bar.ts";
import { sayOnError } from "./terminal.ts";

/** What every job of a command is to be. */
export interface JobWish {
  readonly name: string;
  readonly isBackground: boolean;
  /** Whether it is one of many lines, whose results are held whole. */
  readonly isLine: boolean;
  readonly options: JobOptions & BackgroundOptions;
  /** Only with `isBackground`. */
  readonly at: Date | undefined;
}

/** Submits jobs that differ in their workload alone. */
export class JobSubmitter {
  readonly #client: Client;
  readonly #wish: JobWish;

  constructor(client: Client, wish: JobWish) {
    this.#client = client;
    this.#wish = wish;
  }

  get isBackground(): boolean {
    return this.#wish.isBackground;
  }

  /** Prints a foreground job's result as it comes; returns the exit status. Rejects as `writeOut` does. */
  async stream(workload: Uint8Array): Promise<number> {
    const { name, options } = this.#wish;
    const bar = new ProgressBar();
    let job: SubmittedJob<Uint8Array> | undefined;
    try {
      job = await this.#client.submit(name, workload, options);
      await printUpdates(job, bar);
      const result = await job.result;
      bar.clear();
      await writeOut(result);
      return statusOf(undefined);
    } catch (error) {
      bar.clear();
      if (!(error instanceof GearError)) throw error;
      complainOf({ handle: job?.handle, server: job?.server, result: undefined, error });
      return statusOf(error);
    }
  }

  /** Holds the whole result; never rejects. Warnings go to standard error. */
  whole(workload: Uint8Array): Promise<JobOutcome> {
    return this.#wish.isBackground ? this.#background(workload) : this.#foreground(workload);
  }

  async #background(workload: Uint8Array): Promise<JobOutcome> {
    const { name, options, at } = this.#wish;
    const none = { server: undefined, result: undefined };
    try {
      const more = at === undefined ? options : { ...options, at };
      return { ...none, handle: await this.#client.submitBackground(name, workload, more), error: undefined };
    } catch (error) {
      return { ...none, handle: undefined, error };
    }
  }

  async #foreground(workload: Uint8Array): Promise<JobOutcome> {
    const parts = new Parts(this.#wish.isLine);
    let job: SubmittedJob<Uint8Array> | undefined;
    try {
      const onUpdate = (update: Update) => parts.take(update);
      job = await this.#client.submit(this.#wish.name, workload, { ...this.#wish.options, onUpdate });
      const result = parts.with(await job.result);
      return { handle: job.handle, server: job.server, result, error: undefined };
    } catch (error) {
      return { handle: job?.handle, server: job?.server, result: undefined, error };
    }
  }
}

/** Prints what a job's worker sends before the result; returns when there is no more. */
async function printUpdates(job: SubmittedJob<Uint8Array>, bar: ProgressBar): Promise<void> {
  let isPrinted = false;
  for await (const update of job.updates()) {
    if (update.kind === "status") {
      bar.draw(update.numerator, update.denominator);
      continue;
    }
    bar.clear();
    if (update.kind === "warning") warn(update.data);
    else if (update.kind === "data") {
      isPrinted ||= update.data.length > 0;
      await writeOut(update.data);
    } else if (isPrinted) {
      throw new GearError("CONNECTION_LOST", "the server was lost when a part of the result was printed already");
    }
  }
}

function warn(data: Uint8Array): void {
  sayOnError(data.at(-1) === 10 ? data : Buffer.concat([data, Buffer.from("\n")]));
}

/** The parts of a result. */
class Parts {
  readonly #isLine: boolean;
  #parts: Uint8Array[] = [];
  #byteCount = 0;

  constructor(isLine: boolean) {
    this.#isLine = isLine;
  }

  take(update: Update): void {
    if (update.kind === "warning") warn(update.data);
    if (update.kind === "resubmitted") {
      // What came before comes again.
      this.#parts = [];
      this.#byteCount = 0;
    }
    if (update.kind !== "data") return;
    this.#byteCount += update.data.length;
    // Beyond the limit nothing is kept, and `with` says so.
    if (this.#byteCount > LIMITS.bodyBytesMax) this.#parts = [];
    else this.#parts.push(update.data);
  }

  /** All of it; throws GearError QUEUE_FULL when it is too much. */
  with(last: Uint8Array): Uint8Array {
    if (this.#byteCount + last.length > LIMITS.bodyBytesMax) {
      const fix = this.#isLine ? "submit this line alone, without --split-lines and --json" : "leave --json out";
      throw new GearError("QUEUE_FULL", `the result is over 64 MiB; ${fix}, and it is printed as it comes`);
    }
    return this.#parts.length === 0 ? last : Buffer.concat([...this.#parts, last]);
  }
}
