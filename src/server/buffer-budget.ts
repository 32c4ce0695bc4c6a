/** The memory of all connections' buffers together: who may take more, and who waits for it. */

/** Counts bytes, and hands reservations out in order. */
export class BufferBudget {
  readonly #bytesMax: number;
  readonly #waiting = new Map<BudgetUser, number>();
  #usedBytes = 0;

  /** `bytesMax` is not below the largest packet, so that everyone who waits is served in the end. */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** Little is left: slow peers get shorter buffers. */
  get isTight(): boolean {
    return this.#usedBytes > this.#bytesMax / 2;
  }

  /** Nothing is left. */
  get isExceeded(): boolean {
    return this.#usedBytes > this.#bytesMax;
  }

  /** Counts bytes that are there already, or are gone. */
  change(bytes: number): void {
    this.#usedBytes += bytes;
    if (bytes < 0) this.#serve();
  }

  /** Takes `bytes` for a packet that is about to come; false: `user` waits, and `granted` will be called. */
  reserve(user: BudgetUser, bytes: number): boolean {
    if (this.#waiting.size > 0 || this.#usedBytes + bytes > this.#bytesMax) {
      this.#waiting.set(user, bytes);
      return false;
    }
    this.#usedBytes += bytes;
    return true;
  }

  /** The user waits no more. */
  forget(user: BudgetUser): void {
    if (this.#waiting.delete(user)) this.#serve();
  }

  #serve(): void {
    for (const [user, bytes] of this.#waiting) {
      if (this.#usedBytes > 0 && this.#usedBytes + bytes > this.#bytesMax) return;
      this.#waiting.delete(user);
      this.#usedBytes += bytes;
      user.granted();
    }
  }
}

/** Who reserves memory. */
export interface BudgetUser {
  /** The bytes that were asked for are reserved now. Must not call the budget back. */
  granted(): void;
}
