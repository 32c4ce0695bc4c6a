/** Short runs of bytes, compared and copied without a call of the runtime: below this length a loop is faster. */

/** Where a call of the runtime becomes faster than a loop, bytes. Measured on Bun 1.4 and Node 26. */
const LOOP_BYTES_MAX = 64;

/** Whether the bytes from `start` to `end` are the chars of `text`; always false for long ones. */
export function isShortText(bytes: Uint8Array, start: number, end: number, text: string): boolean {
  if (end - start !== text.length || text.length > LOOP_BYTES_MAX) return false;
  for (let index = 0; index < text.length; index++) if (bytes[start + index] !== text.charCodeAt(index)) return false;
  return true;
}

/** The bytes from `start` to `end` in memory of exactly their size. */
export function copyOf(bytes: Buffer, start: number, end: number): Uint8Array {
  const count = end - start;
  const copy = new Uint8Array(count);
  if (count > LOOP_BYTES_MAX) bytes.copy(copy, 0, start, end);
  else for (let index = 0; index < count; index++) copy[index] = bytes[start + index] as number;
  return copy;
}
