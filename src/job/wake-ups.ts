/**
 * Who is woken for which job: one wake-up per job, credited to one function.
 *
 * After every call of the job table, for every function: its credits cover its assignable jobs, or every sleeping worker that
 * can do it already has its NOOP. A woken worker that does not come loses its credit after a while and another is woken.
 */
import type { Ability, Connection } from "./connection.ts";
import type { JobEffects } from "./effects.ts";
import type { FunctionQueue } from "./function-queue.ts";

/** How many are woken, and how long they are waited for. */
export interface WakeUpSettings {
  /** Sleeping workers woken for one job; 1 or more. */
  readonly wakeupsPerJob: number;
  /** A woken worker that has not come after this time is overtaken, ms. */
  readonly wakeOvertakeMs: number;
}

/** The sleeping and the woken workers of all functions. */
export class WakeUps {
  readonly #settings: WakeUpSettings;
  readonly #effects: JobEffects;
  /** Woken connections that hold a credit, longest woken first. */
  #firstWoken: Connection | undefined = undefined;
  #lastWoken: Connection | undefined = undefined;
  creditCount = 0;

  constructor(settings: WakeUpSettings, effects: JobEffects) {
    this.#settings = settings;
    this.#effects = effects;
  }

  /** When the next woken worker is overtaken, ms; Infinity when none holds a credit. */
  get nextOvertakeAtMs(): number {
    if (this.#firstWoken === undefined) return Number.POSITIVE_INFINITY;
    return this.#firstWoken.wokenAtMs + this.#settings.wakeOvertakeMs;
  }

  /** Wakes sleepers until the credits cover the assignable jobs, or none is left. */
  balance(functionQueue: FunctionQueue, nowMs: number): void {
    const wanted = functionQueue.assignableCount * this.#settings.wakeupsPerJob;
    while (functionQueue.creditCount < wanted && functionQueue.firstSleeper !== undefined) {
      this.#wake(functionQueue.firstSleeper.connection, functionQueue, nowMs);
    }
  }

  /** PRE_SLEEP: the worker is looked at for all its functions, and woken at once or left sleeping, as the next to be woken if `isFirst`. */
  sleep(connection: Connection, isFirst: boolean, nowMs: number): void {
    const credited = this.#takeCredit(connection);
    connection.isAsleep = true;
    connection.isWoken = false;
    for (let ability = connection.firstTurn; ability !== undefined; ability = ability.nextTurn) {
      ability.functionQueue.addSleeper(ability, isFirst);
    }
    if (credited !== undefined) this.balance(credited, nowMs);
    for (let ability = connection.firstTurn; ability !== undefined && !connection.isWoken; ability = ability.nextTurn) {
      this.balance(ability.functionQueue, nowMs);
    }
  }

  /** The worker sleeps no more; answers the function that has lost a credit by it and must be balanced. */
  rouse(connection: Connection): FunctionQueue | undefined {
    if (!connection.isAsleep) return undefined;
    connection.isAsleep = false;
    if (!connection.isWoken) unlinkSleeper(connection);
    connection.isWoken = false;
    return this.#takeCredit(connection);
  }

  /** A sleeping worker has learnt a function. */
  learn(ability: Ability, nowMs: number): void {
    const { connection } = ability;
    if (!connection.isAsleep || connection.isWoken) return;
    ability.functionQueue.addSleeper(ability, false);
    this.balance(ability.functionQueue, nowMs);
  }

  /** A worker has given up a function. */
  unlearn(ability: Ability, nowMs: number): void {
    ability.functionQueue.removeSleeper(ability);
    if (ability.connection.creditedTo !== ability.functionQueue) return;
    this.#takeCredit(ability.connection);
    this.balance(ability.functionQueue, nowMs);
  }

  /** Takes the credit of every woken worker that is late, and wakes others. */
  overtake(nowMs: number): void {
    while (this.#firstWoken !== undefined && this.nextOvertakeAtMs <= nowMs) {
      const late = this.#takeCredit(this.#firstWoken);
      if (late !== undefined) this.balance(late, nowMs);
    }
  }

  #wake(connection: Connection, functionQueue: FunctionQueue, nowMs: number): void {
    unlinkSleeper(connection);
    connection.isWoken = true;
    connection.creditedTo = functionQueue;
    connection.wokenAtMs = nowMs;
    connection.previousWoken = this.#lastWoken;
    if (this.#lastWoken === undefined) this.#firstWoken = connection;
    else this.#lastWoken.nextWoken = connection;
    this.#lastWoken = connection;
    functionQueue.creditCount++;
    this.creditCount++;
    this.#effects.wake(connection);
  }

  #takeCredit(connection: Connection): FunctionQueue | undefined {
    const functionQueue = connection.creditedTo;
    if (functionQueue === undefined) return undefined;
    connection.creditedTo = undefined;
    functionQueue.creditCount--;
    this.creditCount--;
    const { previousWoken, nextWoken } = connection;
    if (previousWoken === undefined) this.#firstWoken = nextWoken;
    else previousWoken.nextWoken = nextWoken;
    if (nextWoken === undefined) this.#lastWoken = previousWoken;
    else nextWoken.previousWoken = previousWoken;
    connection.previousWoken = undefined;
    connection.nextWoken = undefined;
    return functionQueue;
  }
}

function unlinkSleeper(connection: Connection): void {
  for (let ability = connection.firstTurn; ability !== undefined; ability = ability.nextTurn) {
    ability.functionQueue.removeSleeper(ability);
  }
}
