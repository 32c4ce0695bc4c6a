/**
 * The line of replies of one connection: clients match JOB_CREATED to their submits by order alone, so a reply that waits holds
 * back every later one.
 *
 * ```text
 *  out <── [slot 1: waits] replies behind it ── [slot 2: answered] replies behind it ── [slot 3: waits] …
 * ```
 */
import { OutBuffer } from "./out-buffer.ts";

/** Least size of a block in the line, bytes. */
const SLOT_BLOCK_BYTES = 256;

class Slot {
  /** The slot's own reply, once it is there. */
  own: OutBuffer | undefined = undefined;
  isAnswered = false;
  /** The replies that stand behind it. */
  readonly behind = new OutBuffer(SLOT_BLOCK_BYTES);
  /** Jobs whose JOB_CREATED stands in this slot or behind it. */
  readonly serials: number[] = [];
}

/** Exists only while a reply waits. */
export class ReplyLine {
  readonly #slots = new Map<number, Slot>();
  #last = new Slot();
  readonly #standing = new Set<number>();
  #settledBytes = 0;

  /** How many replies wait or stand answered behind one that waits. */
  get slotCount(): number {
    return this.#slots.size;
  }

  /** Bytes that stand in the line. */
  get bytes(): number {
    return this.#settledBytes + this.#last.behind.length;
  }

  /** Where the next reply goes. Only while `slotCount` is above 0. */
  get tail(): OutBuffer {
    return this.#last.behind;
  }

  /** A reply must wait; `ticket` names it. */
  hold(ticket: number): void {
    this.#settledBytes += this.#last.behind.length;
    this.#last = new Slot();
    this.#slots.set(ticket, this.#last);
  }

  /** The JOB_CREATED of this job has just been written to `tail`. */
  noteCreated(serial: number): void {
    this.#last.serials.push(serial);
    this.#standing.add(serial);
  }

  /** Whether the client has not yet heard of this job. */
  isStanding(serial: number): boolean {
    return this.#standing.has(serial);
  }

  /** The reply has come: `write` puts it down. A ticket that does not wait is left alone. */
  answer(ticket: number, serial: number | undefined, write: (out: OutBuffer) => void): void {
    const slot = this.#slots.get(ticket);
    if (slot === undefined || slot.isAnswered) return;
    slot.isAnswered = true;
    slot.own = new OutBuffer(SLOT_BLOCK_BYTES);
    write(slot.own);
    this.#settledBytes += slot.own.length;
    if (serial === undefined) return;
    slot.serials.push(serial);
    this.#standing.add(serial);
  }

  /** Moves all that waits for nothing to `out`. */
  release(out: OutBuffer): void {
    for (const [ticket, slot] of this.#slots) {
      if (!slot.isAnswered) return;
      this.#slots.delete(ticket);
      if (slot !== this.#last) this.#settledBytes -= slot.behind.length;
      if (slot.own !== undefined) {
        this.#settledBytes -= slot.own.length;
        out.appendAll(slot.own);
      }
      out.appendAll(slot.behind);
      for (const serial of slot.serials) this.#standing.delete(serial);
    }
  }
}
