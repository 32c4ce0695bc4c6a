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
    checkSize(byteCount, "standard input");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The lines of standard input without their \n, as they come; throws GearError INVALID_ARGUMENT above 64 MiB. */
export async function* inputLines(): AsyncGenerator<Uint8Array> {
  let parts: Uint8Array[] = [];
  let byteCount = 0;
  for await (const chunk of inputChunks()) {
    let start = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      yield Buffer.concat([...parts, chunk.subarray(start, end)]);
      parts = [];
      byteCount = 0;
      start = end + 1;
    }
    parts.push(chunk.subarray(start));
    byteCount += chunk.length - start;
    checkSize(byteCount, "a line of standard input");
  }
  if (byteCount > 0) yield Buffer.concat(parts);
}

function checkSize(byteCount: number, what: string): void {
  if (byteCount <= LIMITS.bodyBytesMax) return;
  throw new GearError("INVALID_ARGUMENT", `${what} is over 64 MiB, the most that a job server takes by default`);
}

async function* inputChunks(): AsyncGenerator<Uint8Array> {
  for await (const chunk of process.stdin) {
    const bytes: unknown = chunk;
    yield bytes instanceof Uint8Array ? bytes : Buffer.from(String(bytes));
  }
}
