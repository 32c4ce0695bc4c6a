/** What commands say to the terminal, written before the process can end. */
import { writeSync } from "node:fs";

/** Writes lines to standard output; a closed one is ignored. */
export function say(text: string): void {
  put(1, `${text}\n`);
}

/** Writes a line that begins with the program's name to standard error; a closed one is ignored. */
export function complain(text: string): void {
  put(2, `gearwright: ${text}\n`);
}

/** Writes bytes to standard error as they are; a closed one is ignored. */
export function sayOnError(bytes: Uint8Array | string): void {
  put(2, bytes);
}

function put(descriptor: number, data: Uint8Array | string): void {
  let bytes = typeof data === "string" ? Buffer.from(data) : data;
  while (bytes.length > 0) {
    try {
      bytes = bytes.subarray(writeSync(descriptor, bytes));
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EAGAIN")) return;
    }
  }
}
