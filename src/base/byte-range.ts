/** Bytes where they lie: a view of a received chunk costs more than a small packet, so the way of a job makes none. */

/** `bytes` from `start` to `end`. */
export interface ByteRange {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
}

/** No bytes at all. */
export const NO_BYTES: ByteRange = { bytes: new Uint8Array(0), start: 0, end: 0 };
