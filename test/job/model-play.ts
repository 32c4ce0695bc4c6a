/** Plays calls on a job table and on its model side by side, and compares all that can be seen after every call. */

import type { ByteRange } from "../../src/base/byte-range.ts";
import type { Connection as RealConnection } from "../../src/job/connection.ts";
import type { Refusal, ReportKind } from "../../src/job/effects.ts";
import type { Job } from "../../src/job/job.ts";
import type { JobTable as RealTable, SubmitAnswer } from "../../src/job/job-table.ts";
import type { JobTableSettings } from "../../src/job/job-table-settings.ts";
import { same } from "./mismatch.ts";
import { Model } from "./model.ts";
import type { ModelAnswer, ModelConnection, ModelJob, ModelRequest } from "./model-records.ts";
import { countsOf, nextDueAtMs, statusRow } from "./model-sums.ts";
import { checkWakes } from "./wake-up-rules.ts";

/** The code under test: the real one, or a copy with a planted fault. */
export interface Implementation {
  readonly JobTable: typeof RealTable;
  readonly Connection: typeof RealConnection;
  readonly workloadKey: (digest: string) => string;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** One table and its model. Every method makes one call on both and throws a Mismatch where they differ. */
export class Play {
  readonly model: Model;
  readonly #implementation: Implementation;
  readonly #table: RealTable;
  readonly #connections = new Map<number, RealConnection>();
  readonly #storing = new Map<number, Job>();
  #effects: string[] = [];
  #wokenIds: number[] = [];
  #nextId = 1;
  #nextTicket = 1;

  constructor(implementation: Implementation, settings: JobTableSettings) {
    this.#implementation = implementation;
    this.model = new Model(settings);
    const note = (effect: string): void => void this.#effects.push(effect);
    this.#table = new implementation.JobTable(settings, {
      wake: ({ index }) => this.#wokenIds.push(index),
      create: ({ connection, ticket }, { serial }) => note(`create ${serial} for ${connection.index} ticket ${ticket}`),
      refuse: ({ connection, ticket }, refusal) => note(`refuse ${refusal} to ${connection.index} ticket ${ticket}`),
      forward: ({ index }, { serial }, kind, data) =>
        note(`forward ${kind} "${decoder.decode(data.bytes.subarray(data.start, data.end))}" of ${serial} to ${index}`),
      forwardStatus: ({ index }, { serial }, numerator, denominator) =>
        note(`status ${numerator}/${denominator} of ${serial} to ${index}`),
      lose: ({ serial, worker }) => note(`lose ${serial} of ${worker?.index}`),
      store: (job) => {
        this.#storing.set(job.serial, job);
        note(`store ${job.serial}`);
      },
      forget: ({ serial }) => note(`forget ${serial}`),
    });
  }

  connect(): ModelConnection {
    const id = this.#nextId++;
    this.#connections.set(id, new this.#implementation.Connection(id));
    return this.model.connect(id);
  }

  submit(connection: ModelConnection, request: ModelRequest, nowMs: number): ModelAnswer {
    const ticket = this.#nextTicket++;
    const { unique, workload, ...rest } = request;
    const bytes = encoder.encode(workload);
    const uniqueKey = unique === "-" ? this.#implementation.workloadKey(workload) : unique;
    const submission = { ...rest, uniqueKey, workload: bytes };
    const answer = serialOf(this.#table.submit(this.#real(connection), submission, ticket, nowMs));
    const wanted = this.model.submit(connection, request, ticket, nowMs);
    same("returned value", answer, wanted);
    this.compare(nowMs);
    return wanted;
  }

  answer(job: ModelJob, refusal: Refusal | undefined, nowMs: number): void {
    const real = this.#storing.get(job.serial);
    if (real === undefined) throw new Error("the model waits for a store that the table has not asked");
    this.#storing.delete(job.serial);
    this.#table.answer(real, refusal, nowMs);
    this.model.answer(job, refusal, nowMs);
    this.compare(nowMs);
  }

  cancel(serial: number, nowMs: number): void {
    same("returned value", this.#table.cancel(serial, nowMs), this.model.cancel(serial));
    this.compare(nowMs);
  }

  can(connection: ModelConnection, name: string, timeoutMs: number | undefined, nowMs: number): void {
    const is = this.#table.can(this.#real(connection), name, timeoutMs, nowMs);
    same("returned value", is, this.model.can(connection, name, timeoutMs));
    this.compare(nowMs);
  }

  cannot(connection: ModelConnection, name: string, nowMs: number): void {
    this.#table.cannot(this.#real(connection), name, nowMs);
    this.model.cannot(connection, name);
    this.compare(nowMs);
  }

  resetAbilities(connection: ModelConnection, nowMs: number): void {
    this.#table.resetAbilities(this.#real(connection), nowMs);
    this.model.resetAbilities(connection);
    this.compare(nowMs);
  }

  sleep(connection: ModelConnection, isFirst: boolean, nowMs: number): void {
    this.#table.sleep(this.#real(connection), isFirst, nowMs);
    this.model.sleep(connection);
    this.compare(nowMs);
  }

  grab(connection: ModelConnection, nowMs: number): number | undefined {
    const is = this.#table.grab(this.#real(connection), nowMs)?.serial;
    const wanted = this.model.grab(connection, nowMs);
    same("returned value", is, wanted);
    this.compare(nowMs);
    return wanted;
  }

  progress(connection: ModelConnection, serial: number, words: readonly [string, string], nowMs: number): string {
    const wanted = this.model.progress(connection, serial, ...words);
    same("returned value", this.#table.progress(this.#real(connection), serial, words), wanted);
    this.compare(nowMs);
    return wanted;
  }

  report(connection: ModelConnection, report: [number, ReportKind, string], nowMs: number): string {
    const [serial, kind, data] = report;
    const wanted = this.model.report(connection, serial, kind, data);
    same("returned value", this.#table.report(this.#real(connection), serial, kind, rangeOf(data)), wanted);
    this.compare(nowMs);
    return wanted;
  }

  close(connection: ModelConnection, nowMs: number): void {
    const real = this.#real(connection);
    this.#table.close(real, nowMs);
    this.model.close(connection);
    this.#connections.delete(connection.id);
    const left = [real.abilities.size, real.held.length, real.watched.size, real.creditedTo, real.isClosed];
    same("returned value", left, [0, 0, 0, undefined, true]);
    this.compare(nowMs);
  }

  advance(nowMs: number): void {
    this.#table.advance(nowMs);
    this.model.advance(nowMs);
    this.compare(nowMs);
    same("next due time", this.#table.nextDueAtMs > nowMs, true);
  }

  createFunction(name: string, nowMs: number): void {
    same("returned value", this.#table.functions.obtain(name)?.name, this.model.obtain(name)?.name);
    this.compare(nowMs);
  }

  dropFunction(name: string, nowMs: number): void {
    const real = this.#table.functions.find(name);
    if (real !== undefined && this.model.drop(name)) this.#table.functions.drop(real);
    this.compare(nowMs);
  }

  setQueueMax(name: string, queueMax: readonly [number, number, number] | undefined, nowMs: number): void {
    const real = this.#table.functions.obtain(name);
    if (real !== undefined) {
      real.queueMax = queueMax;
      this.#table.functions.note(real);
    }
    this.model.setQueueMax(name, queueMax);
    this.compare(nowMs);
  }

  findUnique(unique: string): void {
    same("returned value", this.#table.findUnique(unique)?.serial, this.model.findUnique(unique)?.serial);
  }

  find(serial: number): void {
    same("returned value", this.#table.find(serial)?.serial, this.model.find(serial)?.serial);
  }

  /** Ends all that goes on; nothing may be left in the table. */
  finish(nowMs: number): void {
    const { model } = this;
    for (const connection of model.connections) this.close(connection, nowMs);
    for (const job of model.storing) this.answer(job, undefined, nowMs);
    for (const { serial } of model.jobs) this.cancel(serial, nowMs);
    const nothing = { jobs: 0, credits: 0, timers: 0, uniques: 0, watchers: 0 };
    same("left over", { ...this.#table.counts(), functions: undefined }, { ...nothing, functions: undefined });
    for (const { name, creditCount, firstSleeper } of this.#table.functions) {
      same("left over", [name, creditCount, firstSleeper === undefined], [name, 0, true]);
    }
  }

  #real(connection: ModelConnection): RealConnection {
    const real = this.#connections.get(connection.id);
    if (real === undefined) throw new Error(`connection ${connection.id} is closed`);
    return real;
  }

  /** Everything that can be seen after a call at `nowMs`. */
  compare(nowMs: number): void {
    const { model } = this;
    same("effects", this.#effects, model.effects);
    const wokenIds = this.#wokenIds;
    this.#effects = [];
    this.#wokenIds = [];
    model.effects = [];
    this.#compareJobs();
    const creditOf = (id: number): string | undefined => this.#connections.get(id)?.creditedTo?.name;
    checkWakes(model, { wokenIds, creditOf, nowMs });
    same("counts", this.#table.counts(), countsOf(model));
    this.#compareFunctions();
    for (const each of model.connections) this.#compareConnection(each);
    same("next due time", this.#table.nextDueAtMs <= nextDueAtMs(model), true);
  }

  #compareJobs(): void {
    const real = [...this.#table.jobs()];
    const wanted = this.model.jobs;
    same("jobs", real.length, wanted.length);
    for (const [index, job] of wanted.entries()) compareJob(real[index], job);
  }

  #compareFunctions(): void {
    const rows: unknown[] = [];
    for (const each of this.#table.functions) {
      const waiting = [each.waitingCount(0), each.waitingCount(1), each.waitingCount(2)];
      rows.push([each.name, each.totalCount, each.runningCount, each.workerCount, each.assignableCount, waiting]);
    }
    same(
      "status rows",
      rows,
      this.model.functions.map(({ name }) => statusRow(this.model, name)),
    );
  }

  #compareConnection(connection: ModelConnection): void {
    const real = this.#real(connection);
    const isHeld = [...real.held].map((job) => job.serial);
    same(
      "turns",
      [...real.functionNames()],
      connection.turns.map(({ functionName }) => functionName),
    );
    same(
      "job fields",
      isHeld,
      connection.held.map((job) => job.serial),
    );
    same(
      "job fields",
      [...real.watched].map((job) => job.serial),
      connection.watched.map((job) => job.serial),
    );
    same("wake-ups: credits", [real.isAsleep, real.isWoken], [connection.isAsleep, connection.hasNoop]);
  }
}

function serialOf(answer: SubmitAnswer): ModelAnswer {
  return typeof answer === "string" ? answer : answer.serial;
}

function compareJob(real: Job | undefined, job: ModelJob): void {
  same("jobs", real?.serial, job.serial);
  if (real === undefined) return;
  const { request } = job;
  if (
    real.state === job.state &&
    real.numerator === job.numerator &&
    real.denominator === job.denominator &&
    real.retryCount === job.retryCount &&
    real.isBackground === job.isBackground &&
    real.isStored === job.isStored &&
    real.worker?.index === job.worker?.id &&
    (real.watchers?.length ?? 0) === job.watchers.length &&
    (real.watchers ?? []).every((watcher, index) => watcher.index === job.watchers[index]?.id) &&
    real.functionQueue.name === request.functionName &&
    real.unique === request.unique &&
    real.priority === request.priority &&
    real.reducer === request.reducer &&
    decoder.decode(real.workload) === request.workload
  ) {
    return;
  }
  const { state, numerator, denominator, retryCount, isBackground, isStored, watchers } = job;
  const wanted = { state, numerator, denominator, retryCount, isBackground, isStored, worker: job.worker?.id };
  const { functionName, unique, priority, reducer, workload } = request;
  same(
    "job fields",
    {
      ...pick(real, wanted),
      worker: real.worker?.index,
      watchers: (real.watchers ?? []).map((watcher) => watcher.index),
      submitted: [real.functionQueue.name, real.unique, real.priority, real.reducer, decoder.decode(real.workload)],
    },
    {
      ...wanted,
      watchers: watchers.map((watcher) => watcher.id),
      submitted: [functionName, unique, priority, reducer, workload],
    },
  );
}

function pick(real: Job, wanted: object): Record<string, unknown> {
  const all: Record<string, unknown> = { ...real };
  return Object.fromEntries(Object.keys(wanted).map((key) => [key, all[key]]));
}

/** The text in the middle of other bytes, as it comes in a chunk. */
function rangeOf(text: string): ByteRange {
  const bytes = encoder.encode(`<${text}>`);
  return { bytes, start: 1, end: bytes.length - 1 };
}
