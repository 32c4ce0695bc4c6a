/**
 * A worker between `run` and its end: all its servers, and the steps of a stop.
 *
 * ```text
 *   running --stop--> draining --drainMs--> aborting --abortMs--> given up
 *                        '-- every connection closed and every handler settled: ended --'
 * ```
 */
import { GearError } from "../base/errors.ts";
import { type Ability, registrations } from "./ability.ts";
import { Session, type Shared } from "./session.ts";
import { Slots } from "./slots.ts";
import type { WorkerSettings } from "./worker-settings.ts";

/** One run of a worker. */
export class WorkerRun implements Shared {
  readonly settings: WorkerSettings;
  readonly abilities: ReadonlyMap<string, Ability>;
  readonly slots: Slots;
  /** Resolves when nothing is left of it. */
  readonly ended: Promise<void>;
  readonly #sessions: Session[] = [];
  readonly #end: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined = undefined;
  #isStopping = false;
  #isGivenUp = false;

  constructor(settings: WorkerSettings, abilities: ReadonlyMap<string, Ability>) {
    this.settings = settings;
    this.abilities = abilities;
    this.slots = new Slots(this.#sessions, settings.concurrency);
    for (const address of settings.addresses) this.#sessions.push(new Session(this, address));
    let end: () => void = () => {};
    this.ended = new Promise((resolve) => {
      end = resolve;
    });
    this.#end = end;
  }

  /** Connects to all servers. */
  start(): void {
    for (const session of this.#sessions) session.start();
  }

  /** Tells all servers of a function that is new, or of which they must know otherwise than they do. */
  register(ability: Ability, earlier: Ability | undefined): void {
    const packets = registrations(ability, earlier);
    for (const session of this.#sessions) session.register(packets);
    this.slots.fill();
  }

  /** Tells all servers that a function is given up. */
  unregister(ability: Ability): void {
    for (const session of this.#sessions) session.unregister(ability);
  }

  /** Takes no more jobs, and ends when those in hand are over; nothing where that was said already. */
  stop(): void {
    if (this.#isStopping) return;
    this.#isStopping = true;
    this.slots.shut();
    for (const session of this.#sessions) session.stop();
    if (this.settings.drainMs === 0) this.#abortJobs();
    else this.#timer = setTimeout(() => this.#abortJobs(), this.settings.drainMs);
    this.progressed();
  }

  progressed(): void {
    if (!this.#isStopping || this.#sessions.some((session) => session.isBusy)) return;
    if (this.slots.taken > 0 && !this.#isGivenUp) return;
    clearTimeout(this.#timer);
    this.#end();
  }

  #abortJobs(): void {
    const error = new GearError("CLOSED", "the worker was stopped, and its time to end the jobs in hand is over");
    this.#timer = setTimeout(() => this.#giveUp(), this.settings.abortMs);
    for (const session of this.#sessions) session.abortJobs(error);
  }

  #giveUp(): void {
    this.#isGivenUp = true;
    const error = new GearError("CLOSED", "the worker was stopped, and a handler did not end in time");
    for (const session of this.#sessions) session.fail(error);
    this.progressed();
  }
}
