/** Watches the resident memory of a process while something happens. */
import { residentBytes } from "./process-facts.ts";

const LOOK_EVERY_MS = 50;

/** From now on, the highest VmRSS of a process. */
export class PeakMemory implements Disposable {
  readonly #pid: number;
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #startBytes: number;
  #peakBytes: number;

  constructor(pid: number) {
    this.#pid = pid;
    this.#startBytes = residentBytes(pid);
    this.#peakBytes = this.#startBytes;
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS);
  }

  /** Highest less first, bytes. */
  get growthBytes(): number {
    this.#look();
    return this.#peakBytes - this.#startBytes;
  }

  #look(): void {
    try {
      this.#peakBytes = Math.max(this.#peakBytes, residentBytes(this.#pid));
    } catch {
      clearInterval(this.#timer);
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
