/** Sends the same bytes again and again as fast as the other side takes them, and tells when it takes no more. */
import type { Socket } from "node:net";
import { until } from "./until.ts";

/** A sender that takes no byte for this long is held back, ms. */
const HELD_AFTER_MS = 700;

/** Writes `piece` to a socket until `bytesMax` went out, never more ahead than the socket asks for. */
export class Pump {
  readonly #socket: Socket;
  readonly #piece: Uint8Array;
  readonly #bytesMax: number;
  #handedBytes = 0;
  #isStopped = false;

  constructor(socket: Socket, piece: Uint8Array, bytesMax: number) {
    this.#socket = socket;
    this.#piece = piece;
    this.#bytesMax = bytesMax;
    socket.on("drain", () => this.#write());
    socket.on("close", () => this.stop());
    this.#write();
  }

  /** Bytes that the kernel has taken. */
  get sentBytes(): number {
    return this.#handedBytes - this.#socket.writableLength;
  }

  /** All bytes went out. */
  get isDone(): boolean {
    return this.sentBytes >= this.#bytesMax;
  }

  /** Resolves when nothing went out for 700 ms although there is more; throws when everything went out. */
  async held(limitMs: number): Promise<void> {
    let lastBytes = -1;
    let sinceMs = performance.now();
    const look = () => {
      if (this.isDone) throw new Error(`all ${this.#bytesMax} bytes were taken`);
      if (this.sentBytes !== lastBytes) {
        lastBytes = this.sentBytes;
        sinceMs = performance.now();
      }
      return performance.now() - sinceMs >= HELD_AFTER_MS;
    };
    await until(look, { what: "the sender is held back", limitMs });
  }

  /** Sends no more. */
  stop(): void {
    this.#isStopped = true;
  }

  #write(): void {
    while (!this.#isStopped && this.#handedBytes < this.#bytesMax) {
      this.#handedBytes += this.#piece.length;
      if (!this.#socket.write(this.#piece)) return;
    }
  }
}
