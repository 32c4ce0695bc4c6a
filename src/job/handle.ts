/** Handles: `<prefix>:<serial>` as text and as bytes, without making a string on the way of a job. */
import { assert } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";

const SPLIT = 100_000_000;
const COLON = 58;
const ZERO = 48;

/** The last digits of a serial are written from a table, those before them are kept from the handle written last. */
const TAIL = 10_000;
const TAIL_DIGITS = 4;
const TAILS: Uint8Array = (() => {
  const digits = new Uint8Array(TAIL * TAIL_DIGITS);
  for (let tail = 0; tail < TAIL; tail++) writeDigits(digits, tail * TAIL_DIGITS, tail, TAIL_DIGITS);
  return digits;
})();

/** Reads and writes the handles of one server. */
export class HandleFormat {
  readonly #text: string;
  readonly #prefix: Uint8Array;
  /** Prefix and first digits of the handle written last. */
  readonly #stem = new Uint8Array(LIMITS.handleBytesMax + 1);
  #stemBytes = 0;
  /** What those digits say; 0 before the first handle. */
  #stemNumber = 0;

  /** `prefix` is at most 46 bytes without NUL, one char per byte: 63 bytes less a colon and the 16 digits of 2^53. */
  constructor(prefix: string) {
    this.#text = `${prefix}:`;
    this.#prefix = Uint8Array.from(this.#text, (char) => char.charCodeAt(0));
    assert(this.#prefix.length + 16 <= LIMITS.handleBytesMax, "a handle fits its limit");
  }

  text(serial: number): string {
    return this.#text + serial;
  }

  /** The serial in a handle's text; -1 for a handle that is not ours. */
  serialOf(handle: string): number {
    return this.parse(
      Uint8Array.from(handle, (char) => char.charCodeAt(0)),
      0,
      handle.length,
    );
  }

  /** Writes a handle at `at` and answers where it ends; there must be room for 63 bytes. */
  write(bytes: Uint8Array, at: number, serial: number): number {
    const stemNumber = Math.floor(serial / TAIL);
    if (stemNumber === 0) {
      bytes.set(this.#prefix, at);
      return writeDigits(bytes, at + this.#prefix.length, serial, 1);
    }
    if (stemNumber !== this.#stemNumber) this.#writeStem(stemNumber);
    const stem = this.#stem;
    const stemBytes = this.#stemBytes;
    for (let index = 0; index < stemBytes; index++) bytes[at + index] = stem[index] as number;
    const end = at + stemBytes;
    const tail = (serial - stemNumber * TAIL) * TAIL_DIGITS;
    bytes[end] = TAILS[tail] as number;
    bytes[end + 1] = TAILS[tail + 1] as number;
    bytes[end + 2] = TAILS[tail + 2] as number;
    bytes[end + 3] = TAILS[tail + 3] as number;
    return end + TAIL_DIGITS;
  }

  #writeStem(stemNumber: number): void {
    const stem = this.#stem;
    stem.set(this.#prefix);
    const high = Math.floor(stemNumber / SPLIT);
    let end = this.#prefix.length;
    if (high > 0) end = writeDigits(stem, end, high, 1);
    this.#stemBytes = writeDigits(stem, end, stemNumber - high * SPLIT, high > 0 ? 8 : 1);
    this.#stemNumber = stemNumber;
  }

  /** The serial of the handle in `bytes` from `start` to `end`; -1 for what is not a handle of this server. */
  parse(bytes: Uint8Array, start: number, end: number): number {
    const prefix = this.#prefix;
    const digits = start + prefix.length;
    if (end <= digits || end - digits > 16) return -1;
    for (let index = prefix.length - 1; index >= 0; index--) if (bytes[start + index] !== prefix[index]) return -1;
    if (bytes[digits] === ZERO && end - digits > 1) return -1;
    let high = 0;
    let at = digits;
    for (const middle = Math.max(digits, end - 8); at < middle; at++) {
      const digit = (bytes[at] ?? COLON) - ZERO;
      if (digit < 0 || digit > 9) return -1;
      high = high * 10 + digit;
    }
    let low = 0;
    for (; at < end; at++) {
      const digit = (bytes[at] ?? COLON) - ZERO;
      if (digit < 0 || digit > 9) return -1;
      low = low * 10 + digit;
    }
    const serial = high * SPLIT + low;
    return serial <= Number.MAX_SAFE_INTEGER ? serial : -1;
  }
}

function writeDigits(bytes: Uint8Array, at: number, value: number, digitsMin: number): number {
  let count = digitsMin;
  for (let limit = 10 ** digitsMin; value >= limit; limit *= 10) count++;
  let rest = value;
  for (let index = at + count - 1; index >= at; index--) {
    const next = (rest / 10) | 0;
    bytes[index] = ZERO + rest - next * 10;
    rest = next;
  }
  return at + count;
}
