/** Bytes of a stream that must wait for more: a copy that grows by doubling, so that many small pieces cost no more than one. */

const NOTHING = Buffer.alloc(0);
const FIRST_BYTES = 64;

/** Memory of its own for the beginning of something; empty it holds none. */
export class HeldBytes {
  /** The memory; only the first `length` bytes have a meaning. */
  bytes: Buffer = NOTHING;
  /** How many bytes are held. */
  length = 0;

  /** Copies `source` from `start` to `end` behind what is held; never takes memory ahead for more than `goalBytes` bytes. */
  add(source: Uint8Array, start: number, end: number, goalBytes: number): void {
    const needed = this.length + end - start;
    if (needed > this.bytes.length) {
      const doubled = Math.min(Math.max(FIRST_BYTES, this.bytes.length * 2), goalBytes);
      const grown = Buffer.allocUnsafeSlow(Math.max(needed, doubled));
      grown.set(this.bytes.subarray(0, this.length));
      this.bytes = grown;
    }
    this.bytes.set(start === 0 && end === source.length ? source : source.subarray(start, end), this.length);
    this.length = needed;
  }

  /** Forgets everything; who still has `bytes` may go on reading them. */
  release(): void {
    this.bytes = NOTHING;
    this.length = 0;
  }
}
