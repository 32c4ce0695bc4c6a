/** One connection of the fuzzer: sends batches, and believes that they were handled once the server has answered the echo behind them. */
import { connect, type Socket } from "node:net";
import { encodePacket } from "../harness/wire-bytes.ts";

const HEADER_BYTES = 12;
/** Handles that a connection remembers before it cancels the oldest. */
const CREATED_MAX = 100;
/** Nothing is waited for longer than this without another look, ms. */
const LOOK_AGAIN_MS = 1_000;
/** Types of packets that the line looks at. */
const TYPE = { JOB_CREATED: 8, JOB_ASSIGN: 11, ECHO_RES: 17, JOB_ASSIGN_UNIQ: 31, JOB_ASSIGN_ALL: 40 } as const;
const ASSIGNS: ReadonlySet<number> = new Set([TYPE.JOB_ASSIGN, TYPE.JOB_ASSIGN_UNIQ, TYPE.JOB_ASSIGN_ALL]);

/** What became of a batch. */
export type BatchEnd = "handled" | "closed" | "late";

/** A connection to the server under test. */
export class FuzzLine {
  readonly #socket: Socket;
  /** Handles of jobs that it created and has not cancelled. */
  readonly created: string[] = [];
  /** Handles of jobs that it was given. */
  readonly held: string[] = [];
  isClosed = false;
  #rest: Buffer = Buffer.alloc(0);
  #mark = 0;
  #seenMark = 0;
  #wake: (() => void) | undefined = undefined;
  /** Nothing is parsed: what is sent there has no answers that can be told apart. */
  readonly #isDeaf: boolean;

  constructor(port: number, isDeaf: boolean) {
    this.#isDeaf = isDeaf;
    this.#socket = connect({ port, host: "127.0.0.1", noDelay: true });
    this.#socket.on("data", (chunk: Buffer | string) => {
      if (!this.#isDeaf) this.#read(typeof chunk === "string" ? Buffer.from(chunk, "latin1") : chunk);
    });
    for (const event of ["end", "error", "close"]) {
      this.#socket.on(event, () => {
        this.isClosed = true;
        this.#wake?.();
      });
    }
  }

  /** Sends a batch with an echo behind it; resolves when that is answered, the connection ends, or it takes too long. */
  async send(parts: readonly Uint8Array[], limitMs: number): Promise<BatchEnd> {
    this.#mark += 1;
    const echo = encodePacket("ECHO_REQ", [`mark ${this.#mark}`]);
    this.#socket.write(Buffer.concat([...parts, this.#cancels(CREATED_MAX), echo]));
    const endAtMs = performance.now() + limitMs;
    while (this.#seenMark < this.#mark) {
      if (this.isClosed) return "closed";
      if (performance.now() > endAtMs) return "late";
      await this.#more(endAtMs - performance.now());
    }
    return "handled";
  }

  /** Sends bytes that should end the connection; true when it ends in time. */
  async sendDeadly(bytes: Uint8Array, limitMs: number): Promise<boolean> {
    this.#socket.write(bytes);
    const endAtMs = performance.now() + limitMs;
    while (!this.isClosed && performance.now() < endAtMs) await this.#more(endAtMs - performance.now());
    return this.isClosed;
  }

  /** Sends bytes of which nothing is expected; resolves when the socket has taken them or has ended. */
  async sendNoise(bytes: Uint8Array): Promise<void> {
    let isTaken = false;
    this.#socket.write(bytes, () => {
      isTaken = true;
      this.#wake?.();
    });
    while (!isTaken && !this.isClosed) await this.#more(LOOK_AGAIN_MS);
  }

  /** Ends it without a word. */
  destroy(): void {
    this.#socket.destroy();
  }

  /** Cancels what it has created, so that a queue of jobs that nobody takes does not grow for ever. */
  async tidy(limitMs: number): Promise<void> {
    if (!this.isClosed) await this.send([this.#cancels(0)], limitMs);
  }

  /** Cancels all but the latest jobs. */
  #cancels(keptMax: number): Buffer {
    const old = this.created.splice(0, Math.max(0, this.created.length - keptMax));
    return Buffer.from(old.map((handle) => `cancel job ${handle}\n`).join(""), "latin1");
  }

  #more(limitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, limitMs);
      this.#wake = () => {
        clearTimeout(timer);
        this.#wake = undefined;
        resolve();
      };
    });
  }

  #read(chunk: Buffer): void {
    let bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    for (;;) {
      const length = this.#itemBytes(bytes);
      if (length === 0) break;
      if (bytes[0] === 0) this.#take(bytes.readUInt32BE(4), bytes.subarray(HEADER_BYTES, length));
      bytes = bytes.subarray(length);
    }
    this.#rest = bytes;
  }

  /** Length of the packet or text line at the start; 0 when it is not all there. */
  #itemBytes(bytes: Buffer): number {
    if (bytes.length === 0) return 0;
    if (bytes[0] !== 0) return bytes.indexOf(10) + 1;
    if (bytes.length < HEADER_BYTES) return 0;
    const length = HEADER_BYTES + bytes.readUInt32BE(8);
    return bytes.length < length ? 0 : length;
  }

  #take(type: number, body: Buffer): void {
    if (type === TYPE.JOB_CREATED) this.created.push(body.toString("latin1"));
    else if (ASSIGNS.has(type)) this.held.push(body.toString("latin1", 0, body.indexOf(0)));
    else if (type === TYPE.ECHO_RES && body.toString("latin1", 0, 5) === "mark ") {
      const mark = Number(body.toString("latin1", 5));
      if (mark !== this.#mark) return;
      this.#seenMark = mark;
      this.#wake?.();
    }
  }
}
