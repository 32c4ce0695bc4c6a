/** Compiles a load generator (bench/generators/) into a folder of its own and runs it. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type HeldLoad, type LoadResult, ProgramRun } from "./program-run.ts";

/** The generators, and the libraries that each is linked with. */
const SOURCES = { gearbench: [], beanstalkbench: [], libgearmanbench: ["-lgearman"] } as const;

/** A compiled load generator; dispose it to remove its folder. */
export class LoadGenerator implements Disposable {
  readonly #folder: string;
  readonly #program: string;

  /** Throws when it cannot be compiled: no gcc, or a library's headers are not installed. */
  constructor(name: keyof typeof SOURCES = "gearbench") {
    this.#folder = mkdtempSync(join(tmpdir(), `${name}-`));
    this.#program = join(this.#folder, name);
    const source = join(import.meta.dirname, "generators", `${name}.c`);
    try {
      execFileSync("gcc", ["-O2", "-o", this.#program, source, ...SOURCES[name]], { stdio: "pipe" });
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  /**
   * Runs it to its end. `words` are its options without the port; throws with its stderr when it fails, and when it takes longer
   * than `limitMs` (default: no limit).
   */
  async run(port: number, words: string, limitMs?: number): Promise<LoadResult> {
    const run = new ProgramRun([this.#program, "-p", String(port), ...words.split(" ")], { limitMs });
    const result = await run.result;
    await run.ended;
    return result;
  }

  /** Runs a mode that stays until it is released; resolves once its workers are there. */
  async hold(port: number, words: string): Promise<HeldLoad> {
    const run = new ProgramRun([this.#program, "-p", String(port), ...words.split(" ")]);
    return run.held();
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
