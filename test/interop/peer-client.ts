/** A peer's client program that does what it is told. */
import { bytesOf, LineProcess, wordOf } from "./line-process.ts";

/** Events whose words are bytes. */
const BYTES_EVENTS: ReadonlySet<string> = new Set([
  "created",
  "data",
  "warning",
  "complete",
  "exception",
  "result",
  "echo",
]);

/** What is known of a peer's client. */
export interface PeerClientOptions {
  readonly command: readonly string[];
  /** An empty folder for bytes that are too long for a line. */
  readonly folder: string;
  /** Whether it asks for exceptions on every connection. */
  readonly exceptionAlways?: boolean;
}

/** A running client program. One thing is asked at a time. */
export class PeerClient implements AsyncDisposable {
  /** Whether it asks for exceptions on every connection. */
  readonly exceptionAlways: boolean;
  readonly #process: LineProcess;
  readonly #folder: string;

  constructor({ command, folder, exceptionAlways }: PeerClientOptions) {
    this.#process = new LineProcess({ command });
    this.#folder = folder;
    this.exceptionAlways = exceptionAlways ?? false;
  }

  /** Tells the client to do something; plain words first, then bytes. Resolves with its events, name first. */
  ask(verb: string, plain: readonly string[], bytes: readonly string[]): Promise<string[][]> {
    const events = this.#play(verb, plain, bytes);
    // A trial may fail before it awaits them.
    events.catch(() => {});
    return events;
  }

  async #play(verb: string, plain: readonly string[], bytes: readonly string[]): Promise<string[][]> {
    this.#process.write([verb, ...plain, ...bytes.map((word) => wordOf(word, this.#folder))]);
    const events: string[][] = [];
    for (;;) {
      const [name = "", ...words] = await this.#process.next();
      if (name === "end") return events;
      events.push([name, ...(BYTES_EVENTS.has(name) ? words.map(bytesOf) : words)]);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process[Symbol.asyncDispose]();
  }
}
