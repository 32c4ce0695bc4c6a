/** Packets to be sent: laid one behind the other in memory that is never written twice, so a socket may keep what it was given. */

import { writeHeader } from "../protocol/packet-writer.ts";
import { HEADER_BYTES } from "../protocol/packets.ts";

const SLAB_BYTES = 32 * 1024;
/** Below this length a loop writes faster than a call of the runtime. */
const LOOP_BYTES_MAX = 48;
const NOTHING = Buffer.alloc(0);

/** What a connection has to send, until `take`. */
export class OutBytes {
  #slab: Buffer = NOTHING;
  /** What lies in the slab from here on was not taken yet. */
  #from = 0;
  #to = 0;
  /** Full slabs that were not taken yet. */
  #full: Buffer[] = [];
  #fullBytes = 0;

  /** Bytes not taken yet. */
  get length(): number {
    return this.#fullBytes + this.#to - this.#from;
  }

  /** Adds a REQ packet. `head`: its arguments but the last, one char per byte, each with its NUL. `data`: the last, copied. */
  add(type: number, head: string, data: Uint8Array): void {
    const bodyBytes = head.length + data.length;
    const end = this.#to + HEADER_BYTES + bodyBytes;
    if (end > this.#slab.length) {
      this.#takeSlab(HEADER_BYTES + bodyBytes);
      this.add(type, head, data);
      return;
    }
    const slab = this.#slab;
    writeHeader(slab, this.#to, type, bodyBytes, true);
    const at = this.#to + HEADER_BYTES;
    writeText(slab, at, head);
    writeBytes(slab, at + head.length, data);
    this.#to = end;
  }

  /** Hands over everything, in order; the pieces may be kept. */
  take(): readonly Buffer[] {
    const pieces = this.#full.length > 0 ? this.#full : [];
    if (this.#full.length > 0) this.#full = [];
    this.#fullBytes = 0;
    if (this.#to > this.#from) pieces.push(this.#slab.subarray(this.#from, this.#to));
    this.#from = this.#to;
    return pieces;
  }

  #takeSlab(bytes: number): void {
    if (this.#to > this.#from) {
      this.#full.push(this.#slab.subarray(this.#from, this.#to));
      this.#fullBytes += this.#to - this.#from;
    }
    this.#slab = Buffer.allocUnsafeSlow(Math.max(bytes, SLAB_BYTES));
    this.#from = 0;
    this.#to = 0;
  }
}

function writeText(slab: Buffer, at: number, text: string): void {
  if (text.length > LOOP_BYTES_MAX) slab.write(text, at, "latin1");
  else for (let index = 0; index < text.length; index++) slab[at + index] = text.charCodeAt(index);
}

function writeBytes(slab: Buffer, at: number, bytes: Uint8Array): void {
  if (bytes.length > LOOP_BYTES_MAX) slab.set(bytes, at);
  else for (let index = 0; index < bytes.length; index++) slab[at + index] = bytes[index] as number;
}
