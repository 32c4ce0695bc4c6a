/** What the job table knows of one connection, as worker and as client. */
import type { FunctionQueue } from "./function-queue.ts";
import type { Job } from "./job.ts";
import { JobList } from "./job-list.ts";

/** That one connection can do one function; linked into the connection's turn and the function's sleepers. */
export class Ability {
  readonly connection: Connection;
  readonly functionQueue: FunctionQueue;
  /** How long the worker may hold a job, ms; 0 for ever. */
  timeoutMs = 0;
  previousTurn: Ability | undefined = undefined;
  nextTurn: Ability | undefined = undefined;
  previousSleeper: Ability | undefined = undefined;
  nextSleeper: Ability | undefined = undefined;
  isSleeping = false;

  constructor(connection: Connection, functionQueue: FunctionQueue) {
    this.connection = connection;
    this.functionQueue = functionQueue;
  }
}

/** Swallowed jobs remembered per connection; beyond it the oldest is forgotten and answered JOB_NOT_FOUND. */
const SWALLOWED_MAX = 1_000;

/** One connection in the job table. Fields are written by the job table alone. */
export class Connection {
  /** Small number, unique among open connections; the server finds its session by it. */
  readonly index: number;
  isClosed = false;
  readonly abilities = new Map<FunctionQueue, Ability>();
  /** The abilities in the order in which they are asked for jobs: newest first, the one just served last. */
  firstTurn: Ability | undefined = undefined;
  lastTurn: Ability | undefined = undefined;
  /** PRE_SLEEP came, and no GRAB_JOB since. */
  isAsleep = false;
  /** NOOP was sent, and neither GRAB_JOB nor PRE_SLEEP has come since. */
  isWoken = false;
  /** The function its wake-up is credited to; undefined when overtaken or not woken. */
  creditedTo: FunctionQueue | undefined = undefined;
  wokenAtMs = 0;
  previousWoken: Connection | undefined = undefined;
  nextWoken: Connection | undefined = undefined;
  /** The jobs it runs. */
  readonly held = new JobList();
  /** The jobs it gets packets of. */
  readonly watched = new Set<Job>();
  /** Jobs whose attempt we ended: what it still says of them is taken without a word. */
  #swallowed: Set<number> | undefined = undefined;

  constructor(index: number) {
    this.index = index;
  }

  /** The newest ability comes first. */
  addTurnFirst(ability: Ability): void {
    ability.nextTurn = this.firstTurn;
    if (this.firstTurn === undefined) this.lastTurn = ability;
    else this.firstTurn.previousTurn = ability;
    this.firstTurn = ability;
  }

  /** The ability just served goes to the end. */
  moveTurnLast(ability: Ability): void {
    if (this.lastTurn === ability) return;
    this.removeTurn(ability);
    ability.previousTurn = this.lastTurn;
    if (this.lastTurn !== undefined) this.lastTurn.nextTurn = ability;
    else this.firstTurn = ability;
    this.lastTurn = ability;
  }

  removeTurn(ability: Ability): void {
    const { previousTurn, nextTurn } = ability;
    if (previousTurn === undefined) this.firstTurn = nextTurn;
    else previousTurn.nextTurn = nextTurn;
    if (nextTurn === undefined) this.lastTurn = previousTurn;
    else nextTurn.previousTurn = previousTurn;
    ability.previousTurn = undefined;
    ability.nextTurn = undefined;
  }

  /** Names of its functions, in the order of their turn. */
  *functionNames(): Generator<string> {
    for (let ability = this.firstTurn; ability !== undefined; ability = ability.nextTurn) {
      yield ability.functionQueue.name;
    }
  }

  swallow(serial: number): void {
    this.#swallowed ??= new Set();
    this.#swallowed.add(serial);
    if (this.#swallowed.size <= SWALLOWED_MAX) return;
    for (const oldest of this.#swallowed) {
      this.#swallowed.delete(oldest);
      return;
    }
  }

  /** Whether what it says of this job is swallowed; the last word on the job ends that. */
  isSwallowed(serial: number, isLastWord: boolean): boolean {
    if (this.#swallowed === undefined) return false;
    return isLastWord ? this.#swallowed.delete(serial) : this.#swallowed.has(serial);
  }
}
