/** The process of a load, as the tests see it. */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { hasEnded, killAtEnd } from "../harness/leftovers.ts";
import type { LoadOptions, Phase } from "./load.ts";
import type { LoadReport } from "./tally.ts";

/** How long one report may take, ms; the load itself gives up what hangs sooner. */
const REPORT_LIMIT_MS = 600_000;
const OUTPUT_CHARS_MAX = 20_000;

/** What a report answers. */
type Word = "play" | "look" | "end";

/** A load in a process of its own. */
export class LoadProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #ended: Promise<string>;
  readonly #waiting: Record<Word, ((report: LoadReport) => void)[]> = { play: [], look: [], end: [] };
  /** How long the process may take to end by itself once everything is closed, ms. */
  readonly #endLimitMs: number;
  #output = "";
  #isOver = false;

  /** `command`: what runs the program, and its path. */
  constructor(command: readonly string[], options: LoadOptions) {
    const [binary = "", ...args] = command;
    const child = spawn(binary, [...args, JSON.stringify(options)], { stdio: ["pipe", "pipe", "pipe"] });
    this.#child = child;
    this.#endLimitMs = options.hangLimitMs;
    if (child.pid !== undefined) killAtEnd(child.pid, "");
    child.stdin?.on("error", () => {});
    child.stderr?.setEncoding("utf8").on("data", (text: string) => this.#keep(text));
    if (child.stdout !== null) createInterface({ input: child.stdout }).on("line", (line) => this.#heard(line));
    this.#ended = new Promise((resolve) => {
      child.once("error", (error) => resolve(`an error: ${error.message}`));
      child.once("exit", (code, signal) => {
        this.#isOver = true;
        if (child.pid !== undefined) hasEnded(child.pid);
        resolve(signal === null ? `exit status ${code}` : `signal ${signal}`);
      });
    });
  }

  /** Plays a phase; resolves when it has settled. Rejects when the process ends or says nothing. */
  play(phase: Phase): Promise<LoadReport> {
    return this.#ask("play", ` ${JSON.stringify(phase)}`);
  }

  /** An endless phase may settle. */
  enough(): void {
    this.#child.stdin?.write("enough\n");
  }

  /** What was seen so far, while a phase goes on too. */
  look(): Promise<LoadReport> {
    return this.#ask("look");
  }

  /** Closes everything; resolves with the last report and how the process ended: by itself, or because it did not. */
  async close(): Promise<{ readonly report: LoadReport; readonly end: string }> {
    const report = await this.#ask("end");
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), this.#endLimitMs);
    const end = await this.#ended;
    clearTimeout(timer);
    return { report, end: end === "exit status 0" ? end : `${end} ${this.#output}`.trim() };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isOver) this.#child.kill("SIGKILL");
    await this.#ended;
  }

  #keep(text: string): void {
    this.#output = (this.#output + text).slice(-OUTPUT_CHARS_MAX);
  }

  #heard(line: string): void {
    const [word, report] = [line.slice(0, line.indexOf(" ")), line.slice(line.indexOf(" ") + 1)];
    const waiting = word === "play" || word === "look" || word === "end" ? this.#waiting[word].shift() : undefined;
    if (waiting === undefined) this.#keep(`${line}\n`);
    else waiting(JSON.parse(report) as LoadReport);
  }

  async #ask(word: Word, rest = ""): Promise<LoadReport> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const said = new Promise<LoadReport>((resolve, reject) => {
      this.#waiting[word].push(resolve);
      timer = setTimeout(() => {
        reject(new Error(`the load said nothing for ${REPORT_LIMIT_MS} ms\n${this.#output}`));
      }, REPORT_LIMIT_MS);
      void this.#ended.then((end) => reject(new Error(`the load ended with ${end}\n${this.#output}`)));
    });
    if (word === "end") this.#child.stdin?.end();
    else this.#child.stdin?.write(`${word}${rest}\n`);
    return await said.finally(() => clearTimeout(timer));
  }
}
