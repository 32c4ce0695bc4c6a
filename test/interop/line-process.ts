/** A peer's program: lines of words go in and come out; README.md describes them. */
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { hasEnded, killAtEnd } from "../harness/leftovers.ts";
import { until } from "../harness/until.ts";

/** Longer bytes go by a file, bytes. */
const SHORT_BYTES_MAX = 4096;

/** How long a peer may take for one answer, ms. */
const ANSWER_LIMIT_MS = 90_000;

let fileCount = 0;

/** Bytes (a string of one char per byte) → a word. */
export function wordOf(bytes: string, folder: string): string {
  if (bytes === "") return ".";
  if (bytes.length <= SHORT_BYTES_MAX) return Buffer.from(bytes, "latin1").toString("hex");
  fileCount += 1;
  const path = join(folder, `driver-${fileCount}`);
  writeFileSync(path, bytes, "latin1");
  return `@${path}`;
}

/** A word → bytes. */
export function bytesOf(word: string): string {
  if (word === ".") return "";
  return word.startsWith("@") ? readFileSync(word.slice(1), "latin1") : Buffer.from(word, "hex").toString("latin1");
}

/** What to start. */
export interface LineProcessOptions {
  /** The program and its arguments. */
  readonly command: readonly string[];
}

/** A running program that is talked to by lines. */
export class LineProcess implements AsyncDisposable {
  readonly child: ChildProcess;
  readonly #lines: string[] = [];
  #errors = "";
  #ended: string | undefined;

  constructor({ command }: LineProcessOptions) {
    const [program = "", ...args] = command;
    const child = spawn(program, args, { stdio: ["pipe", "pipe", "pipe"] });
    this.child = child;
    if (child.pid !== undefined) killAtEnd(child.pid, "");
    child.stdin.on("error", () => {});
    createInterface({ input: child.stdout }).on("line", (line) => this.#lines.push(line));
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#errors += text;
    });
    child.once("error", (error) => {
      this.#ended = error.message;
    });
    child.once("exit", (code, signal) => {
      if (child.pid !== undefined) hasEnded(child.pid);
      this.#ended = `exit ${code ?? signal}`;
    });
  }

  /** What it wrote to stderr. */
  get errors(): string {
    return this.#errors;
  }

  /** Sends a line. */
  write(words: readonly string[]): void {
    this.child.stdin?.write(`${words.join(" ")}\n`);
  }

  /** The words of the next line; throws with its stderr when it ended or none comes within the limit. */
  async next(limitMs: number = ANSWER_LIMIT_MS): Promise<string[]> {
    const line = await until(
      () => {
        const first = this.#lines.shift();
        if (first === undefined && this.#ended !== undefined)
          throw new Error(`${this.#name()} ended: ${this.#ended}\n${this.#errors}`);
        return first;
      },
      { what: `a line of ${this.#name()} (${this.#errors})`, limitMs },
    );
    return line.split(" ");
  }

  /** Ends it. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill("SIGKILL");
    await until(() => this.#ended !== undefined, { what: `the end of ${this.#name()}` });
  }

  #name(): string {
    return this.child.spawnargs.join(" ");
  }
}
