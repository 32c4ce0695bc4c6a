/** Runs a program that makes load and tells its result as one line of JSON. */
import { type ChildProcess, spawn } from "node:child_process";

/** What one run tells. */
export interface LoadResult {
  /** Jobs, or connections, that were dealt with. */
  readonly count: number;
  readonly seconds: number;
  readonly perSecond: number;
  /** The time limit ended the run before all was done. */
  readonly isCut?: boolean;
  /** Median time from submit to result, microseconds. */
  readonly medianUs?: number;
  readonly p99Us?: number;
  /** Resident memory of the program at the end. */
  readonly residentBytes?: number;
}

/** Workers that stay until `release` is called. */
export interface HeldLoad {
  readonly result: LoadResult;
  release(): Promise<void>;
}

/** How a program is run. */
export interface ProgramOptions {
  /** After this it is killed and counts as failed, ms; default: no limit. */
  readonly limitMs?: number | undefined;
  readonly env?: Readonly<Record<string, string>>;
}

/** The last line of `text` as a result; throws when it is none. */
export function readResult(text: string): LoadResult {
  const line = text.trim().split("\n").at(-1) ?? "";
  const value: unknown = line.startsWith("{") ? JSON.parse(line) : undefined;
  if (typeof value !== "object" || value === null || !("perSecond" in value)) throw new Error(`no result: ${line}`);
  return value as LoadResult;
}

/** A program that is running. */
export class ProgramRun {
  /** Its result, as soon as it has told it; rejects with what it wrote to stderr when it ends without. */
  readonly result: Promise<LoadResult>;
  /** Resolves when it ended with exit status 0. */
  readonly ended: Promise<void>;
  readonly #child: ChildProcess;

  constructor(command: readonly string[], options: ProgramOptions = {}) {
    const [program = "", ...args] = command;
    const child = spawn(program, args, { stdio: ["pipe", "pipe", "pipe"], env: { ...process.env, ...options.env } });
    this.#child = child;
    let out = "";
    let errors = "";
    let isLate = false;
    child.stdin.on("error", () => {});
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      errors = (errors + text).slice(-10_000);
    });
    const late = options.limitMs === undefined ? undefined : setTimeout(() => this.#kill(), options.limitMs);
    const fault = () => {
      const how = isLate ? `not over within ${options.limitMs} ms` : `exit status ${child.exitCode}`;
      return new Error(`${how}: ${errors.trim()}`);
    };
    child.once("close", (_status, signal) => {
      isLate = signal === "SIGKILL";
      clearTimeout(late);
    });
    this.result = new Promise((resolve, reject) => {
      child.stdout.setEncoding("utf8").on("data", (text: string) => {
        out += text;
        if (/^\{.*\n/m.test(out)) resolve(readResult(out));
      });
      child.once("error", reject);
      child.once("close", () => reject(fault()));
    });
    this.ended = new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (status) => (status === 0 ? resolve() : reject(fault())));
    });
    // Whichever is not awaited must not count as unhandled.
    this.result.catch(() => {});
    this.ended.catch(() => {});
  }

  #kill(): void {
    this.#child.kill("SIGKILL");
  }

  /** Resolves with the first result; the program stays until it is released. */
  async held(): Promise<HeldLoad> {
    const result = await this.result;
    const release = () => {
      this.#child.stdin?.end();
      return this.ended;
    };
    return { result, release };
  }
}
