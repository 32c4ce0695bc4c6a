/** Submits each line of standard input as a job of its own, many at once, and tells the results in the order of the lines. */
import { LIMITS } from "../base/limits.ts";
import { EXIT } from "./command-form.ts";
import { complainOf, type JobOutcome, outcomeJson, statusOf } from "./job-outcome.ts";
import { inputLines, writeOut } from "./output.ts";

/** How lines are submitted and told. */
export interface LinesOptions {
  /** Submits one job; never rejects. */
  readonly submit: (workload: Uint8Array) => Promise<JobOutcome>;
  readonly inFlightMax: number;
  readonly isJson: boolean;
}

const NEWLINE = Buffer.from("\n");

/**
 * Runs to the end of standard input; returns the exit status of the first line that failed, or 0.
 *
 * A failed job has an empty line in the place of its result, so that line N of the output belongs to line N of the input. When the
 * servers are lost it stops. Rejects with what `writeOut` or `inputLines` does.
 */
export async function submitLines(options: LinesOptions): Promise<number> {
  const lines = new LinesRun(options);
  try {
    return await lines.run();
  } finally {
    process.stdin.destroy();
  }
}

class LinesRun {
  readonly #options: LinesOptions;
  #status: number = EXIT.done;
  #lineNumber = 0;
  #openCount = 0;
  #openBytes = 0;
  #isStopped = false;
  #failure: unknown;
  #wake: () => void = () => {};
  /** The results that are told, one after another. */
  #telling: Promise<void> = Promise.resolve();

  constructor(options: LinesOptions) {
    this.#options = options;
  }

  async run(): Promise<number> {
    const reading = this.#read().catch((error: unknown) => this.#stop(error));
    // Standard input may stay open for long after the servers or the reader of the output have gone.
    await Promise.race([reading, new Promise<void>((resolve) => this.#onStop(resolve))]);
    await this.#telling;
    if (this.#failure !== undefined) throw this.#failure;
    return this.#status;
  }

  #stopped: () => void = () => {};

  #onStop(stopped: () => void): void {
    this.#stopped = stopped;
    if (this.#isStopped) stopped();
  }

  #stop(failure: unknown): void {
    this.#failure ??= failure;
    this.#isStopped = true;
    this.#wake();
    this.#stopped();
  }

  async #read(): Promise<void> {
    for await (const line of inputLines()) {
      while (!this.#isStopped && !this.#hasRoom(line.length)) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
      if (this.#isStopped) return;
      this.#lineNumber += 1;
      this.#openCount += 1;
      this.#openBytes += line.length;
      const outcome = this.#options.submit(line);
      const lineNumber = this.#lineNumber;
      this.#telling = this.#telling.then(async () => {
        const over = await outcome;
        if (!this.#isStopped) await this.#tell(over, lineNumber).catch((error: unknown) => this.#stop(error));
        this.#openCount -= 1;
        this.#openBytes -= line.length;
        this.#wake();
      });
    }
  }

  /** A line larger than the limit goes alone. */
  #hasRoom(byteCount: number): boolean {
    if (this.#openCount === 0) return true;
    return this.#openCount < this.#options.inFlightMax && this.#openBytes + byteCount <= LIMITS.bodyBytesMax;
  }

  async #tell(outcome: JobOutcome, lineNumber: number): Promise<void> {
    complainOf(outcome, `line ${lineNumber}: `);
    const status = statusOf(outcome.error);
    if (this.#status === EXIT.done) this.#status = status;
    const shown = this.#options.isJson ? Buffer.from(outcomeJson(outcome)) : (outcome.result ?? handleOf(outcome));
    await writeOut(Buffer.concat([shown, NEWLINE]));
    if (status === EXIT.noServer || status === EXIT.mistake) this.#stop(undefined);
  }
}

/** A background job has its handle for a result. */
function handleOf({ error, handle }: JobOutcome): Uint8Array {
  return Buffer.from(error === undefined ? (handle ?? "") : "");
}
