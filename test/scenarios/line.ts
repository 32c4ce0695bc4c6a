/** One connection of a scenario: what was sent on it, what is tolerated, and what comes in. */
import { pause } from "../harness/until.ts";
import { Wire, type WireAddress, type WireItem } from "../harness/wire.ts";
import { encodePacket, type WirePacket, type WireText } from "../harness/wire-bytes.ts";

/** An expected reply may take this long, ms. */
export const REPLY_MS = 4_000;
/** Time for the server to deal with bytes after which no ECHO_REQ can be sent, ms. */
const RAW_MS = 30;
/** Between the pieces of a packet that is sent in pieces, ms. */
const PIECE_MS = 1;

/** A step did not give what was expected; both sides in words. */
export class Differs extends Error {
  constructor(expected: string, got: string) {
    super(`expected ${expected}, got ${got}`);
  }
}

/** A connection with its name, a capital letter. */
export class Line {
  readonly name: string;
  /** Packets were sent that the server may not have read yet. */
  isDirty = false;
  /** Unfinished or odd bytes were sent: no ECHO_REQ can follow. */
  isRaw = false;
  /** Bytes that go out together with the next ones. */
  held: Buffer = Buffer.alloc(0);
  /** Names of packets that may come at any time; `closed` for the end. */
  readonly tolerated = new Set<string>();
  readonly #wire: Wire;
  #isEndSeen = false;

  private constructor(name: string, wire: Wire) {
    this.name = name;
    this.#wire = wire;
  }

  /** Connects. */
  static async open(name: string, address: WireAddress): Promise<Line> {
    return new Line(name, await Wire.connect(address));
  }

  /** Whether the server has closed it. */
  get ended(): boolean {
    return this.#wire.ended;
  }

  /** Whether a text command is not answered yet. */
  get hasOpenText(): boolean {
    return this.#wire.openTexts > 0;
  }

  /** Says that the text command went out, so that its reply is cut rightly. */
  expectText(command: string): void {
    this.#wire.expectText(command);
  }

  /** Sends bytes, in pieces of `pieceBytes` if it is not 0. */
  async send(bytes: Buffer, pieceBytes: number): Promise<void> {
    if (pieceBytes === 0) {
      this.#wire.write(bytes);
      return;
    }
    for (let at = 0; at < bytes.length; at += pieceBytes) {
      this.#wire.write(bytes.subarray(at, at + pieceBytes));
      await pause(PIECE_MS);
    }
  }

  /** The next thing that is not tolerated; undefined when none comes within `limitMs`. The end is told once. */
  async read(limitMs: number): Promise<WireItem | undefined> {
    const endAtMs = performance.now() + limitMs;
    if (limitMs === 0) await pause(0);
    for (;;) {
      const item = this.#wire.take();
      if (item?.kind === "packet" && this.tolerated.has(item.name)) continue;
      if (item !== undefined) return item;
      if (this.#wire.ended) {
        if (this.#isEndSeen || this.tolerated.has("closed")) return undefined;
        this.#isEndSeen = true;
        return { kind: "closed" };
      }
      const leftMs = endAtMs - performance.now();
      if (leftMs <= 0) return undefined;
      await this.#wire.more(leftMs);
    }
  }

  /** Resolves when the server has dealt with everything that was sent here. `mark` must be new to this scenario. */
  async barrier(mark: string): Promise<void> {
    this.isDirty = false;
    if (this.ended) return;
    if (this.isRaw) return pause(RAW_MS);
    this.#wire.write(encodePacket("ECHO_REQ", [mark]));
    const endAtMs = performance.now() + REPLY_MS;
    const kept: (WirePacket | WireText)[] = [];
    for (;;) {
      const item = this.#wire.take();
      if (item?.kind === "packet" && item.name === "ECHO_RES" && item.body.toString("latin1") === mark) break;
      if (item !== undefined) kept.push(item);
      else if (this.#wire.ended) break;
      else if (performance.now() >= endAtMs) {
        this.#wire.putBack(kept);
        throw new Differs(`an answer to ECHO_REQ on ${this.name}`, `none in ${REPLY_MS / 1000} s`);
      } else await this.#wire.more(endAtMs - performance.now());
    }
    this.#wire.putBack(kept);
  }

  /** Closes the socket at once. */
  close(): void {
    this.#wire.socket.destroy();
  }
}
