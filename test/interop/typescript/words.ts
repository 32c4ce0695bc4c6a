/** The words of the line protocol that ../README.md describes, for our own programs. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Longer bytes go by a file, bytes. */
const SHORT_BYTES_MAX = 4096;

let fileCount = 0;

/** A word → bytes. */
export function bytesOf(word: string): Uint8Array {
  if (word === ".") return new Uint8Array(0);
  return word.startsWith("@") ? readFileSync(word.slice(1)) : Buffer.from(word, "hex");
}

/** A word → text, which its bytes are as UTF-8. */
export function textOf(word: string): string {
  return Buffer.from(bytesOf(word)).toString("utf8");
}

/** Bytes or UTF-8 text → a word; long ones go by a file in `folder`. */
export function wordOf(value: Uint8Array | string, folder: string): string {
  const bytes = Buffer.from(value);
  if (bytes.length === 0) return ".";
  if (bytes.length <= SHORT_BYTES_MAX) return bytes.toString("hex");
  fileCount += 1;
  const path = join(folder, `typescript-${process.pid}-${fileCount}`);
  writeFileSync(path, bytes);
  return `@${path}`;
}

/** Prints a line. */
export function say(...words: readonly (string | number)[]): void {
  console.log(words.join(" "));
}
