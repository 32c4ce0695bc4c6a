/** Readers for connections that have something to read: an idle connection needs none, and most are idle. */
import { LIMITS } from "../base/limits.ts";
import { PacketReader } from "../protocol/packet-reader.ts";

/** Readers kept for later. */
const KEPT_READERS_MAX = 64;

/** The readers of one server that nobody uses. */
export class ReaderPool {
  readonly #bodyBytesMax: number;
  readonly #kept: PacketReader[] = [];

  constructor(bodyBytesMax: number) {
    this.#bodyBytesMax = bodyBytesMax;
  }

  take(): PacketReader {
    const kept = this.#kept.pop();
    if (kept !== undefined) return kept;
    return new PacketReader({
      bodyBytesMax: this.#bodyBytesMax,
      argBytesMax: LIMITS.argBytesMax,
      textBytesMax: LIMITS.textBytesMax,
      largeBodyBytes: LIMITS.largeBodyBytes,
    });
  }

  /** Takes back a reader that holds nothing and has no fault. */
  give(reader: PacketReader): void {
    if (this.#kept.length < KEPT_READERS_MAX) this.#kept.push(reader);
  }
}
