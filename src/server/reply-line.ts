/**
 * The line of replies of one connection: clients match JOB_CREATED to their submits by order alone, so a reply that waits holds
 * back every later one.
 *
 * ```text
 *  out <── [slot 1: waits] replies behind it ── [slot 2: answered] replies behind it ── [slot 3: waits] …
 * ```
 *
 * A long reply comes in parts, which go out as they come once it is first; then nothing passes it.
 * What is said of a job goes into the slot in which its latest JOB_CREATED stands: behind that, but not behind what came later.
 */
import { OutBuffer } from "./out-buffer.ts";

/** Least size of a block in the line, bytes. */
const SLOT_BLOCK_BYTES = 256;

class Slot {
  readonly ticket: number;
  /** The slot's own reply, once it is there. */
  own: OutBuffer | undefined = undefined;
  /** The reply is whole. */
  isAnswered = false;
  /** The replies that stand behind it. */
  readonly behind = new OutBuffer(SLOT_BLOCK_BYTES);
  /** Bytes of both that the line has counted. */
  countedBytes = 0;
  /** Jobs whose JOB_CREATED stands in this slot or behind it. */
  readonly serials: number[] = [];

  constructor(ticket: number) {
    this.ticket = ticket;
  }
}

/** Exists only while a reply waits. */
export class ReplyLine {
  readonly #slots = new Map<number, Slot>();
  #last = new Slot(0);
  /** The slot to which something about a job was added last, besides the last of all. */
  #touched = this.#last;
  /** Where the latest JOB_CREATED of each job stands. */
  readonly #standing = new Map<number, Slot>();
  #countedBytes = 0;
  /** A part of the first reply is out, and more of it is to come. */
  #isStreaming = false;

  /** How many replies wait or stand answered behind one that waits. */
  get slotCount(): number {
    return this.#slots.size;
  }

  /** Whether nothing waits before this reply: what is put down for it goes straight out. */
  isFirst(ticket: number): boolean {
    for (const first of this.#slots.keys()) return first === ticket;
    return false;
  }

  /** Bytes that stand in the line. */
  get bytes(): number {
    this.#count(this.#touched);
    this.#count(this.#last);
    return this.#countedBytes;
  }

  /** Where the next reply goes. Only while `slotCount` is above 0. */
  get tail(): OutBuffer {
    return this.#last.behind;
  }

  /** A reply must wait; `ticket`, above all earlier ones, names it. */
  hold(ticket: number): void {
    this.#count(this.#last);
    this.#last = new Slot(ticket);
    this.#slots.set(ticket, this.#last);
  }

  /** The JOB_CREATED of this job has just been written to `tail`. */
  noteCreated(serial: number): void {
    this.#stand(this.#last, serial);
  }

  /** Where a packet about this job goes while the client has not yet heard of it; undefined: straight out. */
  placeOf(serial: number): OutBuffer | undefined {
    const slot = this.#standing.get(serial);
    return slot === undefined ? undefined : this.#touch(slot);
  }

  /** Where what passes the line goes while a part of the first reply is out: behind that reply. Undefined: straight out. */
  get passing(): OutBuffer | undefined {
    if (!this.#isStreaming) return undefined;
    for (const slot of this.#slots.values()) return this.#touch(slot);
    return undefined;
  }

  /** The reply has come: `write` puts it down. A ticket that does not wait is left alone. */
  answer(ticket: number, serial: number | undefined, write: (out: OutBuffer) => void): void {
    const slot = this.extend(ticket, write);
    if (slot === undefined) return;
    slot.isAnswered = true;
    if (serial !== undefined) this.#stand(slot, serial);
  }

  /** A part of the reply has come. */
  extend(ticket: number, write: (out: OutBuffer) => void): Slot | undefined {
    const slot = this.#slots.get(ticket);
    if (slot === undefined || slot.isAnswered) return undefined;
    slot.own ??= new OutBuffer(SLOT_BLOCK_BYTES);
    write(slot.own);
    this.#count(slot);
    return slot;
  }

  /** Moves all that waits for nothing to `out`. */
  release(out: OutBuffer): void {
    for (const [ticket, slot] of this.#slots) {
      if (slot.own !== undefined) {
        this.#isStreaming = !slot.isAnswered;
        out.appendAll(slot.own);
      }
      if (!slot.isAnswered) {
        this.#count(slot);
        return;
      }
      this.#slots.delete(ticket);
      this.#countedBytes -= slot.countedBytes;
      out.appendAll(slot.behind);
      slot.countedBytes = 0;
      for (const serial of slot.serials) if (this.#standing.get(serial) === slot) this.#standing.delete(serial);
    }
  }

  #stand(slot: Slot, serial: number): void {
    slot.serials.push(serial);
    const known = this.#standing.get(serial);
    if (known === undefined || known.ticket < slot.ticket) this.#standing.set(serial, slot);
  }

  #touch(slot: Slot): OutBuffer {
    this.#count(this.#touched);
    this.#touched = slot;
    return slot.behind;
  }

  #count(slot: Slot): void {
    const bytes = slot.behind.length + (slot.own?.length ?? 0);
    this.#countedBytes += bytes - slot.countedBytes;
    slot.countedBytes = bytes;
  }
}
