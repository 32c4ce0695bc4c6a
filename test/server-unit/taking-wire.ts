/** A socket that takes as much as it is told, for tests of what writes to one. */
import type { Wire } from "../../src/server/wire.ts";

/** Like the kernel below Bun, or like Node, which goes on looking at the bytes that it took. */
export class TakingWire implements Wire {
  readonly remoteAddress = "-";
  readonly remotePort = 0;
  /** True: bytes are taken, but looked at only in `settle`. */
  isHolding = false;
  /** Bytes it will still take. */
  roomBytes = Number.POSITIVE_INFINITY;
  #settled: Buffer[] = [];
  #held: Uint8Array[] = [];

  write(bytes: Uint8Array, start: number, end: number): number {
    const count = Math.min(end - start, this.roomBytes);
    this.roomBytes -= count;
    if (count > 0) this.#held.push(bytes.subarray(start, start + count));
    if (!this.isHolding) this.settle();
    return count;
  }

  /** The bytes that were taken go on their way. */
  settle(): void {
    for (const piece of this.#held.splice(0)) this.#settled.push(Buffer.from(piece));
  }

  /** All that was settled so far. */
  get written(): Buffer {
    return Buffer.concat(this.#settled);
  }

  pause(): void {}
  resume(): void {}
  finish(): void {}
  destroy(): void {}
}
