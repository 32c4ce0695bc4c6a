/**
 * Bytes in, packets and text lines out, for both directions; no socket and no clock.
 *
 * Nothing is allocated per packet: a packet lies in `bytes`, its arguments are offsets. Whole packets are read straight out of the
 * chunk that was pushed; only an incomplete item is copied.
 *
 * ```text
 *   item start -+--> text line up to \n
 *               +--> header, checked -+--> all there: packet
 *                                     +--> small and incomplete: held --> packet
 *   any of these --> fault, for ever  +--> large and incomplete: announced -- accept() --> filling --> packet
 * ```
 */
import { copyOf, isShortText } from "./byte-runs.ts";
import { HeldBytes } from "./held-bytes.ts";
import { ARGUMENT_COUNTS, ENDS_IN_DATA, HEADER_BYTES, PACKET_TYPE_MAX } from "./packets.ts";
import type { ReaderLimits } from "./reader-limits.ts";

/** What `PacketReader.next` found. */
// biome-ignore format: a table
export const ITEM = { more: 0, packet: 1, text: 2, large: 3, fault: 4 } as const;

/** What `next` found: a value of `ITEM`. */
export type Item = (typeof ITEM)[keyof typeof ITEM];

/** Why a stream cannot be read on. */
export type Fault = "badMagic" | "badType" | "argumentsTooLong" | "bodyTooLarge" | "tooFewArguments" | "textTooLong";

const MAGIC_REQUEST = 0x524551;
const MAGIC_RESPONSE = 0x524553;
const MAGIC_BYTES = 4;
const [NEWLINE, RETURN] = [10, 13];
const ARGUMENTS_MAX = 8;
const NOTHING = Buffer.alloc(0);

/** Where the reader stands in the stream. */
// biome-ignore format: a table
const AT = { start: 0, held: 1, announced: 2, filling: 3, fault: 4 } as const;

/**
 * Reads one direction of one connection.
 *
 * Never throws for what a peer sends: the worst is ITEM.fault, and then the reader stays there and drops what is pushed.
 */
export class PacketReader {
  /** After ITEM.packet: the memory in which the packet lies, until the next `next` or `push`. */
  bytes: Buffer = NOTHING;
  /** After ITEM.packet: its type, 1 to 42; 5 is delivered too. */
  type = 0;
  /** After ITEM.packet: true if the magic was REQ, false if it was RES. */
  isRequest = true;
  /** Where the body begins in `bytes`. */
  bodyStart = 0;
  /** Where the body ends in `bytes`. */
  bodyEnd = 0;
  /** How many arguments the packet has, as in PACKETS; 0 for type 5. */
  argCount = 0;
  /** Where each argument begins in `bytes`. */
  readonly starts = new Int32Array(ARGUMENTS_MAX);
  /** Where each argument ends in `bytes`, without its NUL. */
  readonly ends = new Int32Array(ARGUMENTS_MAX);
  /** After ITEM.packet: true if `bytes` is an exact buffer for this body alone, so that a view of it may be kept without a copy. */
  ownsBytes = false;
  /** After ITEM.large: how long the body is that waits for `accept`, bytes. */
  bodyBytes = 0;
  /** After ITEM.text: the line as latin1, without its \n or \r\n. */
  line = "";
  /** After ITEM.text: true if it ended in \r\n. */
  lineHadReturn = false;
  /** After ITEM.fault: what was wrong; without meaning before. */
  fault: Fault = "badMagic";

  readonly #bodyBytesMax: number;
  readonly #argBytesMax: number;
  readonly #textBytesMax: number;
  readonly #largeBodyBytes: number;
  #state: number = AT.start;
  #chunk: Buffer = NOTHING;
  #at = 0;
  #end = 0;
  /** Unread bytes that were pushed one behind the other: then the chunk is this memory. */
  readonly #joined = new HeldBytes();
  /** The beginning of an item of which the rest has not come. */
  readonly #held = new HeldBytes();
  /** How many bytes the held item needs as far as it is known: a header, then header and body. */
  #heldGoal = 0;
  /** The large body that is being filled. */
  #large: Buffer = NOTHING;
  #largeBytes = 0;
  #isChecked = false;
  /** Peers say the same function again and again, so the string is kept. */
  #firstText = "";

  constructor(limits: ReaderLimits) {
    this.#bodyBytesMax = limits.bodyBytesMax;
    this.#argBytesMax = limits.argBytesMax;
    this.#textBytesMax = limits.textBytesMax;
    this.#largeBodyBytes = limits.largeBodyBytes;
  }

  /** Memory kept between pushes, bytes: an incomplete item, and whatever chunk still has unread bytes. */
  get heldBytes(): number {
    return this.#held.bytes.length + this.#large.length + (this.#at < this.#end ? this.#chunk.length : 0);
  }

  /** True while an incomplete packet or line is known to be held. */
  get isMidItem(): boolean {
    return this.#state === AT.held || this.#state === AT.announced || this.#state === AT.filling;
  }

  /** Hands bytes in; `chunk` is referenced until it is read. Unread bytes of earlier pushes come first. */
  push(chunk: Uint8Array): void {
    if (this.#state === AT.fault) return;
    if (this.#at < this.#end) {
      this.#append(chunk);
      return;
    }
    this.#releaseChunk();
    this.#chunk = chunk instanceof Buffer ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    this.#end = chunk.length;
  }

  /** Reads the next item; ITEM.more when the pushed bytes are used up. */
  next(): Item {
    if (this.#state !== AT.start) return this.#nextSlowly();
    const bytes = this.#chunk;
    const at = this.#at;
    const here = this.#end - at;
    if (here > 0 && bytes[at] !== 0) return this.#readLine();
    if (here < HEADER_BYTES) return this.#holdRest(HEADER_BYTES);
    if (!this.#readHeader(bytes, at)) return ITEM.fault;
    const bodyStart = at + HEADER_BYTES;
    const bodyEnd = bodyStart + this.bodyBytes;
    if (bodyEnd > this.#end) return this.#beginIncomplete();
    this.#at = bodyEnd;
    return this.#deliver(bytes, bodyStart, bodyEnd, false);
  }

  /** After ITEM.large: takes the exact memory for the announced body, and the reader goes on. */
  accept(): void {
    if (this.#state !== AT.announced) return;
    this.#large = Buffer.allocUnsafeSlow(this.bodyBytes);
    this.#largeBytes = 0;
    this.#state = AT.filling;
  }

  /** For a connection that is not read on for a while: lets go of the last packet and of a chunk that is mostly read. */
  compact(): void {
    this.bytes = NOTHING;
    if ((this.#end - this.#at) * 2 < this.#chunk.length) this.#append(NOTHING);
  }

  /** An argument as a string of one char per byte. */
  text(index: number): string {
    const start = this.starts[index] as number;
    const end = this.ends[index] as number;
    if (start === end) return "";
    if (index > 0) return this.bytes.toString("latin1", start, end);
    if (!isShortText(this.bytes, start, end, this.#firstText))
      this.#firstText = this.bytes.toString("latin1", start, end);
    return this.#firstText;
  }

  /** An argument as a view of `bytes`, not a copy. */
  data(index: number): Uint8Array {
    return this.bytes.subarray(this.starts[index], this.ends[index]);
  }

  /** An argument in memory of its own: a copy, or a view of a buffer that is this packet's alone. */
  ownData(index: number): Uint8Array {
    if (this.ownsBytes) return this.data(index);
    return copyOf(this.bytes, this.starts[index] as number, this.ends[index] as number);
  }

  /** Reads the header at `at`, of which 12 bytes are there, into type, isRequest and bodyBytes. */
  #readHeader(bytes: Buffer, at: number): boolean {
    if (!this.#readMagic(bytes, at)) return false;
    const type = bytes[at + 7] as number;
    const typeRest = (bytes[at + 4] as number) | (bytes[at + 5] as number) | (bytes[at + 6] as number);
    if (typeRest !== 0 || type === 0 || type > PACKET_TYPE_MAX) return this.#fail("badType");
    this.type = type;
    this.bodyBytes =
      (((bytes[at + 8] as number) << 24) |
        ((bytes[at + 9] as number) << 16) |
        ((bytes[at + 10] as number) << 8) |
        (bytes[at + 11] as number)) >>>
      0;
    if (this.bodyBytes > this.#bodyBytesMax) return this.#fail("bodyTooLarge");
    const countsWhole = ENDS_IN_DATA[type] === 0 && (ARGUMENT_COUNTS[type] as number) > 0;
    return countsWhole && this.bodyBytes > this.#argBytesMax ? this.#fail("argumentsTooLong") : true;
  }

  /** Reads the magic at `at`, of which 4 bytes are there. */
  #readMagic(bytes: Buffer, at: number): boolean {
    const magic = ((bytes[at + 1] as number) << 16) | ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number);
    this.isRequest = magic === MAGIC_REQUEST;
    return this.isRequest || magic === MAGIC_RESPONSE ? true : this.#fail("badMagic");
  }

  /** Says ITEM.packet for the whole body at `start`, if its arguments are right. */
  #deliver(bytes: Buffer, start: number, end: number, ownsBytes: boolean): Item {
    this.bytes = bytes;
    this.bodyStart = start;
    this.bodyEnd = end;
    this.ownsBytes = ownsBytes;
    return this.#splitArguments(bytes, start, end) ? ITEM.packet : ITEM.fault;
  }

  /** Looks for the NULs of the arguments, of which at least `argBytesMax` bytes or the whole body must be there. */
  #splitArguments(bytes: Buffer, start: number, end: number): boolean {
    const count = ARGUMENT_COUNTS[this.type] as number;
    this.argCount = count;
    if (count === 0) return true;
    const limit = end - start > this.#argBytesMax ? start + this.#argBytesMax : end;
    const starts = this.starts;
    const ends = this.ends;
    const last = count - 1;
    let at = start;
    for (let index = 0; index < last; index++) {
      starts[index] = at;
      while (at < limit && bytes[at] !== 0) at++;
      if (at >= limit) return this.#fail(end - start >= this.#argBytesMax ? "argumentsTooLong" : "tooFewArguments");
      ends[index] = at++;
    }
    starts[last] = at;
    ends[last] = end;
    return true;
  }

  /** The header at the chunk's position is read and right, but its body is not all there. */
  #beginIncomplete(): Item {
    if (this.bodyBytes <= this.#largeBodyBytes) return this.#holdRest(HEADER_BYTES + this.bodyBytes);
    this.#at += HEADER_BYTES;
    return this.#announce();
  }

  /** Says ITEM.large for a body that begins at the chunk's position. */
  #announce(): Item {
    this.bytes = NOTHING;
    this.#isChecked = false;
    if (!this.#checkEarly(this.#chunk, this.#at, this.#end)) return ITEM.fault;
    this.#state = AT.announced;
    return ITEM.large;
  }

  /** Checks the arguments of an incomplete body once, as soon as enough of it is there to know. */
  #checkEarly(bytes: Buffer, start: number, end: number): boolean {
    if (this.#isChecked || end - start < this.#argBytesMax) return true;
    this.#isChecked = true;
    return this.#splitArguments(bytes, start, start + this.#argBytesMax);
  }

  #nextSlowly(): Item {
    if (this.#state === AT.held) return this.#held.bytes[0] === 0 ? this.#continuePacket() : this.#readLine();
    if (this.#state === AT.filling) return this.#fill();
    return this.#state === AT.announced ? ITEM.large : ITEM.fault;
  }

  /** Holds what is left of the chunk, an item's beginning, so that the chunk can go. */
  #holdRest(goalBytes: number): Item {
    const rest = this.#end - this.#at;
    if (rest === 0) return this.#sayMore();
    this.#state = AT.held;
    this.#heldGoal = goalBytes;
    this.#isChecked = false;
    this.#hold(rest);
    return this.#isHeldRight() ? this.#sayMore() : ITEM.fault;
  }

  #isHeldRight(): boolean {
    if (this.#held.bytes[0] !== 0) return true;
    if (this.#heldGoal > HEADER_BYTES) return this.#checkEarly(this.#held.bytes, HEADER_BYTES, this.#held.length);
    return this.#held.length < MAGIC_BYTES || this.#readMagic(this.#held.bytes, 0);
  }

  #continuePacket(): Item {
    if (this.#heldGoal === HEADER_BYTES) {
      this.#hold(Math.min(HEADER_BYTES - this.#held.length, this.#end - this.#at));
      if (this.#held.length < HEADER_BYTES) return this.#isHeldRight() ? this.#sayMore() : ITEM.fault;
      if (!this.#readHeader(this.#held.bytes, 0)) return ITEM.fault;
      this.#heldGoal = HEADER_BYTES + this.bodyBytes;
      if (this.#end - this.#at >= this.bodyBytes) return this.#deliverBehindHeader();
      if (this.bodyBytes > this.#largeBodyBytes) {
        this.#releaseHeld();
        return this.#announce();
      }
    }
    this.#hold(Math.min(this.#heldGoal - this.#held.length, this.#end - this.#at));
    if (!this.#isHeldRight()) return ITEM.fault;
    if (this.#held.length < this.#heldGoal) return this.#sayMore();
    const bytes = this.#held.bytes;
    this.#releaseHeld();
    return this.#deliver(bytes, HEADER_BYTES, this.#heldGoal, false);
  }

  /** Only the header was held: its body lies whole in the chunk and is read there. */
  #deliverBehindHeader(): Item {
    const start = this.#at;
    this.#at = start + this.bodyBytes;
    this.#releaseHeld();
    return this.#deliver(this.#chunk, start, this.#at, false);
  }

  #fill(): Item {
    const large = this.#large;
    const count = Math.min(large.length - this.#largeBytes, this.#end - this.#at);
    this.#chunk.copy(large, this.#largeBytes, this.#at, this.#at + count);
    this.#at += count;
    this.#largeBytes += count;
    if (this.#largeBytes < large.length) {
      return this.#checkEarly(large, 0, this.#largeBytes) ? this.#sayMore() : ITEM.fault;
    }
    this.#large = NOTHING;
    this.#state = AT.start;
    return this.#deliver(large, 0, large.length, true);
  }

  #readLine(): Item {
    const found = this.#findNewline();
    const bytes = (found < 0 ? this.#end : found + 1) - this.#at;
    if (this.#isLineTooLong(this.#held.length + bytes, found)) return ITEM.fault;
    if (found < 0) return this.#holdRest(this.#textBytesMax);
    if (this.#held.length === 0) {
      this.#at += bytes;
      return this.#sayText(this.#chunk, found + 1 - bytes, found);
    }
    this.#hold(bytes);
    const line = this.#held.bytes;
    const end = this.#held.length - 1;
    this.#releaseHeld();
    return this.#sayText(line, 0, end);
  }

  /** Where the chunk's next newline is, or -1; joined chunks have bytes of no meaning behind their end. */
  #findNewline(): number {
    const found = this.#chunk.indexOf(NEWLINE, this.#at);
    return found < this.#end ? found : -1;
  }

  /** A line without its newline has one byte more to come at least. */
  #isLineTooLong(bytes: number, found: number): boolean {
    return (found < 0 ? bytes + 1 : bytes) > this.#textBytesMax && !this.#fail("textTooLong");
  }

  #sayText(bytes: Buffer, start: number, end: number): Item {
    this.bytes = NOTHING;
    this.lineHadReturn = end > start && bytes[end - 1] === RETURN;
    this.line = bytes.toString("latin1", start, this.lineHadReturn ? end - 1 : end);
    return ITEM.text;
  }

  #sayMore(): Item {
    this.#releaseChunk();
    return ITEM.more;
  }

  /** Enters the state that is never left; false, so that a check may end with it. */
  #fail(fault: Fault): false {
    this.fault = fault;
    this.#releaseHeld();
    this.#releaseChunk();
    this.#large = NOTHING;
    this.#state = AT.fault;
    return false;
  }

  /** Moves the next `count` bytes of the chunk to the held item. */
  #hold(count: number): void {
    this.#held.add(this.#chunk, this.#at, this.#at + count, this.#heldGoal);
    this.#at += count;
  }

  /** Puts `more` behind the unread bytes, in memory of our own. */
  #append(more: Uint8Array): void {
    const joined = this.#joined;
    if (this.#chunk !== joined.bytes || this.#at > joined.length / 2) {
      joined.release();
      joined.add(this.#chunk, this.#at, this.#end, 0);
      this.#at = 0;
    }
    joined.add(more, 0, more.length, Number.POSITIVE_INFINITY);
    this.#chunk = joined.bytes;
    this.#end = joined.length;
  }

  #releaseHeld(): void {
    this.#held.release();
    this.#state = AT.start;
  }

  #releaseChunk(): void {
    this.bytes = NOTHING;
    this.#chunk = NOTHING;
    this.#at = 0;
    this.#end = 0;
    this.#joined.release();
  }
}
