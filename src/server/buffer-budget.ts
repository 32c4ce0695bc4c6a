/** The memory of all connections' buffers together: who may take more, and who waits for it. */

/** Counts bytes, and hands reservations out in order. */
export class BufferBudget {
  readonly #bytesMax: number;
  readonly #waiting = new Map<BudgetUser, number>();
  #usedBytes = 0;
  /** The part of the used bytes that is reserved for packets on their way. */
  #reservedBytes = 0;

  /** `bytesMax` may be exceeded by one packet: where nobody has a reservation the first one is given, so that all come through. */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** An eighth is used: slow peers get shorter buffers, so that there is room for many. */
  get isTight(): boolean {
    return this.#usedBytes > this.#bytesMax / 8;
  }

  /** Nothing is left. */
  get isExceeded(): boolean {
    return this.#usedBytes > this.#bytesMax;
  }

  /** Bytes that are left. */
  get freeBytes(): number {
    return Math.max(0, this.#bytesMax - this.#usedBytes);
  }

  /** Counts bytes that are there already, or are gone. */
  change(bytes: number): void {
    this.#usedBytes += bytes;
    if (bytes < 0) this.#serve();
  }

  /** Takes `bytes` for a packet that is about to come; false: `user` waits, and `granted` will be called. */
  reserve(user: BudgetUser, bytes: number): boolean {
    if (this.#waiting.size > 0 || !this.#hasRoomFor(bytes)) {
      this.#waiting.set(user, bytes);
      return false;
    }
    this.#take(bytes);
    return true;
  }

  /** Gives reserved bytes back. */
  giveBack(bytes: number): void {
    this.#reservedBytes -= bytes;
    this.change(-bytes);
  }

  /** The user waits no more. */
  forget(user: BudgetUser): void {
    if (this.#waiting.delete(user)) this.#serve();
  }

  #hasRoomFor(bytes: number): boolean {
    return this.#reservedBytes === 0 || this.#usedBytes + bytes <= this.#bytesMax;
  }

  #take(bytes: number): void {
    this.#usedBytes += bytes;
    this.#reservedBytes += bytes;
  }

  #serve(): void {
    for (const [user, bytes] of this.#waiting) {
      if (!this.#hasRoomFor(bytes)) return;
      this.#waiting.delete(user);
      this.#take(bytes);
      user.granted();
    }
  }
}

/** Who reserves memory. */
export interface BudgetUser {
  /** The bytes that were asked for are reserved now. Must not call the budget back. */
  granted(): void;
}
