/** Keeps a run within its time. */

/** Says whether there is time for one thing more. */
export class Deadline {
  readonly #endMs: number;
  readonly #now: () => number;

  /** `now` is a clock, ms; default: that of the machine. */
  constructor(budgetMs: number, now: () => number = () => performance.now()) {
    this.#now = now;
    this.#endMs = now() + budgetMs;
  }

  /** Whether something that takes `neededMs` would end in time. */
  hasTimeFor(neededMs: number): boolean {
    return this.#now() + neededMs <= this.#endMs;
  }
}
