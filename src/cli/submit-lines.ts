/** Submits each line of standard input as a job of its own, many at once, and tells the results in the order of the lines. */
import { GearError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import { EXIT } from "./command-form.ts";
import { complainOf, type JobOutcome, outcomeJson, statusOf } from "./job-outcome.ts";
import { inputLines, writeOut } from "./output.ts";
import { complain } from "./terminal.ts";

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
 * A failed job has an empty line in the place of its result, so that line N of the output belongs to line N of the input, and the
 * others go on. Only when no server can be reached or the connection is lost nothing more is submitted: the lines in flight are
 * told, standard error says how far it came, and 3 is returned. Rejects with what `writeOut` or `inputLines` does.
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
  #lineCount = 0;
  #doneCount = 0;
  #openCount = 0;
  #openBytes = 0;
  #isStopped = false;
  /** Whether it was said why the servers are lost. */
  #isLossTold = false;
  #wake: () => void = () => {};
  /** Resolves when nothing more is to be submitted. */
  readonly #stopped = Promise.withResolvers<void>();
  /** The results that are told, one after another. */
  #telling: Promise<void> = Promise.resolve();
  /** Rejects when the output cannot be written. */
  readonly #failed = Promise.withResolvers<never>();

  constructor(options: LinesOptions) {
    this.#options = options;
  }

  async run(): Promise<number> {
    // Standard input may stay open for long after the servers or the reader of the output have gone.
    await Promise.race([this.#read(), this.#stopped.promise, this.#failed.promise]);
    await Promise.race([this.#telling, this.#failed.promise]);
    if (!this.#isStopped) return this.#status;
    const lines = this.#lineCount === 1 ? "1 line is" : `${this.#lineCount} lines are`;
    complain(`${this.#doneCount} of ${lines} done; from line ${this.#lineCount + 1} on nothing was submitted`);
    return EXIT.noServer;
  }

  #stop(): void {
    this.#isStopped = true;
    this.#wake();
    this.#stopped.resolve();
  }

  async #read(): Promise<void> {
    for await (const line of inputLines()) {
      const byteCount = line instanceof GearError ? 0 : line.length;
      while (!this.#isStopped && !this.#hasRoom(byteCount)) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
      if (this.#isStopped) return;
      this.#take(line, byteCount);
    }
  }

  /** A line larger than the limit goes alone. */
  #hasRoom(byteCount: number): boolean {
    if (this.#openCount === 0) return true;
    return this.#openCount < this.#options.inFlightMax && this.#openBytes + byteCount <= LIMITS.bodyBytesMax;
  }

  /** Submits a line, and tells what becomes of it when its turn comes. */
  #take(line: Uint8Array | GearError, byteCount: number): void {
    this.#lineCount += 1;
    this.#openCount += 1;
    this.#openBytes += byteCount;
    const lineNumber = this.#lineCount;
    const outcome = line instanceof GearError ? Promise.resolve(refused(line)) : this.#submit(line);
    this.#telling = this.#telling.then(async () => {
      await this.#tell(await outcome, lineNumber);
      this.#openCount -= 1;
      this.#openBytes -= byteCount;
      this.#wake();
    });
    this.#telling.catch(this.#failed.reject);
  }

  async #submit(line: Uint8Array): Promise<JobOutcome> {
    const outcome = await this.#options.submit(line);
    if (statusOf(outcome.error) === EXIT.noServer) this.#stop();
    return outcome;
  }

  async #tell(outcome: JobOutcome, lineNumber: number): Promise<void> {
    const status = statusOf(outcome.error);
    // All that was in flight has lost the servers for the same reason.
    if (status !== EXIT.noServer || !this.#isLossTold) complainOf(outcome, `line ${lineNumber}: `);
    if (status === EXIT.noServer) this.#isLossTold = true;
    if (status === EXIT.done) this.#doneCount += 1;
    if (this.#status === EXIT.done) this.#status = status;
    const shown = this.#options.isJson ? Buffer.from(outcomeJson(outcome)) : (outcome.result ?? handleOf(outcome));
    await writeOut(Buffer.concat([shown, NEWLINE]));
  }
}

/** A line that was not submitted. */
function refused(error: GearError): JobOutcome {
  return { handle: undefined, server: undefined, result: undefined, error };
}

/** A background job has its handle for a result. */
function handleOf({ error, handle }: JobOutcome): Uint8Array {
  return Buffer.from(error === undefined ? (handle ?? "") : "");
}
