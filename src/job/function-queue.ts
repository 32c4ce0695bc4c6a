/** One function: its queued jobs by priority, who sleeps for it, and how many wake-ups are under way. */
import type { Ability } from "./connection.ts";
import type { Job, Priority } from "./job.ts";
import { JobList } from "./job-list.ts";

/** The queue of one function. Fields are written by the job table alone. */
export class FunctionQueue {
  readonly name: string;
  readonly #lists: readonly [JobList, JobList, JobList] = [new JobList(), new JobList(), new JobList()];
  /** Jobs that wait for their time, by priority. */
  readonly #scheduledCounts: [number, number, number] = [0, 0, 0];
  /** Most jobs in all before a submit of a priority is refused. */
  queueMax: readonly [number, number, number] | undefined = undefined;
  /** Jobs in any state that the table holds. */
  totalCount = 0;
  runningCount = 0;
  /** Jobs that a worker could take now. */
  assignableCount = 0;
  workerCount = 0;
  /** Wake-ups under way for this function. */
  creditCount = 0;
  firstSleeper: Ability | undefined = undefined;
  #lastSleeper: Ability | undefined = undefined;

  constructor(name: string) {
    this.name = name;
  }

  /** Nobody would miss it. */
  get isIdle(): boolean {
    return this.totalCount === 0 && this.workerCount === 0 && this.queueMax === undefined;
  }

  /** Jobs of one priority that are not running. */
  waitingCount(priority: Priority): number {
    return this.#lists[priority].length + this.#scheduledCounts[priority];
  }

  enqueue(job: Job): void {
    this.#lists[job.priority].push(job);
    this.assignableCount++;
  }

  dequeue(job: Job): void {
    this.#lists[job.priority].remove(job);
    this.assignableCount--;
  }

  countScheduled(priority: Priority, change: 1 | -1): void {
    this.#scheduledCounts[priority] += change;
  }

  /** The oldest queued job of a priority. */
  firstOf(priority: Priority): Job | undefined {
    return this.#lists[priority].head;
  }

  /** The oldest queued job of the highest priority that has one. */
  first(): Job | undefined {
    return this.#lists[0].head ?? this.#lists[1].head ?? this.#lists[2].head;
  }

  /** Whether a new job of this priority is one too many. */
  isFull(priority: Priority): boolean {
    return this.queueMax !== undefined && this.totalCount >= this.queueMax[priority];
  }

  /** The one who sleeps longest is woken first, unless a later one is put before it. */
  addSleeper(ability: Ability, isFirst: boolean): void {
    if (ability.isSleeping) return;
    ability.isSleeping = true;
    if (isFirst && this.firstSleeper !== undefined) {
      ability.nextSleeper = this.firstSleeper;
      this.firstSleeper.previousSleeper = ability;
      this.firstSleeper = ability;
      return;
    }
    ability.previousSleeper = this.#lastSleeper;
    if (this.#lastSleeper === undefined) this.firstSleeper = ability;
    else this.#lastSleeper.nextSleeper = ability;
    this.#lastSleeper = ability;
  }

  removeSleeper(ability: Ability): void {
    if (!ability.isSleeping) return;
    ability.isSleeping = false;
    const { previousSleeper, nextSleeper } = ability;
    if (previousSleeper === undefined) this.firstSleeper = nextSleeper;
    else previousSleeper.nextSleeper = nextSleeper;
    if (nextSleeper === undefined) this.#lastSleeper = previousSleeper;
    else nextSleeper.previousSleeper = previousSleeper;
    ability.previousSleeper = undefined;
    ability.nextSleeper = undefined;
  }
}
