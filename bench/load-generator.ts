/** Compiles the load generator (bench/gearbench.c) into a folder of its own and runs it. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What one run of the load generator tells. */
export interface LoadResult {
  /** Jobs, or connections, that were dealt with. */
  readonly count: number;
  readonly seconds: number;
  readonly perSecond: number;
  /** The time limit ended the run before all was done. */
  readonly isCut: boolean;
  /** Median time from submit to result, microseconds; only with one job in flight. */
  readonly medianUs?: number;
  readonly p99Us?: number;
}

/** Connections that stay until `release` is called. */
export interface HeldLoad {
  readonly result: LoadResult;
  release(): Promise<void>;
}

function readResult(line: string): LoadResult {
  const value: unknown = JSON.parse(line);
  if (typeof value !== "object" || value === null || !("perSecond" in value)) throw new Error(`no result: ${line}`);
  return value as LoadResult;
}

/** The compiled load generator; dispose it to remove its folder. */
export class LoadGenerator implements Disposable {
  readonly #folder: string;
  readonly #program: string;

  constructor() {
    this.#folder = mkdtempSync(join(tmpdir(), "gearbench-"));
    this.#program = join(this.#folder, "gearbench");
    execFileSync("gcc", ["-O2", "-o", this.#program, join(import.meta.dirname, "gearbench.c")]);
  }

  #start(port: number, words: string): { child: ChildProcess; line: Promise<string>; ended: Promise<void> } {
    const child = spawn(this.#program, ["-p", String(port), ...words.split(" ")], { stdio: ["pipe", "pipe", "pipe"] });
    let out = "";
    let errors = "";
    child.stdout.setEncoding("utf8");
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      errors += text;
    });
    const fault = () => new Error(`gearbench ${words}: ${errors.trim() || `exit status ${child.exitCode}`}`);
    const line = new Promise<string>((resolve, reject) => {
      child.stdout.on("data", (text: string) => {
        out += text;
        if (out.includes("\n")) resolve(out);
      });
      child.once("close", () => reject(fault()));
    });
    const ended = new Promise<void>((resolve, reject) => {
      child.once("close", (status) => (status === 0 ? resolve() : reject(fault())));
    });
    // The one that is not awaited first must not count as unhandled.
    ended.catch(() => {});
    return { child, line, ended };
  }

  /** Runs it to its end. `words` are its options without the port; throws with its stderr when it fails. */
  async run(port: number, words: string): Promise<LoadResult> {
    const { line, ended } = this.#start(port, words);
    const result = readResult(await line);
    await ended;
    return result;
  }

  /** Runs mode idle; resolves once all workers sleep. */
  async hold(port: number, words: string): Promise<HeldLoad> {
    const { child, line, ended } = this.#start(port, words);
    const result = readResult(await line);
    return {
      result,
      release: () => {
        child.stdin?.end();
        return ended;
      },
    };
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
