/**
 * A small Gearman encoder and decoder for tests, written apart from src/protocol so that tests do not share its faults.
 *
 * Strings are bytes here: one char per byte (latin1), in both directions.
 */
import { PACKETS, type PacketName } from "../../src/protocol/packets.ts";

/** A packet's argument as a test gives it: a string of one char per byte, or bytes. */
export type WireArgument = string | Uint8Array;

/** A packet as it came in. */
export interface WirePacket {
  readonly kind: "packet";
  /** `REQ` or `RES`. */
  readonly magic: string;
  readonly type: number;
  /** Its name, or `type-43` where the protocol has none. */
  readonly name: string;
  readonly body: Buffer;
}

/** A reply to a text command: one line with its end, or a list with its closing `.`. */
export interface WireText {
  readonly kind: "text";
  /** The command that it answers, in lower case, as `WireReader.expectText` was told; empty when none was. */
  readonly command: string;
  readonly text: string;
}

const HEADER_BYTES = 12;

const LISTS: ReadonlySet<string> = new Set(["status", "prioritystatus", "workers", "show jobs", "show unique jobs"]);

const ROWS_BY_TYPE = new Map(Object.entries(PACKETS).map(([name, row]) => [row.type as number, { name, row }]));

/** Whether `command` (lower case, single blanks) is answered by a list that ends in a line with a dot. */
export function isListCommand(command: string): boolean {
  return LISTS.has(command);
}

/** Bytes of an argument. */
function bytesOf(argument: WireArgument): Buffer {
  return typeof argument === "string" ? Buffer.from(argument, "latin1") : Buffer.from(argument);
}

/** How many arguments the packet `name` has; undefined for names that are not in the table. */
export function argumentCount(name: string): number | undefined {
  return Object.hasOwn(PACKETS, name) ? PACKETS[name as PacketName].args.length : undefined;
}

/** A packet with the right header; `name` may be a bare number for a type that has no name. Any count of arguments passes. */
export function encodePacket(name: string, args: readonly WireArgument[], magic: "REQ" | "RES" = "REQ"): Buffer {
  const type = Object.hasOwn(PACKETS, name) ? PACKETS[name as PacketName].type : Number(name);
  const parts: Buffer[] = [];
  for (const [index, argument] of args.entries()) {
    if (index > 0) parts.push(Buffer.of(0));
    parts.push(bytesOf(argument));
  }
  const bodyBytes = parts.reduce((sum, part) => sum + part.length, 0);
  const header = Buffer.alloc(HEADER_BYTES);
  header.write(`\0${magic}`, 0, "latin1");
  header.writeUInt32BE(type, 4);
  header.writeUInt32BE(bodyBytes, 8);
  return Buffer.concat([header, ...parts]);
}

/** The arguments of a packet, by the table: at most as many as it has; the last one runs to the end. */
export function splitArguments(packet: WirePacket): string[] {
  const count = ROWS_BY_TYPE.get(packet.type)?.row.args.length ?? 1;
  const body = packet.body.toString("latin1");
  if (count === 0) return body === "" ? [] : [body];
  const fields: string[] = [];
  let from = 0;
  while (fields.length < count - 1) {
    const end = body.indexOf("\0", from);
    if (end < 0) break;
    fields.push(body.slice(from, end));
    from = end + 1;
  }
  fields.push(body.slice(from));
  return fields;
}

/** Cuts a stream of bytes into packets and text replies. */
export class WireReader {
  readonly #chunks: Buffer[] = [];
  readonly #texts: string[] = [];
  #heldBytes = 0;

  /** Bytes that came in and are not taken yet. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Text commands that are not answered yet. */
  get openTexts(): number {
    return this.#texts.length;
  }

  /** Adds what came in. */
  add(chunk: Uint8Array): void {
    this.#chunks.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    this.#heldBytes += chunk.byteLength;
  }

  /** Says that the text `command` was sent, so that its reply is cut rightly. */
  expectText(command: string): void {
    this.#texts.push(command);
  }

  /** The next whole packet or text reply; undefined while none is there. */
  take(): WirePacket | WireText | undefined {
    if (this.#heldBytes === 0) return undefined;
    return this.#peek(1)[0] === 0 ? this.#takePacket() : this.#takeText();
  }

  #takePacket(): WirePacket | undefined {
    if (this.#heldBytes < HEADER_BYTES) return undefined;
    const bodyBytes = this.#peek(HEADER_BYTES).readUInt32BE(8);
    if (this.#heldBytes < HEADER_BYTES + bodyBytes) return undefined;
    const whole = this.#cut(HEADER_BYTES + bodyBytes);
    const type = whole.readUInt32BE(4);
    return {
      kind: "packet",
      magic: whole.toString("latin1", 1, 4),
      type,
      name: ROWS_BY_TYPE.get(type)?.name ?? `type-${type}`,
      body: whole.subarray(HEADER_BYTES),
    };
  }

  #takeText(): WireText | undefined {
    const held = this.#peek(this.#heldBytes);
    const command = this.#texts[0] ?? "";
    let end = held.indexOf("\n") + 1;
    if (end === 0) return undefined;
    if (isListCommand(command) && held.toString("latin1", 0, 3) !== "ERR") {
      const dot = held.toString("latin1", 0, 2) === ".\n" ? 0 : held.indexOf("\n.\n") + 1;
      if (dot === 0 && held.toString("latin1", 0, 2) !== ".\n") return undefined;
      end = dot + 2;
    }
    this.#texts.shift();
    return { kind: "text", command, text: this.#cut(end).toString("latin1") };
  }

  /** The first chunk holds at least `byteCount` bytes afterwards. */
  #peek(byteCount: number): Buffer {
    let first = this.#chunks[0] ?? Buffer.alloc(0);
    if (first.length < byteCount) {
      first = Buffer.concat(this.#chunks);
      this.#chunks.splice(0, this.#chunks.length, first);
    }
    return first;
  }

  #cut(byteCount: number): Buffer {
    const first = this.#peek(byteCount);
    this.#heldBytes -= byteCount;
    if (first.length === byteCount) this.#chunks.shift();
    else this.#chunks[0] = first.subarray(byteCount);
    return first.subarray(0, byteCount);
  }
}
