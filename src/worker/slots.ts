/** The jobs that a worker may have at once, shared fairly by its servers. */

/** One that asks its server for jobs. */
export interface Asker {
  /** Whether its server may have a job and it has not asked often enough. */
  readonly canAsk: boolean;
  /** Asks for one job; the slot is its own until `free`. */
  ask(): void;
}

/**
 * Counts the slots: one for each question that is open and not late, since it may bring a job, and for each job in hand.
 *
 * Free slots go round: whoever asked last comes last.
 */
export class Slots {
  readonly #askers: readonly Asker[];
  readonly #max: number;
  #taken = 0;
  #next = 0;
  #isShut = false;

  constructor(askers: readonly Asker[], max: number) {
    this.#askers = askers;
    this.#max = max;
  }

  /** Slots in use. */
  get taken(): number {
    return this.#taken;
  }

  /** Gives back `count` slots, without asking anybody. */
  free(count: number): void {
    this.#taken -= count;
  }

  /** Takes one for a late answer, even where all are taken: it may have brought a job, which is not refused. */
  retake(): void {
    this.#taken += 1;
  }

  /** Lets those that can ask take the free slots, one each in turn. */
  fill(): void {
    while (this.#taken < this.#max && !this.#isShut) {
      const asker = this.#take();
      if (asker === undefined) return;
      this.#taken += 1;
      asker.ask();
    }
  }

  /** Nobody asks any more. */
  shut(): void {
    this.#isShut = true;
  }

  #take(): Asker | undefined {
    const askers = this.#askers;
    for (let count = 0; count < askers.length; count++) {
      const asker = askers[this.#next] as Asker;
      this.#next = this.#next + 1 === askers.length ? 0 : this.#next + 1;
      if (asker.canAsk) return asker;
    }
    return undefined;
  }
}
