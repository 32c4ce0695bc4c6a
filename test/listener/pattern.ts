/** Bytes that tell their own place in a stream, so that lost, doubled and swapped ones are seen. */

/** A prime, so that no piece of a power of two has the same bytes as its neighbour. */
const PERIOD_BYTES = 65_521;
const LONGEST_BYTES = 4 * 1024 * 1024;

const period = Buffer.from(Uint8Array.from({ length: PERIOD_BYTES }, (_, index) => (index * 31 + (index >> 8)) & 255));
const pattern = Buffer.alloc(PERIOD_BYTES + LONGEST_BYTES, period);

/** The `count` bytes, at most 4 MiB, that stand at `place` of the stream; not to be changed. */
export function patternAt(place: number, count: number): Buffer {
  const start = place % PERIOD_BYTES;
  return pattern.subarray(start, start + count);
}
