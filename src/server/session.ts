/** One connection of the server: bytes in become commands, replies go out in the order of the requests. */
import { LIMITS, outHardBytes } from "../base/limits.ts";
import type { Connection } from "../job/connection.ts";
import { ITEM, type Item, type PacketReader } from "../protocol/packet-reader.ts";
import type { BudgetUser } from "./buffer-budget.ts";
import { runCommand, runFault, runLine } from "./commands.ts";
import { OutBuffer } from "./out-buffer.ts";
import { type AssignForm, writeCreated, writeError } from "./replies.ts";
import { ReplyLine } from "./reply-line.ts";
import type { ServerCore } from "./server-core.ts";
import type { Wire, WireEvents } from "./wire.ts";

/** Why a connection is not read on; several may hold at once. */
// biome-ignore format: a table
const HOLD = {
  /** Its own unsent bytes. */
  out:     1,
  /** Its own waiting replies. */
  line:    2,
  /** A watcher of the job it runs does not read. */
  feeding: 4,
  /** Memory for its next packet. */
  budget:  8,
  /** It has had its share of this turn. */
  turn:    16,
} as const;

/** Steps that one connection's packets may take in a turn; a packet takes one, and one for each function of the worker. */
const TURN_STEPS_MAX = 100_000;

/** One open connection. */
export class Session implements WireEvents, BudgetUser {
  readonly core: ServerCore;
  readonly wire: Wire;
  readonly connection: Connection;
  readonly out = new OutBuffer();
  /** "-" until SET_CLIENT_ID. */
  clientId = "-";
  hasExceptions: boolean;
  /** Bytes came last at this time, ms. */
  receivedAtMs: number;
  /** Unsent bytes wait since this time without one being taken, ms; undefined when none wait. */
  blockedSinceMs: number | undefined = undefined;
  isDirty = false;
  /** How its GRAB_JOB wants to be answered, while that stands at the counter. */
  standing: AssignForm | undefined = undefined;
  isClosed = false;
  /** Nothing more is read; it closes once everything is out. */
  isFinishing = false;
  #holds = 0;
  /** Only while there is something to read: most connections are idle. */
  #reader: PacketReader | undefined = undefined;
  #line: ReplyLine | undefined = undefined;
  #nextTicket = 1;
  /** Bytes of its buffers as the budget knows them. */
  #countedBytes = 0;
  /** Bytes reserved for the large packet that is coming. */
  #reservedBytes = 0;
  /** FIN has come; what was read before it may still have to be run. */
  #hasPeerFinished = false;
  #hasSentFin = false;
  /** The workers that are not read on because this watcher does not read. */
  #feeders: Set<Session> | undefined = undefined;
  /** The watchers because of which this worker is not read on. */
  #slowWatchers: Set<Session> | undefined = undefined;

  constructor(core: ServerCore, wire: Wire, connection: Connection) {
    this.core = core;
    this.wire = wire;
    this.connection = connection;
    this.hasExceptions = core.options.hasExceptions;
    this.receivedAtMs = core.nowMs;
  }

  /** It runs a job whose watcher does not keep up. */
  get hasSlowWatcher(): boolean {
    return this.#slowWatchers !== undefined && this.#slowWatchers.size > 0;
  }

  /** It is not read on. */
  get isHeld(): boolean {
    return this.#holds !== 0;
  }

  /** Unsent bytes, with those that wait in the line. */
  get pendingBytes(): number {
    return this.#line === undefined ? this.out.length : this.out.length + this.#line.bytes;
  }

  /** Something that this peer is to get has not been handed to the kernel. */
  get hasUnsent(): boolean {
    return this.#line !== undefined || this.out.length > 0 || this.wire.isHolding;
  }

  // ---- bytes in

  /** What reads its bytes. */
  get reader(): PacketReader {
    this.#reader ??= this.core.readers.take();
    return this.#reader;
  }

  /** The packet that is being run lies in memory of its own, which never changes again. */
  get ownsPacket(): boolean {
    return this.#reader?.ownsBytes === true;
  }

  /** An incomplete packet or line has come. */
  get isMidItem(): boolean {
    return this.#reader?.isMidItem === true;
  }

  /** Bytes that have come and are not run. */
  get heldBytes(): number {
    return this.#reader?.heldBytes ?? 0;
  }

  received(chunk: Uint8Array): void {
    if (this.isClosed || this.isFinishing) return;
    this.core.beginTurn();
    this.receivedAtMs = this.core.nowMs;
    this.reader.push(chunk);
    if (this.#holds === 0) this.process();
    else {
      this.wire.pause();
      this.core.noteRead(this);
    }
  }

  /** Runs what has been read, as far as nothing holds it up. */
  process(): void {
    const { reader, core } = this;
    let steps = 0;
    let item: Item | undefined;
    while (this.#holds === 0 && !this.isFinishing && !this.isClosed) {
      if (steps > TURN_STEPS_MAX) {
        this.#waitForTurn();
        break;
      }
      item = reader.next();
      if (item === ITEM.packet) runCommand(core, this);
      else if (item === ITEM.more) break;
      else if (item === ITEM.large) this.#makeRoom();
      else if (item === ITEM.text) {
        runLine(core, this, reader.line);
        steps += core.table.functions.size;
      } else runFault(core, this);
      steps += 1 + this.connection.abilities.size;
      if (this.out.length > LIMITS.outHighBytes || this.#line !== undefined) this.#holdIfFull();
    }
    if (item === ITEM.more && reader.heldBytes === 0 && !this.isClosed) {
      this.#reader = undefined;
      core.readers.give(reader);
    }
    core.noteRead(this);
    if (this.#hasPeerFinished && this.#holds === 0) this.finish();
  }

  /** Lets the other connections come first. */
  #waitForTurn(): void {
    this.hold(HOLD.turn);
    setImmediate(() => this.release(HOLD.turn));
  }

  #makeRoom(): void {
    const { bodyBytes } = this.reader;
    // The packet before it may have ended in the same chunk.
    if (this.#reservedBytes > 0) this.core.budget.giveBack(this.#reservedBytes);
    this.#reservedBytes = 0;
    if (this.core.budget.reserve(this, bodyBytes)) {
      this.#reservedBytes = bodyBytes;
      this.reader.accept();
    } else this.hold(HOLD.budget);
  }

  /** BudgetUser: there is memory for the packet that was announced. */
  granted(): void {
    this.#reservedBytes = this.reader.bodyBytes;
    this.reader.accept();
    this.release(HOLD.budget);
  }

  #holdIfFull(): void {
    if (this.pendingBytes > LIMITS.outHighBytes) this.hold(HOLD.out);
    if (this.#line !== undefined && this.#line.slotCount >= LIMITS.pendingRepliesMax) this.hold(HOLD.line);
  }

  hold(reason: number): void {
    if (this.isClosed) return;
    if (this.#holds === 0) {
      this.wire.pause();
      this.core.held.add(this);
    }
    this.#holds |= reason;
  }

  release(reason: number): void {
    if ((this.#holds & reason) === 0) return;
    this.#holds &= ~reason;
    if (this.#holds !== 0 || this.isClosed) return;
    this.core.held.delete(this);
    this.core.resume(this);
  }

  // ---- replies

  /** Where the next reply to this connection's requests goes. */
  reply(): OutBuffer {
    if (this.standing !== undefined) this.core.counter.settle(this);
    this.core.markDirty(this);
    return this.#line === undefined ? this.out : this.#line.tail;
  }

  /** Where a packet about this job goes: behind its JOB_CREATED, if that still waits. */
  outFor(serial: number): OutBuffer {
    this.core.markDirty(this);
    return this.#line?.placeOf(serial) ?? this.#passing;
  }

  /** Where a NOOP goes: past the line, but not into the middle of a long reply. */
  noopOut(): OutBuffer {
    this.core.markDirty(this);
    return this.#passing;
  }

  get #passing(): OutBuffer {
    return this.#line?.passing ?? this.out;
  }

  replyCreated(serial: number): void {
    writeCreated(this.reply(), this.core.handles, serial);
    this.#line?.noteCreated(serial);
  }

  replyError(code: string, text: string): void {
    writeError(this.reply(), code, text);
  }

  /** The number for the next submit; it names the submit if its reply has to wait. */
  get ticket(): number {
    return this.#nextTicket;
  }

  /** The next reply waits; answers the ticket that names it. */
  holdReply(): number {
    if (this.standing !== undefined) this.core.counter.settle(this);
    this.#line ??= new ReplyLine();
    this.#line.hold(this.#nextTicket);
    return this.#nextTicket++;
  }

  /** Whether the next part of this reply would go straight out, and the peer reads what it is sent. */
  canExtend(ticket: number): boolean {
    return this.#line?.isFirst(ticket) === true && this.out.length <= LIMITS.outHighBytes;
  }

  /** A part of a reply that waited has come. */
  extendReply(ticket: number, write: (out: OutBuffer) => void): void {
    if (this.isClosed || this.#line === undefined) return;
    this.#line.extend(ticket, write);
    this.#line.release(this.out);
    this.core.markDirty(this);
  }

  /** A reply that waited has come. */
  answerReply(ticket: number, serial: number | undefined, write: (out: OutBuffer) => void): void {
    if (this.isClosed || this.#line === undefined) return;
    this.#line.answer(ticket, serial, write);
    this.#line.release(this.out);
    if (this.#line.slotCount === 0) this.#line = undefined;
    if (this.#line === undefined || this.#line.slotCount < LIMITS.pendingRepliesMax / 2) this.release(HOLD.line);
    this.core.markDirty(this);
  }

  // ---- bytes out

  /** Writes what the socket takes; at the end of a turn, and when it takes more. */
  flush(): void {
    this.isDirty = false;
    if (this.isClosed) return;
    const before = this.out.length;
    const isAllOut = this.out.flush(this.wire);
    if (isAllOut) this.blockedSinceMs = undefined;
    else if (this.blockedSinceMs === undefined || this.out.length < before) this.blockedSinceMs = this.core.nowMs;
    this.core.noteBlocked(this, !isAllOut);
    this.count();
    if (this.pendingBytes < LIMITS.outHighBytes / 2) this.release(HOLD.out);
    if (this.#feeders !== undefined && this.pendingBytes < this.#lowBytes()) this.#releaseFeeders();
    if (isAllOut && this.isFinishing && this.#line === undefined) this.#sendFin();
  }

  drained(): void {
    if (this.isClosed) return;
    this.core.beginTurn();
    this.flush();
  }

  /** A packet of `feeder`'s job has been put down here: where this peer does not keep up, the worker is not read on. */
  relieve(feeder: Session | undefined): void {
    const high = this.core.budget.isTight ? LIMITS.largeBodyBytes : LIMITS.outHighBytes;
    if (this.pendingBytes <= high) return;
    if (this.blockedSinceMs === undefined) this.flush();
    if (this.pendingBytes <= high || this.isClosed) return;
    if (this.pendingBytes > outHardBytes(this.core.options.bodyBytesMax))
      this.core.doom(this, "it does not read its job's packets");
    else if (this.core.budget.isExceeded) this.core.doom(this, "it does not read, and the buffer memory is used up");
    else if (feeder !== undefined && feeder !== this && feeder.connection.held.length === 1) {
      this.#feeders ??= new Set();
      this.#feeders.add(feeder);
      feeder.#slowWatchers ??= new Set();
      feeder.#slowWatchers.add(this);
      feeder.hold(HOLD.feeding);
    }
  }

  #lowBytes(): number {
    return (this.core.budget.isTight ? LIMITS.largeBodyBytes : LIMITS.outHighBytes) / 2;
  }

  #releaseFeeders(): void {
    for (const feeder of this.#feeders ?? []) {
      feeder.#slowWatchers?.delete(this);
      if (!feeder.hasSlowWatcher) feeder.release(HOLD.feeding);
    }
    this.#feeders = undefined;
  }

  /** Tells the budget how many bytes this connection's buffers take. */
  count(): void {
    const reserved = this.isMidItem ? this.#reservedBytes : 0;
    const now = this.isClosed ? 0 : this.pendingBytes + Math.max(0, this.heldBytes - reserved);
    const change = now - this.#countedBytes;
    const unneeded = this.#reservedBytes - reserved;
    this.#countedBytes = now;
    this.#reservedBytes = reserved;
    if (change !== 0) this.core.budget.change(change);
    if (unneeded !== 0) this.core.budget.giveBack(unneeded);
  }

  // ---- the end

  finished(): void {
    if (this.isClosed || this.isFinishing) return;
    this.core.beginTurn();
    this.#hasPeerFinished = true;
    const hasJobs = this.connection.held.length > 0 || (this.#holds & HOLD.feeding) !== 0;
    if (hasJobs && this.#holds !== HOLD.turn) this.finish();
    else this.process();
  }

  /** Reads no more, and closes once all replies are out. */
  finish(): void {
    if (this.isFinishing || this.isClosed) return;
    this.isFinishing = true;
    this.core.budget.forget(this);
    this.core.leave(this);
    this.core.markDirty(this);
  }

  #sendFin(): void {
    if (this.#hasSentFin) return;
    this.#hasSentFin = true;
    this.wire.finish();
    this.core.linger(this);
  }

  closed(): void {
    if (this.isClosed) return;
    this.core.beginTurn();
    this.core.leave(this);
    this.isClosed = true;
    this.out.clear();
    this.#line = undefined;
    this.#releaseFeeders();
    for (const watcher of this.#slowWatchers ?? []) watcher.#feeders?.delete(this);
    this.#slowWatchers = undefined;
    this.core.remove(this);
    this.core.budget.forget(this);
    this.core.budget.change(-this.#countedBytes);
    if (this.#reservedBytes > 0) this.core.budget.giveBack(this.#reservedBytes);
    this.#countedBytes = 0;
    this.#reservedBytes = 0;
  }

  /** Forgets what is unsent, and takes and reads nothing more: half a packet may have gone out, so nothing may follow it. */
  drop(): void {
    this.isFinishing = true;
    this.#hasSentFin = true;
    this.out.clear();
  }

  /** Closes at once, whatever is unsent. */
  destroy(): void {
    this.closed();
    this.wire.destroy();
  }
}
