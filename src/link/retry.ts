/** When a lost server is tried again: soon at first, then less often, and never all clients in step. */
import { LIMITS } from "../base/limits.ts";

/** The waits of one connection. */
export class Retry {
  #tries = 0;

  /** The next wait, ms: doubles from LIMITS.retryMsMin to retryMsMax, less a random part of up to a half. */
  nextMs(): number {
    const fullMs = Math.min(LIMITS.retryMsMax, LIMITS.retryMsMin * 2 ** this.#tries);
    this.#tries = Math.min(this.#tries + 1, 30);
    return Math.ceil(fullMs * (1 - Math.random() / 2));
  }

  /** The server was heard: the next wait is the shortest again. */
  reset(): void {
    this.#tries = 0;
  }
}
