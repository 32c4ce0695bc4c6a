/** Bytes on their way out, in order: small packets gathered in blocks, large data by reference. */
import type { ByteRange } from "../base/byte-range.ts";
import { BLOCK_BYTES, giveBlock, takeBlock } from "./block-pool.ts";
import type { Wire } from "./wire.ts";

/** Data above this is not copied where it may be referred to, bytes. */
const REFERENCE_BYTES_MIN = 8 * 1024;

/** Up to here a loop is faster than making a view, bytes. */
const LOOP_BYTES_MAX = 128;

const NO_BLOCK = Buffer.alloc(0);

/** A queue of outgoing bytes. Empty, it holds no memory. */
export class OutBuffer {
  /** Bytes that wait. */
  length = 0;
  /** The block that is being filled; room for `reserve`d bytes is at `end`. */
  block: Buffer = NO_BLOCK;
  /** Where the block's next byte goes. */
  end = 0;
  #start = 0;
  /** What stands before the block. */
  #chunks: ByteRange[] | undefined = undefined;
  readonly #blockBytes: number;

  /** `blockBytes`: least size of a block, bytes; small for buffers of which there are many. */
  constructor(blockBytes = BLOCK_BYTES) {
    this.#blockBytes = blockBytes;
  }

  /** Makes room for `count` bytes in one piece at `end`; the caller writes them and then calls `wrote`. */
  reserve(count: number): void {
    if (this.end + count <= this.block.length) return;
    this.#closeBlock();
    const blockBytes = Math.max(count, this.#blockBytes);
    this.block = blockBytes === BLOCK_BYTES ? takeBlock() : Buffer.allocUnsafeSlow(blockBytes);
    this.end = 0;
    this.#start = 0;
  }

  /** The caller has written up to `end`. */
  wrote(end: number): void {
    this.length += end - this.end;
    this.end = end;
  }

  /** Puts `bytes` behind what waits; large ones that never change again are referred to instead of copied. */
  append(bytes: Uint8Array, isConstant: boolean): void {
    const count = bytes.length;
    if (count >= REFERENCE_BYTES_MIN && isConstant) {
      this.#refer({ bytes, start: 0, end: count });
      return;
    }
    this.reserve(count);
    this.block.set(bytes, this.end);
    this.wrote(this.end + count);
  }

  /** The same for a part of `bytes`. */
  appendRange({ bytes, start, end }: ByteRange, isConstant: boolean): void {
    const count = end - start;
    if (count > LOOP_BYTES_MAX) {
      if (count >= REFERENCE_BYTES_MIN && isConstant) this.#refer({ bytes, start, end });
      else this.append(bytes.subarray(start, end), false);
      return;
    }
    this.reserve(count);
    const { block, end: at } = this;
    for (let index = 0; index < count; index++) block[at + index] = bytes[start + index] as number;
    this.wrote(at + count);
  }

  #refer(chunk: ByteRange): void {
    this.#closeBlock();
    this.#push(chunk);
    this.length += chunk.end - chunk.start;
  }

  /** Moves everything of `other` behind what waits here. */
  appendAll(other: OutBuffer): void {
    other.#closeBlock();
    for (const { bytes, start, end } of other.#chunks ?? []) this.append(bytes.subarray(start, end), true);
    other.clear();
  }

  /** Writes what the wire takes; true when nothing is left. */
  flush(wire: Wire): boolean {
    if (this.#chunks !== undefined && !this.#flushChunks(wire, this.#chunks)) return false;
    while (this.#start < this.end) {
      const taken = wire.write(this.block, this.#start, this.end);
      if (taken === 0) return false;
      this.length -= taken;
      this.#start += taken;
    }
    if (!wire.isHolding) giveBlock(this.block);
    this.#dropBlock();
    return true;
  }

  /** Forgets everything. */
  clear(): void {
    this.#chunks = undefined;
    this.#dropBlock();
    this.length = 0;
  }

  #flushChunks(wire: Wire, chunks: ByteRange[]): boolean {
    let gone = 0;
    for (let chunk = chunks[0]; chunk !== undefined; chunk = chunks[gone]) {
      const taken = wire.write(chunk.bytes, chunk.start, chunk.end);
      this.length -= taken;
      if (taken === chunk.end - chunk.start) gone++;
      else {
        chunks[gone] = { bytes: chunk.bytes, start: chunk.start + taken, end: chunk.end };
        if (taken > 0) continue;
        chunks.splice(0, gone);
        return false;
      }
    }
    this.#chunks = undefined;
    return true;
  }

  #closeBlock(): void {
    if (this.end > this.#start) this.#push({ bytes: this.block, start: this.#start, end: this.end });
    this.#dropBlock();
  }

  #dropBlock(): void {
    this.block = NO_BLOCK;
    this.end = 0;
    this.#start = 0;
  }

  #push(chunk: ByteRange): void {
    if (this.#chunks === undefined) this.#chunks = [chunk];
    else this.#chunks.push(chunk);
  }
}
