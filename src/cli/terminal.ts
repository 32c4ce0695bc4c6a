/** What commands say to the terminal, written before the process can end. */
import { writeSync } from "node:fs";
import { GearError } from "../base/errors.ts";
import { failureSentence } from "./failure.ts";

/** Writes lines to standard output where that can be done. */
export function say(text: string): void {
  put(1, `${text}\n`);
}

/** Writes what a command was run for to standard output; a closed one is ignored. Throws GearError INVALID_ARGUMENT for a full disk. */
export function report(text: string): void {
  const cause = put(1, `${text}\n`);
  if (cause === undefined || CLOSED.includes(codeOf(cause))) return;
  throw new GearError("INVALID_ARGUMENT", `standard output cannot be written: ${failureSentence(cause)}`, { cause });
}

/** Writes a line that begins with the program's name to standard error; a closed one is ignored. */
export function complain(text: string): void {
  put(2, `gearwright: ${text}\n`);
}

/** Writes bytes to standard error as they are; a closed one is ignored. */
export function sayOnError(bytes: Uint8Array | string): void {
  put(2, bytes);
}

const CLOSED: readonly string[] = ["EPIPE", "EBADF"];

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

/** Returns why it could not be written, if so. */
function put(descriptor: number, data: Uint8Array | string): unknown {
  let bytes = typeof data === "string" ? Buffer.from(data) : data;
  while (bytes.length > 0) {
    try {
      bytes = bytes.subarray(writeSync(descriptor, bytes));
    } catch (error) {
      if (codeOf(error) !== "EAGAIN") return error;
    }
  }
  return undefined;
}
