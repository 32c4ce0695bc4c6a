/**
 * A slow, plainly right job table: arrays and linear scans, written from the protocol's behaviour and the design.
 *
 * It says what every call returns, which effects it has in which order, and what is left behind. It does not say who is woken:
 * that is seen in the real table and checked against rules (see wake-up-rules.ts).
 */
import type { Refusal, ReportKind } from "../../src/job/effects.ts";
import type { JobTableSettings } from "../../src/job/job-table-settings.ts";
import {
  atoi,
  bytesOf,
  isSameJob,
  type ModelAbility,
  type ModelAnswer,
  type ModelConnection,
  type ModelFunction,
  type ModelJob,
  type ModelRequest,
  newConnection,
  newJob,
  without,
} from "./model-records.ts";

/** The model; fields may be read by the play that compares. */
export class Model {
  readonly settings: JobTableSettings;
  /** Live jobs, oldest first. */
  jobs: ModelJob[] = [];
  /** Jobs that the store was asked for and has not answered, live or over. */
  storing: ModelJob[] = [];
  /** All jobs that could be assigned, first come first. */
  line: ModelJob[] = [];
  /** Functions, oldest first. */
  functions: ModelFunction[] = [];
  /** Open connections. */
  connections: ModelConnection[] = [];
  /** What was to be done, in order; taken by the play after every call. */
  effects: string[] = [];
  #nextSerial: number;
  #step = 0;

  constructor(settings: JobTableSettings) {
    this.settings = settings;
    this.#nextSerial = settings.firstSerial;
  }

  connect(id: number): ModelConnection {
    const connection = newConnection(id);
    this.connections.push(connection);
    return connection;
  }

  // ---- functions

  /** The function, made where it is missing; the one idle longest makes room. */
  obtain(name: string): ModelFunction | undefined {
    const known = this.functions.find((each) => each.name === name);
    if (known !== undefined) return known;
    if (this.functions.length >= this.settings.functionsMax) {
      const idle = this.functions.filter((each) => each.idleSince !== undefined);
      idle.sort((one, other) => (one.idleSince ?? 0) - (other.idleSince ?? 0));
      const [oldest] = idle;
      if (oldest === undefined) return undefined;
      this.functions = without(this.functions, oldest);
    }
    const made: ModelFunction = { name, queueMax: undefined, idleSince: ++this.#step };
    this.functions.push(made);
    return made;
  }

  setQueueMax(name: string, queueMax: ModelFunction["queueMax"]): void {
    const known = this.obtain(name);
    if (known !== undefined) known.queueMax = queueMax;
    this.#noteIdle();
  }

  /** `drop function` of one without jobs and workers. */
  drop(name: string): boolean {
    if (this.jobsOf(name).length > 0 || this.workersOf(name).length > 0) return false;
    this.functions = this.functions.filter((each) => each.name !== name);
    return true;
  }

  jobsOf(name: string): ModelJob[] {
    return this.jobs.filter((job) => job.request.functionName === name);
  }

  workersOf(name: string): ModelConnection[] {
    return this.connections.filter((each) => each.abilities.some((ability) => ability.functionName === name));
  }

  #noteIdle(): void {
    this.#step++;
    for (const each of this.functions) {
      const isNeeded =
        each.queueMax !== undefined || this.jobsOf(each.name).length > 0 || this.workersOf(each.name).length > 0;
      if (isNeeded) each.idleSince = undefined;
      else each.idleSince ??= this.#step;
    }
  }

  // ---- clients

  submit(connection: ModelConnection, request: ModelRequest, ticket: number, nowMs: number): ModelAnswer {
    const known = this.obtain(request.functionName);
    if (known === undefined) return "functionsMax";
    const live = this.jobs.find((job) => isSameJob(job.request, request));
    if (live !== undefined) return this.#join(connection, live, request, ticket);
    const most = known.queueMax?.[request.priority];
    if (most !== undefined && this.jobsOf(known.name).length >= most) return "queueFull";
    if (this.#bytes() + bytesOf(request) > this.settings.memoryBytesMax) return "memoryFull";
    const job = newJob(this.#nextSerial++, request);
    this.jobs.push(job);
    this.#noteIdle();
    if (request.isBackground && request.isDurable) {
      this.#store(job, { connection, ticket, isBackground: true });
      return "waits";
    }
    if (!request.isBackground) this.#watch(connection, job);
    this.#admit(job, nowMs);
    return job.serial;
  }

  #bytes(): number {
    return this.jobs.reduce((sum, job) => sum + bytesOf(job.request), 0);
  }

  #join(connection: ModelConnection, job: ModelJob, request: ModelRequest, ticket: number): ModelAnswer {
    const waiter = { connection, ticket, isBackground: request.isBackground };
    if (job.state === "pending") {
      job.waiters.push(waiter);
      return "waits";
    }
    if (!request.isBackground) {
      this.#watch(connection, job);
      return job.serial;
    }
    if (request.isDurable && !job.isStored) {
      this.#store(job, waiter);
      return "waits";
    }
    job.isBackground = true;
    return job.serial;
  }

  #store(job: ModelJob, waiter: ModelJob["waiters"][number]): void {
    job.waiters.push(waiter);
    if (job.isStoring) return;
    job.isStoring = true;
    this.storing.push(job);
    this.effects.push(`store ${job.serial}`);
  }

  #watch(connection: ModelConnection, job: ModelJob): void {
    job.watchers.push(connection);
    if (!connection.watched.includes(job)) connection.watched.push(job);
  }

  #admit(job: ModelJob, nowMs: number): void {
    if (job.request.dueAtMs > nowMs) {
      job.state = "scheduled";
      job.timerAtMs = job.request.dueAtMs;
    } else this.#queue(job);
  }

  #queue(job: ModelJob): void {
    job.state = "queued";
    job.timerAtMs = undefined;
    job.worker = undefined;
    this.line.push(job);
  }

  /** The store's answer: added, or refused with the reason. */
  answer(job: ModelJob, refusal: Refusal | undefined, nowMs: number): void {
    const { waiters } = job;
    job.waiters = [];
    job.isStoring = false;
    this.storing = without(this.storing, job);
    if (refusal !== undefined) {
      for (const { connection, ticket } of waiters) {
        this.effects.push(`refuse ${refusal} to ${connection.id} ticket ${ticket}`);
      }
      if (job.state === "pending") this.#end(job);
      else this.#dropUnwanted(job);
      return;
    }
    job.isStored = true;
    if (job.state === "pending") this.#admit(job, nowMs);
    if (job.state === "over") this.effects.push(`forget ${job.serial}`);
    for (const { connection, ticket, isBackground } of waiters) {
      this.effects.push(`create ${job.serial} for ${connection.id} ticket ${ticket}`);
      if (isBackground) job.isBackground = true;
      else if (!connection.isClosed) this.#watch(connection, job);
    }
    if (job.state !== "over") return;
    this.#tell(job, "fail", "");
    this.#unwatchAll(job);
  }

  cancel(serial: number): boolean {
    const job = this.find(serial);
    if (job === undefined) return false;
    this.#tell(job, "fail", "");
    job.worker?.swallowed.push(serial);
    this.#end(job);
    return true;
  }

  find(serial: number): ModelJob | undefined {
    return this.jobs.find((job) => job.serial === serial);
  }

  /** GET_STATUS_UNIQUE: the oldest job with this unique, of any function; never one of unique `-`. */
  findUnique(unique: string): ModelJob | undefined {
    if (unique === "" || unique === "-") return undefined;
    return this.jobs.find((job) => job.request.unique === unique);
  }

  // ---- workers

  can(connection: ModelConnection, name: string, timeoutMs: number | undefined): boolean {
    if (this.obtain(name) === undefined) return false;
    let ability = connection.abilities.find((each) => each.functionName === name);
    if (ability === undefined) {
      ability = { functionName: name, timeoutMs: 0 };
      connection.abilities.push(ability);
      connection.turns.unshift(ability);
      this.#noteIdle();
    }
    if (timeoutMs !== undefined) ability.timeoutMs = timeoutMs;
    return true;
  }

  cannot(connection: ModelConnection, name: string): void {
    const ability = connection.abilities.find((each) => each.functionName === name);
    if (ability === undefined) return;
    connection.abilities = without(connection.abilities, ability);
    connection.turns = without(connection.turns, ability);
    if (connection.credit?.functionName === name) connection.credit = undefined;
    for (const job of connection.held.filter((each) => each.request.functionName === name)) this.#takeBack(job);
    this.#noteIdle();
  }

  resetAbilities(connection: ModelConnection): void {
    for (const { functionName } of connection.abilities) this.cannot(connection, functionName);
  }

  sleep(connection: ModelConnection): void {
    this.#rouse(connection);
    connection.isAsleep = true;
  }

  #rouse(connection: ModelConnection): void {
    connection.isAsleep = false;
    connection.hasNoop = false;
    connection.credit = undefined;
  }

  /** The serial of the job that GRAB_JOB gives. */
  grab(connection: ModelConnection, nowMs: number): number | undefined {
    this.#rouse(connection);
    const [ability, job] = this.#choose(connection);
    if (ability === undefined || job === undefined) return undefined;
    if (this.settings.isRoundRobin) connection.turns = [...without(connection.turns, ability), ability];
    this.line = without(this.line, job);
    job.state = "running";
    job.worker = connection;
    connection.held.push(job);
    if (ability.timeoutMs > 0) job.timerAtMs = nowMs + ability.timeoutMs;
    return job.serial;
  }

  #choose(connection: ModelConnection): [ModelAbility?, ModelJob?] {
    const choices: [ModelAbility, 0 | 1 | 2][] = [];
    if (this.settings.priorityScope === "worker") {
      for (const priority of [0, 1, 2] as const) for (const turn of connection.turns) choices.push([turn, priority]);
    } else {
      for (const turn of connection.turns) for (const priority of [0, 1, 2] as const) choices.push([turn, priority]);
    }
    for (const [ability, priority] of choices) {
      const job = this.line.find(
        ({ request }) => request.functionName === ability.functionName && request.priority === priority,
      );
      if (job !== undefined) return [ability, job];
    }
    return [];
  }

  progress(connection: ModelConnection, serial: number, numerator: string, denominator: string): string {
    const job = this.find(serial);
    if (job?.worker !== connection) return connection.swallowed.includes(serial) ? "swallowed" : "unknown";
    job.numerator = atoi(numerator);
    job.denominator = atoi(denominator);
    for (const { id } of job.watchers) this.effects.push(`status ${numerator}/${denominator} of ${serial} to ${id}`);
    return "done";
  }

  report(connection: ModelConnection, serial: number, kind: ReportKind, data: string): string {
    const isLast = kind === "complete" || kind === "fail" || kind === "exception";
    const job = this.find(serial);
    if (job?.worker !== connection) {
      if (!connection.swallowed.includes(serial)) return "unknown";
      if (isLast) connection.swallowed = without(connection.swallowed, serial);
      return "swallowed";
    }
    this.#tell(job, kind, data);
    if (isLast) this.#end(job);
    return "done";
  }

  // ---- both

  close(connection: ModelConnection): void {
    connection.isClosed = true;
    this.#rouse(connection);
    for (const job of connection.watched) {
      job.watchers = without(job.watchers, connection);
      this.#dropUnwanted(job);
    }
    connection.watched = [];
    this.resetAbilities(connection);
    this.connections = without(this.connections, connection);
  }

  /** Time has come to `nowMs`: due jobs are queued, late attempts end, late workers lose their credit. */
  advance(nowMs: number): void {
    const late = this.jobs.filter((job) => job.timerAtMs !== undefined && job.timerAtMs <= nowMs);
    late.sort((one, other) => (one.timerAtMs ?? 0) - (other.timerAtMs ?? 0) || one.serial - other.serial);
    for (const job of late) {
      if (job.state === "running") this.#takeBack(job);
      else this.#queue(job);
    }
    for (const connection of this.connections) {
      const { credit } = connection;
      if (credit && credit.sinceMs + this.settings.wakeOvertakeMs <= nowMs) connection.credit = undefined;
    }
  }

  /** The worker is lost to the job. */
  #takeBack(job: ModelJob): void {
    job.retryCount++;
    this.effects.push(`lose ${job.serial} of ${job.worker?.id}`);
    if (!this.#isWanted(job)) this.#end(job);
    else if (job.retryCount >= this.settings.assignmentsMax) {
      this.#tell(job, "fail", "");
      this.#end(job);
    } else {
      if (job.worker !== undefined) job.worker.held = without(job.worker.held, job);
      job.numerator = 0;
      job.denominator = 0;
      this.#queue(job);
    }
  }

  #isWanted(job: ModelJob): boolean {
    return job.isBackground || job.watchers.length > 0 || job.isStoring;
  }

  #dropUnwanted(job: ModelJob): void {
    if ((job.state === "queued" || job.state === "scheduled") && !this.#isWanted(job)) this.#end(job);
  }

  #tell(job: ModelJob, kind: ReportKind, data: string): void {
    for (const { id } of job.watchers) this.effects.push(`forward ${kind} "${data}" of ${job.serial} to ${id}`);
  }

  #end(job: ModelJob): void {
    job.state = "over";
    this.jobs = without(this.jobs, job);
    this.line = without(this.line, job);
    if (job.worker !== undefined) job.worker.held = without(job.worker.held, job);
    job.worker = undefined;
    job.timerAtMs = undefined;
    this.#unwatchAll(job);
    if (job.isStored) this.effects.push(`forget ${job.serial}`);
    this.#noteIdle();
  }

  #unwatchAll(job: ModelJob): void {
    for (const watcher of job.watchers) watcher.watched = without(watcher.watched, job);
    job.watchers = [];
  }
}
