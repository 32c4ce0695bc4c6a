/**
 * The table of all jobs: who submitted what, who runs it, who is told.
 *
 * Pure and deterministic: time is handed in with every call, and what must be done goes to a sink of effects. Every public method
 * leaves the table whole, and the wake-ups balanced (see wake-ups.ts).
 */
import { type ByteRange, NO_BYTES } from "../base/byte-range.ts";
import { assert } from "../base/errors.ts";
import { Ability, type Connection } from "./connection.ts";
import { decimalStart } from "./decimal.ts";
import { DueHeap } from "./due-heap.ts";
import type { JobEffects, Refusal, ReportKind } from "./effects.ts";
import { FunctionTable } from "./function-table.ts";
import { isCoalescing, Job, type Submission } from "./job.ts";
import { JobMap } from "./job-map.ts";
import type { JobTableSettings } from "./job-table-settings.ts";
import { type JobEvent, step } from "./states.ts";
import { bestOverall, firstWithJobs } from "./turn.ts";
import { UniqueTable } from "./unique-table.ts";
import { WakeUps } from "./wake-ups.ts";
import { Watchers } from "./watchers.ts";

/** A submit is answered with its job, a refusal, or "waits": then `create` or `refuse` comes with the ticket. */
export type SubmitAnswer = Job | Refusal | "waits";

/** What may come of a packet about a job in hand: done, not the worker's job, or taken without a word. */
export type ReportAnswer = "done" | "unknown" | "swallowed";

/** What a queued job takes besides its workload, bytes; measured with 64-byte workloads at one million jobs. */
const JOB_BYTES = 512;

/** The one table of jobs of a server. */
export class JobTable {
  readonly functions: FunctionTable;
  readonly #settings: JobTableSettings;
  readonly #effects: JobEffects;
  readonly #jobs: JobMap;
  readonly #uniques = new UniqueTable();
  readonly #due = new DueHeap();
  readonly #wakeUps: WakeUps;
  readonly #watchers = new Watchers();
  #nextSerial: number;
  #bytes = 0;
  #isBusy = false;

  constructor(settings: JobTableSettings, effects: JobEffects) {
    this.#settings = settings;
    this.#effects = effects;
    this.functions = new FunctionTable(settings.functionsMax);
    this.#wakeUps = new WakeUps(settings, effects);
    this.#jobs = new JobMap(settings.firstSerial);
    this.#nextSerial = settings.firstSerial;
  }

  /** When `advance` must be called next, ms; Infinity for never. */
  get nextDueAtMs(): number {
    return Math.min(this.#due.first?.dueAtMs ?? Number.POSITIVE_INFINITY, this.#wakeUps.nextOvertakeAtMs);
  }

  /** What the table holds at this moment; all but functions are 0 when nothing is going on. */
  counts(): Record<"jobs" | "credits" | "timers" | "uniques" | "watchers" | "functions", number> {
    return {
      jobs: this.#jobs.size,
      credits: this.#wakeUps.creditCount,
      timers: this.#due.length,
      uniques: this.#uniques.size,
      watchers: this.#watchers.count,
      functions: this.functions.size,
    };
  }

  /** All jobs, oldest first. */
  jobs(): IterableIterator<Job> {
    return this.#jobs.values();
  }

  find(serial: number): Job | undefined {
    return this.#jobs.get(serial);
  }

  /** A job with this unique, of whatever function; jobs of unique `-` are not found. */
  findUnique(unique: string): Job | undefined {
    return isCoalescing(unique) ? this.#uniques.findAny(unique) : undefined;
  }

  // ---- clients

  /** Submits a job or joins the live one of the same function and unique. `ticket` names the submit should it have to wait. */
  submit(connection: Connection, submission: Submission, ticket: number, nowMs: number): SubmitAnswer {
    this.#enter();
    const answer = this.#submit(connection, submission, ticket, nowMs);
    this.#isBusy = false;
    return answer;
  }

  #submit(connection: Connection, submission: Submission, ticket: number, nowMs: number): SubmitAnswer {
    const functionQueue = this.functions.obtain(submission.functionName);
    if (functionQueue === undefined) return "functionsMax";
    if (isCoalescing(submission.uniqueKey)) {
      const live = this.#uniques.find(functionQueue, submission.uniqueKey);
      if (live !== undefined) return this.#join(connection, live, submission, ticket);
    }
    if (functionQueue.isFull(submission.priority)) return "queueFull";
    if (this.#bytes + submission.workload.length + JOB_BYTES > this.#settings.memoryBytesMax) return "memoryFull";
    const job = new Job(this.#nextSerial++, functionQueue, submission);
    this.#jobs.add(job);
    this.#uniques.add(job);
    this.#bytes += job.workload.length + JOB_BYTES;
    functionQueue.totalCount++;
    if (functionQueue.totalCount === 1) this.functions.note(functionQueue);
    if (!job.isBackground) this.#watchers.add(connection, job);
    if (submission.isDurable && submission.isBackground) {
      job.waiters = [{ connection, ticket, isBackground: true }];
      job.dueAtMs = submission.dueAtMs;
      this.#effects.store(job);
      return "waits";
    }
    this.#admit(job, submission.dueAtMs, nowMs);
    return job;
  }

  #join(connection: Connection, job: Job, submission: Submission, ticket: number): SubmitAnswer {
    const { isBackground } = submission;
    if (job.state === "pending") {
      job.waiters?.push({ connection, ticket, isBackground });
      return "waits";
    }
    if (!isBackground) {
      this.#watchers.add(connection, job);
      return job;
    }
    if (!submission.isDurable || job.isStored) {
      job.isBackground = true;
      return job;
    }
    const waiter = { connection, ticket, isBackground };
    if (job.waiters === undefined) {
      job.waiters = [waiter];
      this.#effects.store(job);
    } else job.waiters.push(waiter);
    return "waits";
  }

  /** The store has answered: the job is in it, or will not be. Who waited to watch one cancelled meanwhile hears so. */
  answer(job: Job, refusal: Refusal | undefined, nowMs: number): void {
    this.#enter();
    const { waiters } = job;
    job.waiters = undefined;
    if (refusal === undefined) {
      job.isStored = true;
      if (job.state === "pending") this.#admit(job, job.dueAtMs, nowMs);
      if (job.state === "over") this.#effects.forget(job);
    } else if (job.state === "pending") this.#end(job, "refuse");
    for (const waiter of waiters ?? []) {
      if (refusal !== undefined) this.#effects.refuse(waiter, refusal);
      else {
        if (waiter.isBackground) job.isBackground = true;
        else if (!waiter.connection.isClosed) this.#watchers.add(waiter.connection, job);
        this.#effects.create(waiter, job);
      }
    }
    if (job.state === "over") {
      this.#forwardAll(job, "fail", NO_BYTES);
      this.#watchers.clear(job);
    } else this.#dropUnwanted(job);
    this.#isBusy = false;
  }

  /** From now on the job counts: it is queued, or waits for its time. */
  #admit(job: Job, dueAtMs: number, nowMs: number): void {
    if (dueAtMs > nowMs) {
      step(job, "postpone");
      job.functionQueue.countScheduled(job.priority, 1);
      this.#due.add(job, dueAtMs);
      return;
    }
    step(job, "add");
    job.dueAtMs = Number.POSITIVE_INFINITY;
    job.functionQueue.enqueue(job);
    this.#wakeUps.balance(job.functionQueue, nowMs);
  }

  /** Cancels a job in any state: its watchers hear WORK_FAIL, what its worker still says is swallowed. */
  cancel(serial: number, nowMs: number): boolean {
    const job = this.#jobs.get(serial);
    if (job === undefined) return false;
    this.#enter();
    this.#forwardAll(job, "fail", NO_BYTES);
    job.worker?.swallow(job.serial);
    this.#end(job, "cancel");
    this.#wakeUps.balance(job.functionQueue, nowMs);
    this.#isBusy = false;
    return true;
  }

  // ---- workers

  /** CAN_DO and CAN_DO_TIMEOUT; false where there are too many functions. `timeoutMs` undefined keeps what was set. */
  can(connection: Connection, functionName: string, timeoutMs: number | undefined, nowMs: number): boolean {
    this.#enter();
    const functionQueue = this.functions.obtain(functionName);
    if (functionQueue !== undefined) {
      let ability = connection.abilities.get(functionQueue);
      if (ability === undefined) {
        ability = new Ability(connection, functionQueue);
        connection.abilities.set(functionQueue, ability);
        connection.addTurnFirst(ability);
        functionQueue.workerCount++;
        this.functions.note(functionQueue);
        this.#wakeUps.learn(ability, nowMs);
      }
      if (timeoutMs !== undefined) ability.timeoutMs = timeoutMs;
    }
    this.#isBusy = false;
    return functionQueue !== undefined;
  }

  /** CANT_DO: jobs of the function that it holds are taken back. */
  cannot(connection: Connection, functionName: string, nowMs: number): void {
    this.#enter();
    const functionQueue = this.functions.find(functionName);
    const ability = functionQueue && connection.abilities.get(functionQueue);
    if (ability !== undefined) this.#unlearn(ability, nowMs);
    this.#isBusy = false;
  }

  /** RESET_ABILITIES: CANT_DO of every function. */
  resetAbilities(connection: Connection, nowMs: number): void {
    this.#enter();
    for (const ability of connection.abilities.values()) this.#unlearn(ability, nowMs);
    this.#isBusy = false;
  }

  #unlearn(ability: Ability, nowMs: number): void {
    const { connection, functionQueue } = ability;
    connection.abilities.delete(functionQueue);
    connection.removeTurn(ability);
    functionQueue.workerCount--;
    this.#wakeUps.unlearn(ability, nowMs);
    for (const job of [...connection.held]) if (job.functionQueue === functionQueue) this.#takeBack(job, nowMs);
    this.functions.note(functionQueue);
  }

  /** PRE_SLEEP; with `isFirst` the worker is woken before those who sleep already. */
  sleep(connection: Connection, isFirst: boolean, nowMs: number): void {
    this.#enter();
    this.#wakeUps.sleep(connection, isFirst, nowMs);
    this.#isBusy = false;
  }

  /** GRAB_JOB: the next job for this worker, now running. */
  grab(connection: Connection, nowMs: number): Job | undefined {
    this.#enter();
    const credited = this.#wakeUps.rouse(connection);
    const ability = this.#settings.priorityScope === "worker" ? bestOverall(connection) : firstWithJobs(connection);
    const job = ability?.functionQueue.first();
    if (ability !== undefined && job !== undefined) {
      if (this.#settings.isRoundRobin) connection.moveTurnLast(ability);
      step(job, "grab");
      ability.functionQueue.dequeue(job);
      ability.functionQueue.runningCount++;
      job.worker = connection;
      connection.held.push(job);
      if (ability.timeoutMs > 0) this.#due.add(job, nowMs + ability.timeoutMs);
    }
    if (credited !== undefined) this.#wakeUps.balance(credited, nowMs);
    this.#isBusy = false;
    return job;
  }

  /** WORK_STATUS: the numbers are kept, the words go on as they came. */
  progress(connection: Connection, serial: number, words: readonly [string, string]): ReportAnswer {
    const job = this.#jobs.get(serial);
    if (job === undefined || job.worker !== connection) return this.#notHeld(connection, serial, false);
    this.#enter();
    job.numerator = decimalStart(words[0]);
    job.denominator = decimalStart(words[1]);
    for (const watcher of job.watchers ?? []) this.#effects.forwardStatus(watcher, job, words[0], words[1]);
    this.#isBusy = false;
    return "done";
  }

  /** WORK_DATA, WORK_WARNING, and the last words WORK_COMPLETE, WORK_FAIL and WORK_EXCEPTION, which end the job. */
  report(connection: Connection, serial: number, kind: ReportKind, data: ByteRange): ReportAnswer {
    const isLastWord = kind !== "data" && kind !== "warning";
    const job = this.#jobs.get(serial);
    if (job === undefined || job.worker !== connection) return this.#notHeld(connection, serial, isLastWord);
    this.#enter();
    this.#forwardAll(job, kind, data);
    if (isLastWord) this.#end(job, kind === "complete" ? "complete" : "fail");
    this.#isBusy = false;
    return "done";
  }

  #notHeld(connection: Connection, serial: number, isLastWord: boolean): ReportAnswer {
    return connection.isSwallowed(serial, isLastWord) ? "swallowed" : "unknown";
  }

  // ---- both

  /** The connection is gone: its jobs in hand are queued again, its foreground jobs dropped where nobody else watches. */
  close(connection: Connection, nowMs: number): void {
    this.#enter();
    connection.isClosed = true;
    const credited = this.#wakeUps.rouse(connection);
    for (const job of connection.watched) {
      this.#watchers.remove(connection, job);
      this.#dropUnwanted(job);
    }
    connection.watched.clear();
    for (const ability of connection.abilities.values()) this.#unlearn(ability, nowMs);
    if (credited !== undefined) this.#wakeUps.balance(credited, nowMs);
    this.#isBusy = false;
  }

  /** A job that nobody wants any more ends, unless a worker has it. */
  #dropUnwanted(job: Job): void {
    if (!job.isWanted && job.waiters === undefined && job.state !== "running") this.#end(job, "abandon");
  }

  /** Time has passed: jobs fall due, attempts time out, late workers are overtaken. */
  advance(nowMs: number): void {
    this.#enter();
    for (let job = this.#due.first; job !== undefined && job.dueAtMs <= nowMs; job = this.#due.first) {
      if (job.state === "running") this.#takeBack(job, nowMs);
      else this.#fallDue(job, nowMs);
    }
    this.#wakeUps.overtake(nowMs);
    this.#isBusy = false;
  }

  #fallDue(job: Job, nowMs: number): void {
    this.#due.remove(job);
    step(job, "due");
    job.functionQueue.countScheduled(job.priority, -1);
    job.functionQueue.enqueue(job);
    this.#wakeUps.balance(job.functionQueue, nowMs);
  }

  /** The attempt is over without a last word: the job is queued again at the tail, or ends. */
  #takeBack(job: Job, nowMs: number): void {
    job.retryCount++;
    this.#effects.lose(job);
    if (!job.isWanted && job.waiters === undefined) {
      this.#end(job, "abandon");
      return;
    }
    if (job.retryCount >= this.#settings.assignmentsMax) {
      this.#forwardAll(job, "fail", NO_BYTES);
      this.#end(job, "fail");
      return;
    }
    this.#letGo(job);
    step(job, "lose");
    job.numerator = 0;
    job.denominator = 0;
    job.functionQueue.enqueue(job);
    this.#wakeUps.balance(job.functionQueue, nowMs);
  }

  /** The job is no longer in its worker's hands. */
  #letGo(job: Job): void {
    job.worker?.held.remove(job);
    job.worker = undefined;
    job.functionQueue.runningCount--;
    this.#due.remove(job);
  }

  /** The job leaves the table. */
  #end(job: Job, event: JobEvent): void {
    const { functionQueue } = job;
    if (job.state === "running") this.#letGo(job);
    else if (job.state === "queued") functionQueue.dequeue(job);
    else if (job.state === "scheduled") {
      functionQueue.countScheduled(job.priority, -1);
      this.#due.remove(job);
    }
    step(job, event);
    this.#jobs.delete(job);
    this.#uniques.remove(job);
    this.#bytes -= job.workload.length + JOB_BYTES;
    this.#watchers.clear(job);
    functionQueue.totalCount--;
    if (functionQueue.totalCount === 0) this.functions.note(functionQueue);
    if (job.isStored) this.#effects.forget(job);
  }

  #forwardAll(job: Job, kind: ReportKind, data: ByteRange): void {
    if (job.watchers === undefined) return;
    for (const watcher of job.watchers) this.#effects.forward(watcher, job, kind, data);
  }

  #enter(): void {
    assert(!this.#isBusy, "an effect called the job table back");
    this.#isBusy = true;
  }
}
