/**
 * One connection to one job server: connects when told, sends, reads packets, and notices when the server is gone.
 *
 * ```text
 *            connect()              socket is open
 *   closed ------------> connecting --------------> open     owner.opened
 *     ^                      |                       |
 *     +----------------------+-----------------------+       owner.lost
 *        refused, too late        ended, silent, no Gearman
 * ```
 *
 * What is sent in one turn of the event loop goes out in one write. Whether a lost line is connected again is the owner's choice.
 */
import { connect, type Socket } from "node:net";
import { GearError, type GearErrorCode } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import { ITEM, PacketReader } from "../protocol/packet-reader.ts";
import { PACKETS } from "../protocol/packets.ts";
import { OutBytes } from "./out-bytes.ts";
import { Retry } from "./retry.ts";
import type { ServerAddress } from "./server-address.ts";

/** Whoever uses a line. */
export interface LineOwner {
  /** The connection is open; what is sent from within is the first on it. */
  opened(line: Line): void;
  /** A packet came. It lies in `reader` until the call returns. */
  packet(line: Line, reader: PacketReader): void;
  /**
   * An open connection ended (`wasOpen`), or one could not be opened; the line is closed and may be connected again, also from
   * within. Code CONNECTION_LOST, NO_SERVER, PROTOCOL_ERROR, or what `fail` was given.
   */
  lost(line: Line, error: GearError, wasOpen: boolean): void;
  /** Unsent bytes were above LIMITS.sendHighBytes and are gone. */
  writable(line: Line): void;
  /** Called every `tickMs` while the line is open; true: the server should be heard of, so that silence is looked into. */
  tick(line: Line): boolean;
}

/** How a line is made. */
export interface LineOptions {
  readonly address: ServerAddress;
  readonly owner: LineOwner;
  /** How long the server may take to accept, ms. */
  readonly connectMs: number;
  /** How often the owner's `tick` is called, ms. */
  readonly tickMs: number;
  /** A silent server is asked after this time, ms, and given up after twice that; default LIMITS.probeMs. */
  readonly probeMs?: number;
}

/** What the kernel gives: read to the end before the next, by whichever line, because a reader keeps only copies. */
const RECEIVED = Buffer.allocUnsafeSlow(64 * 1024);
/** What a probe asks back, so that it is not taken for an echo of the owner. */
const PROBE = "gearwright probe";
const NO_BYTES = new Uint8Array(0);
const { ECHO_REQ, ECHO_RES } = PACKETS;

/** A line to one server. */
export class Line {
  /** The server, as it was given. */
  readonly name: string;
  /** When to try again; reset by every packet that comes. */
  readonly retry = new Retry();
  readonly #options: LineOptions;
  readonly #owner: LineOwner;
  readonly #out = new OutBytes();
  #reader: PacketReader = newReader();
  #socket: Socket | undefined = undefined;
  #isOpen = false;
  #isEnding = false;
  #isFlushing = false;
  #isHigh = false;
  #isReferenced = true;
  #error: GearError | undefined = undefined;
  #timer: ReturnType<typeof setTimeout> | undefined = undefined;
  #hasHeard = false;
  #silentMs = 0;
  #probes = 0;

  constructor(options: LineOptions) {
    this.#options = options;
    this.#owner = options.owner;
    this.name = options.address.name;
  }

  /** Whether packets can be sent. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Whether there is a connection, or one is being opened or ended. */
  get isBusy(): boolean {
    return this.#socket !== undefined;
  }

  /** Bytes that the kernel has not taken yet. */
  get unsentBytes(): number {
    return this.#out.length + (this.#socket?.writableLength ?? 0);
  }

  /** Whether more should be sent only when the owner's `writable` is called. */
  get isHigh(): boolean {
    return this.#isHigh;
  }

  /** Opens the connection; nothing where there is one already. */
  connect(): void {
    if (this.#socket !== undefined) return;
    const socket = connect({
      ...this.#options.address.place,
      noDelay: true,
      onread: {
        buffer: RECEIVED,
        callback: (count, bytes) => {
          this.#read(socket, Buffer.from(bytes.buffer, bytes.byteOffset, count));
          return true;
        },
      },
    });
    this.#socket = socket;
    this.#error = undefined;
    this.#reader = newReader();
    if (!this.#isReferenced) socket.unref();
    this.#timer = setTimeout(() => {
      this.#fail("NO_SERVER", `${this.name} did not accept within ${this.#options.connectMs} ms`);
    }, this.#options.connectMs);
    socket.on("connect", () => this.#opened(socket));
    socket.on("drain", () => this.#drained(socket));
    socket.on("error", (error) => this.#explain(error));
    socket.on("close", () => this.#closed(socket));
  }

  /** Sends a packet at the end of this turn; dropped where the line is not open. Arguments as in OutBytes.add. */
  send(type: number, head: string, data: Uint8Array = NO_BYTES): void {
    if (!this.#isOpen) return;
    this.#out.add(type, head, data);
    if (this.#out.length > LIMITS.sendHighBytes) this.#isHigh = true;
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    process.nextTick(flush, this);
  }

  /** Whether the connection keeps the process alive; true at first. */
  keepAlive(isKept: boolean): void {
    if (this.#isReferenced === isKept) return;
    this.#isReferenced = isKept;
    if (isKept) this.#socket?.ref();
    else this.#socket?.unref();
  }

  /** Ends the connection because of `error`, which `lost` then gets. */
  fail(error: GearError): void {
    this.#error ??= error;
    this.#socket?.destroy();
  }

  /** Sends what is left, at most for 2 s, and ends the connection; `lost` gets CLOSED. */
  end(): void {
    const socket = this.#socket;
    if (socket === undefined || this.#isEnding) return;
    this.#error ??= new GearError("CLOSED", `the connection to ${this.name} was closed`);
    if (!this.#isOpen) {
      socket.destroy();
      return;
    }
    this.flush();
    this.#isEnding = true;
    this.#isOpen = false;
    const timer = setTimeout(() => socket.destroy(), LIMITS.endMs);
    socket.once("close", () => clearTimeout(timer));
    // `end` alone may cut the last chunk on Bun (oven-sh/bun#41785), so it is called when all is written.
    socket.write("", () => socket.end());
  }

  /** Sends at once what waits for the end of the turn. */
  flush(): void {
    this.#isFlushing = false;
    const socket = this.#socket;
    if (socket === undefined || !this.#isOpen) return;
    const pieces = this.#out.take();
    if (pieces.length > 1) socket.cork();
    for (const piece of pieces) socket.write(piece);
    if (pieces.length > 1) socket.uncork();
    if (socket.writableLength > LIMITS.sendHighBytes) this.#isHigh = true;
    else if (this.#isHigh && !socket.writableNeedDrain) this.#drained(socket);
  }

  #opened(socket: Socket): void {
    clearTimeout(this.#timer);
    socket.setKeepAlive(true, LIMITS.keepAliveMs);
    this.#isOpen = true;
    this.#hasHeard = true;
    this.#silentMs = 0;
    this.#probes = 0;
    this.#timer = setInterval(() => this.#tick(), this.#options.tickMs);
    this.#timer.unref();
    this.#owner.opened(this);
  }

  #read(socket: Socket, chunk: Buffer): void {
    this.#hasHeard = true;
    const reader = this.#reader;
    reader.push(chunk);
    while (this.#socket === socket && !socket.destroyed) {
      const item = reader.next();
      if (item === ITEM.packet && !reader.isRequest) this.#packet(reader);
      else if (item === ITEM.more) return;
      else if (item === ITEM.large) reader.accept();
      else {
        const what = item === ITEM.fault ? reader.fault : item === ITEM.text ? "a line of text" : "a request";
        this.#fail("PROTOCOL_ERROR", `${this.name} sent what no job server sends (${what}); is it one?`);
      }
    }
  }

  #packet(reader: PacketReader): void {
    this.retry.reset();
    if (this.#probes > 0 && reader.type === ECHO_RES.type && reader.text(0) === PROBE) this.#probes -= 1;
    else this.#owner.packet(this, reader);
  }

  /** Silence of `probeMs` where the server should be heard is looked into; twice that is the end of the connection. */
  #tick(): void {
    const { tickMs, probeMs = LIMITS.probeMs } = this.#options;
    const isExpecting = this.#owner.tick(this);
    if (this.#hasHeard || !isExpecting) {
      this.#hasHeard = false;
      this.#silentMs = 0;
      return;
    }
    this.#silentMs += tickMs;
    if (this.#silentMs >= 2 * probeMs) {
      this.#fail("CONNECTION_LOST", `${this.name} was silent for ${2 * probeMs} ms`);
    } else if (this.#silentMs >= probeMs && this.#probes === 0) {
      this.#probes = 1;
      this.send(ECHO_REQ.type, PROBE);
    }
  }

  #drained(socket: Socket): void {
    if (this.#socket !== socket || !this.#isHigh || !this.#isOpen) return;
    this.#isHigh = false;
    this.#owner.writable(this);
  }

  #fail(code: GearErrorCode, text: string): void {
    this.fail(new GearError(code, text));
  }

  /** Keeps the first reason of the end. */
  #explain(cause: Error): void {
    this.#error ??= this.#isOpen
      ? new GearError("CONNECTION_LOST", `the connection to ${this.name} was lost: ${cause.message}`, { cause })
      : new GearError("NO_SERVER", `${this.name} cannot be reached: ${reasonOf(cause)}`, { cause });
  }

  #closed(socket: Socket): void {
    if (this.#socket !== socket) return;
    const wasOpen = this.#isOpen || this.#isEnding;
    const error =
      this.#error ??
      (wasOpen
        ? new GearError("CONNECTION_LOST", `${this.name} closed the connection`)
        : new GearError("NO_SERVER", `${this.name} closed the connection at once`));
    clearTimeout(this.#timer);
    this.#out.take();
    this.#socket = undefined;
    this.#isOpen = false;
    this.#isEnding = false;
    this.#isHigh = false;
    this.#owner.lost(this, error, wasOpen);
  }
}

function flush(line: Line): void {
  line.flush();
}

/** Several addresses of one name give an AggregateError without a text of its own. */
function reasonOf(cause: Error): string {
  if (cause.message !== "") return cause.message;
  return cause instanceof AggregateError ? cause.errors.map((one) => (one as Error).message).join("; ") : String(cause);
}

function newReader(): PacketReader {
  return new PacketReader({
    bodyBytesMax: LIMITS.receivedBytesMax,
    argBytesMax: LIMITS.argBytesMax,
    textBytesMax: LIMITS.textBytesMax,
    largeBodyBytes: LIMITS.largeBodyBytes,
  });
}
