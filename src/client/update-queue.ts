/** Updates of one job between the connection and whoever reads them, bounded. */
import { GearError } from "../base/errors.ts";
import { Fifo } from "../base/fifo.ts";
import type { Update } from "./client-options.ts";

/** What an update without data counts, bytes. */
const UPDATE_BYTES = 64;

function bytesOf(update: Update): number {
  return update.kind === "data" || update.kind === "warning" ? update.data.length + UPDATE_BYTES : UPDATE_BYTES;
}

/** Keeps updates until they are read. A status that was not read yet is replaced by a newer one that follows it. */
export class UpdateQueue implements AsyncIterableIterator<Update> {
  readonly #bytesMax: number;
  readonly #updates = new Fifo<Update>();
  #bytes = 0;
  #isEnded = false;
  #error: GearError | undefined = undefined;
  /** Readers that came before the update. */
  readonly #readers: ((result: IteratorResult<Update>) => void)[] = [];

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** Adds an update; beyond the bytes the queue ends with QUEUE_FULL. */
  push(update: Update): void {
    if (this.#isEnded) return;
    const reader = this.#readers.shift();
    if (reader !== undefined) {
      reader({ done: false, value: update });
      return;
    }
    if (update.kind === "status" && this.#updates.last?.kind === "status") {
      this.#updates.replaceLast(update);
      return;
    }
    this.#bytes += bytesOf(update);
    if (this.#bytes > this.#bytesMax) {
      this.#updates.takeAll();
      this.#error = new GearError(
        "QUEUE_FULL",
        `updates() had more than ${this.#bytesMax} bytes unread; read them as they come, or raise updateBytesMax`,
      );
      this.end();
    } else this.#updates.push(update);
  }

  /** No more updates come; those that are there can still be read. */
  end(): void {
    this.#isEnded = true;
    for (const reader of this.#readers.splice(0)) reader({ done: true, value: undefined });
  }

  next(): Promise<IteratorResult<Update>> {
    const update = this.#updates.shift();
    if (update !== undefined) {
      this.#bytes -= bytesOf(update);
      return Promise.resolve({ done: false, value: update });
    }
    if (this.#error !== undefined) {
      const error = this.#error;
      this.#error = undefined;
      return Promise.reject(error);
    }
    if (this.#isEnded) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => this.#readers.push(resolve));
  }

  /** The reader has seen enough; what comes is dropped. */
  return(): Promise<IteratorResult<Update>> {
    this.#updates.takeAll();
    this.#error = undefined;
    this.end();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
