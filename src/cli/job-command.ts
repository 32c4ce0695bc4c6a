/** Runs a command for each job: workload on its standard input, result from its standard output. */
import { type ChildProcess, spawn } from "node:child_process";
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { Readable } from "node:stream";
import { GearError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import type { WorkerJob } from "../worker/worker-options.ts";
import { failureSentence } from "./failure.ts";
import { sayOnError } from "./terminal.ts";

/** Time between SIGTERM and SIGKILL for a command whose job is not to be gone on with, ms. */
const KILL_AFTER_MS = 3_000;
/** A longer line of standard error is cut into several warnings, bytes. */
const WARNING_BYTES_MAX = 64 * 1024;

/** A command and its processes, one per job in hand. */
export class JobCommand {
  readonly #program: string;
  readonly #args: readonly string[];
  readonly #children = new Set<ChildProcess>();
  readonly #onBroken: (error: GearError) => void;

  /** `onBroken` hears that the command cannot be started any more. */
  constructor(words: readonly string[], onBroken: (error: GearError) => void) {
    const [program = "", ...args] = words;
    this.#program = program;
    this.#args = args;
    this.#onBroken = onBroken;
  }

  /** Why the command cannot be started, or undefined if it seems that it can. */
  problem(): string | undefined {
    return problemOf(this.#program);
  }

  /** How many jobs are in hand. */
  get count(): number {
    return this.#children.size;
  }

  /** Sends a signal to all processes of all jobs. Never throws. */
  kill(signal: NodeJS.Signals): void {
    for (const child of this.#children) killGroup(child, signal);
  }

  /** Does one job; throws GearError JOB_FAILED when the command fails, cannot be started, or has too much of a result. */
  async run(job: WorkerJob): Promise<Uint8Array> {
    const child = this.#start(job);
    this.#children.add(child);
    const stop = () => killInTurn(child);
    job.signal.addEventListener("abort", stop, { once: true });
    if (job.signal.aborted) stop();
    try {
      // Whoever does not read its standard input breaks the pipe, and may.
      child.stdin?.on("error", () => {});
      child.stdin?.end(job.workload);
      const [result, , end] = await Promise.all([readResult(child), sendWarnings(child, job), endOf(child)]);
      if (end !== undefined) throw new GearError("JOB_FAILED", end);
      return result;
    } catch (error) {
      if (!isStartError(error)) throw error;
      throw this.#startError(error);
    } finally {
      job.signal.removeEventListener("abort", stop);
      this.#children.delete(child);
    }
  }

  #start(job: WorkerJob): ChildProcess {
    const own = { GEARWRIGHT_FUNCTION: job.function, GEARWRIGHT_HANDLE: job.handle, GEARWRIGHT_UNIQUE: job.unique };
    try {
      // A process group of its own: Ctrl-C at the terminal does not reach it, and its own children end with it.
      return spawn(this.#program, this.#args, { detached: true, stdio: "pipe", env: { ...process.env, ...own } });
    } catch (error) {
      throw this.#startError(error);
    }
  }

  #startError(cause: unknown): GearError {
    const reason = this.problem() ?? failureSentence(cause);
    const error = new GearError("JOB_FAILED", `the command cannot be started: ${reason}`, { cause });
    if (this.problem() !== undefined) this.#onBroken(error);
    return error;
  }
}

/** Looks for a program as the system does. */
function problemOf(program: string): string | undefined {
  if (program.includes("/")) return isProgram(program) ? undefined : `${program} is no program that may be run`;
  const folders = (process.env["PATH"] ?? "/usr/local/bin:/usr/bin:/bin").split(delimiter);
  return folders.some((folder) => isProgram(join(folder === "" ? "." : folder, program)))
    ? undefined
    : `there is no program ${program} in PATH`;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function isStartError(error: unknown): boolean {
  return error instanceof Error && "syscall" in error && String(error.syscall).startsWith("spawn");
}

/** Resolves with how a command that failed has ended, or undefined; rejects when it did not start. */
function endOf(child: ChildProcess): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => {
      if (code === 0) resolve(undefined);
      else
        resolve(signal === null ? `the command ended with exit status ${code}` : `the command was ended by ${signal}`);
    });
  });
}

async function readResult(child: ChildProcess): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let byteCount = 0;
  for await (const chunk of chunksOf(child.stdout)) {
    byteCount += chunk.length;
    if (byteCount > LIMITS.bodyBytesMax) {
      killGroup(child, "SIGKILL");
      throw new GearError("JOB_FAILED", "the result is over 64 MiB; the command was killed");
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Every line of standard error is shown and sent. It is read no faster than it can be sent. */
async function sendWarnings(child: ChildProcess, job: WorkerJob): Promise<void> {
  let rest: Buffer = Buffer.alloc(0);
  const send = async (line: Buffer) => {
    sayOnError(Buffer.concat([line, Buffer.from("\n")]));
    // A job that is given up takes no warnings any more.
    if (!job.signal.aborted) await job.warning(line).catch(() => {});
  };
  for await (const chunk of chunksOf(child.stderr)) {
    rest = Buffer.concat([rest, chunk]);
    for (let end = rest.indexOf(10); end >= 0 || rest.length > WARNING_BYTES_MAX; end = rest.indexOf(10)) {
      const isCut = end < 0 || end > WARNING_BYTES_MAX;
      const length = isCut ? WARNING_BYTES_MAX : end;
      await send(rest.subarray(0, length));
      rest = rest.subarray(isCut ? length : length + 1);
    }
  }
  if (rest.length > 0) await send(rest);
}

/** The chunks of a pipe; one that is destroyed ends. */
async function* chunksOf(stream: Readable | null): AsyncGenerator<Buffer> {
  if (stream === null) return;
  try {
    for await (const chunk of stream) yield Buffer.from(chunk as Uint8Array);
  } catch (error) {
    if (!stream.destroyed) throw error;
  }
}

/** SIGTERM, and SIGKILL to what is left of it after a time. */
function killInTurn(child: ChildProcess): void {
  killGroup(child, "SIGTERM");
  const timer = setTimeout(() => {
    killGroup(child, "SIGKILL");
    // A process that left the group may hold the pipes for ever.
    child.stdout?.destroy();
    child.stderr?.destroy();
  }, KILL_AFTER_MS);
  child.once("close", () => clearTimeout(timer));
}

function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // It has ended.
  }
}
