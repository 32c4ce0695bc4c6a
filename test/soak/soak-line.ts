/** A raw connection for very many jobs: packets are gathered and written once per turn, and read without an object each. */
import { connect, type Socket } from "node:net";
import { PACKETS, type PacketName } from "../../src/protocol/packets.ts";

const HEADER_BYTES = 12;
const FIRST_BYTES = 4 * 1024;
const MAGIC = Buffer.from("\0REQ", "latin1");

/** What comes in: `body` is valid only during the call. */
export interface SoakEvents {
  packet(type: number, body: Buffer): void;
  /** A text line without its end. */
  text(line: string): void;
  /** The server has closed the connection. */
  lost(): void;
}

/** One connection. */
export class SoakLine {
  readonly #socket: Socket;
  readonly #events: SoakEvents;
  #out: Buffer = Buffer.allocUnsafe(FIRST_BYTES);
  #outBytes = 0;
  #isFlushing = false;
  #rest: Buffer = Buffer.alloc(0);
  #isOver = false;

  constructor(port: number, events: SoakEvents) {
    this.#events = events;
    this.#socket = connect({ port, host: "127.0.0.1", noDelay: true });
    this.#socket.on("data", (chunk: Buffer | string) => {
      this.#read(typeof chunk === "string" ? Buffer.from(chunk, "latin1") : chunk);
    });
    this.#socket.on("error", () => {});
    this.#socket.on("close", () => {
      if (!this.#isOver) events.lost();
      this.#isOver = true;
    });
  }

  /** Adds a packet; arguments are strings of one char per byte. */
  send(name: PacketName, ...args: readonly string[]): void {
    let bodyBytes = Math.max(0, args.length - 1);
    for (const arg of args) bodyBytes += arg.length;
    this.#reserve(HEADER_BYTES + bodyBytes);
    let at = this.#outBytes;
    MAGIC.copy(this.#out, at);
    this.#out.writeUInt32BE(PACKETS[name].type, at + 4);
    this.#out.writeUInt32BE(bodyBytes, at + 8);
    at += HEADER_BYTES;
    for (const [index, arg] of args.entries()) {
      if (index > 0) this.#out[at++] = 0;
      at += this.#out.write(arg, at, "latin1");
    }
    this.#outBytes = at;
    this.#flushLater();
  }

  /** Adds a text command. */
  sendText(line: string): void {
    this.#reserve(line.length + 1);
    this.#outBytes += this.#out.write(`${line}\n`, this.#outBytes, "latin1");
    this.#flushLater();
  }

  /** Ends it without a word; no more events come. */
  destroy(): void {
    this.#isOver = true;
    this.#socket.destroy();
  }

  #reserve(count: number): void {
    if (this.#outBytes + count <= this.#out.length) return;
    const larger = Buffer.allocUnsafe((this.#outBytes + count) * 2);
    this.#out.copy(larger, 0, 0, this.#outBytes);
    this.#out = larger;
  }

  #flushLater(): void {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    setImmediate(() => {
      this.#isFlushing = false;
      if (!this.#isOver) this.#socket.write(Buffer.copyBytesFrom(this.#out, 0, this.#outBytes));
      this.#outBytes = 0;
    });
  }

  #read(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    while (at < bytes.length && !this.#isOver) {
      if (bytes[at] !== 0) {
        const end = bytes.indexOf(10, at);
        if (end < 0) break;
        this.#events.text(bytes.toString("latin1", at, end));
        at = end + 1;
        continue;
      }
      if (bytes.length - at < HEADER_BYTES) break;
      const end = at + HEADER_BYTES + bytes.readUInt32BE(at + 8);
      if (bytes.length < end) break;
      this.#events.packet(bytes.readUInt32BE(at + 4), bytes.subarray(at + HEADER_BYTES, end));
      at = end;
    }
    this.#rest = at === bytes.length ? Buffer.alloc(0) : Buffer.copyBytesFrom(bytes, at);
  }
}
