/** Standard input in whole or in lines, and standard output that waits for its reader. */
import { GearError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import { failureSentence } from "./failure.ts";

/** Whoever read standard output has closed it, as `head` does. */
export class OutputClosed extends Error {
  override readonly name = "OutputClosed";
}

let isListening = false;

/** Writes to standard output and resolves when it was taken; rejects with OutputClosed, or a GearError if it cannot be written. */
export function writeOut(bytes: Uint8Array): Promise<void> {
  if (bytes.length === 0) return Promise.resolve();
  if (!isListening) process.stdout.on("error", () => {});
  isListening = true;
  return new Promise((resolve, reject) => {
    process.stdout.write(bytes, (error) => (error == null ? resolve() : reject(outputError(error))));
  });
}

function outputError(cause: Error): Error {
  if ("code" in cause && ["EPIPE", "ERR_STREAM_DESTROYED", "EOF"].includes(String(cause.code)))
    return new OutputClosed();
  const text = `standard output cannot be written: ${failureSentence(cause)}`;
  return new GearError("INVALID_ARGUMENT", text, { cause });
}

/** All of standard input; throws GearError INVALID_ARGUMENT above 64 MiB. */
export async function readInput(): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let byteCount = 0;
  for await (const chunk of inputChunks()) {
    byteCount += chunk.length;
    if (byteCount > LIMITS.bodyBytesMax) throw tooLarge("standard input");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The lines of standard input without their \n, as they come; GearError INVALID_ARGUMENT in the place of one above 64 MiB. */
export async function* inputLines(): AsyncGenerator<Uint8Array | GearError> {
  const line = new InputLine();
  for await (const chunk of inputChunks()) {
    let start = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      line.add(chunk.subarray(start, end));
      yield line.take();
      start = end + 1;
    }
    line.add(chunk.subarray(start));
  }
  if (!line.isEmpty) yield line.take();
}

/** The line that is being read; nothing is held of one that is too large. */
class InputLine {
  #parts: Uint8Array[] = [];
  #byteCount = 0;

  get isEmpty(): boolean {
    return this.#byteCount === 0;
  }

  add(part: Uint8Array): void {
    this.#byteCount += part.length;
    if (this.#byteCount > LIMITS.bodyBytesMax) this.#parts = [];
    else this.#parts.push(part);
  }

  /** The whole line; the next one begins. */
  take(): Uint8Array | GearError {
    const line = this.#byteCount > LIMITS.bodyBytesMax ? tooLarge("it") : Buffer.concat(this.#parts);
    this.#parts = [];
    this.#byteCount = 0;
    return line;
  }
}

function tooLarge(what: string): GearError {
  return new GearError("INVALID_ARGUMENT", `${what} is over 64 MiB, the most that a job server takes by default`);
}

async function* inputChunks(): AsyncGenerator<Uint8Array> {
  for await (const chunk of process.stdin) {
    const bytes: unknown = chunk;
    yield bytes instanceof Uint8Array ? bytes : Buffer.from(String(bytes));
  }
}
