/** Makes the calls of a script on a play, and counts which kinds of call and which turns of events were reached. */
import type { ReportKind } from "../../src/job/effects.ts";
import { Mismatch } from "./mismatch.ts";
import {
  type Command,
  type CommandName,
  FUNCTION_NAMES,
  type ReportName,
  type Script,
  UNIQUES,
  WORKLOADS,
} from "./model-commands.ts";
import { type Implementation, Play } from "./model-play.ts";
import type { ModelAnswer, ModelConnection, ModelRequest } from "./model-records.ts";
import { countsOf, nextDueAtMs } from "./model-sums.ts";

/** How often each kind of call, and each turn of events, was reached. */
export type Hits = Map<string, number>;

const CONNECTIONS_MAX = 5;
const KINDS: Record<Exclude<ReportName, "WORK_STATUS">, ReportKind> = {
  WORK_DATA: "data",
  WORK_WARNING: "warning",
  WORK_COMPLETE: "complete",
  WORK_FAIL: "fail",
  WORK_EXCEPTION: "exception",
};
const REPORT_NAMES = ["WORK_STATUS", ...(Object.keys(KINDS) as (keyof typeof KINDS)[])] as const;
const STATUS_WORDS = ["1", "007", " 12", "-3", "x", "4294967297", "", "+2z"] as const;
const QUEUE_MAXES = [undefined, [1, 2, 3], [2, 1, 1]] as const;
const TIMEOUTS_MS = [0, 50, 120] as const;
const WAITS_MS = [1, 29, 30, 100, 1_000, 0, 0, 0, 0, 0] as const;
const SERIALS_REMEMBERED = 12;

/** Runs a script; throws a Mismatch where table and model differ, or where the table crashes. */
export function runScript(implementation: Implementation, script: Script, hits: Hits): void {
  const run = new Run(implementation, script, hits);
  for (const [index, command] of script.commands.entries()) {
    explain(() => run.make(command), `call ${index + 1} of ${script.commands.length}: ${command.name}`);
  }
  explain(() => run.finish(), "at the end");
}

function explain(call: () => void, where: string): void {
  try {
    call();
  } catch (error) {
    if (error instanceof Mismatch) throw new Mismatch(error.check, `${error.detail} (${where})`);
    throw new Mismatch("crash", `${String(error)} (${where})`);
  }
}

/** One script under way. */
class Run {
  readonly #play: Play;
  readonly #hits: Hits;
  readonly #recent: number[] = [];
  #nowMs = 1_000;

  constructor(implementation: Implementation, script: Script, hits: Hits) {
    this.#play = new Play(implementation, script.settings);
    this.#hits = hits;
    for (let count = 0; count < 3; count++) this.#play.connect();
  }

  make(command: Command): void {
    this.#nowMs += command.delayMs;
    if (this.#dispatch(command)) this.#hit(command.name);
  }

  finish(): void {
    this.#play.finish(this.#nowMs);
  }

  #hit(name: string): void {
    this.#hits.set(name, (this.#hits.get(name) ?? 0) + 1);
  }

  /** Whether the call could be made. */
  #dispatch(command: Command): boolean {
    const { name } = command;
    const connection = this.#play.model.connections.at(command.connection % (this.#play.model.connections.length || 1));
    if (name === "connect") return this.#connect();
    if (connection === undefined) return false;
    if (name.startsWith("SUBMIT")) return this.#submit(connection, command);
    if (name.startsWith("WORK_")) return this.#work(connection, command);
    return this.#workerCall(connection, command) || this.#clientCall(command) || this.#tableCall(connection, command);
  }

  #connect(): boolean {
    if (this.#play.model.connections.length >= CONNECTIONS_MAX) return false;
    this.#play.connect();
    return true;
  }

  #submit(connection: ModelConnection, command: Command): boolean {
    const request = requestOf(command, this.#nowMs);
    const { model } = this.#play;
    const before = model.jobs.length;
    const storing = model.storing.length;
    const answer = this.#play.submit(connection, request, this.#nowMs);
    if (typeof answer === "number") this.#remember(answer);
    this.#hit(`submit with unique "${request.unique}"`);
    if (request.isDurable && request.isBackground) this.#hit("submit durable");
    if (model.jobs.length === before) this.#hit(eventOf(answer, model.storing.length > storing));
    return true;
  }

  #remember(serial: number): void {
    this.#recent.push(serial);
    if (this.#recent.length > SERIALS_REMEMBERED) this.#recent.shift();
  }

  #work(speaker: ModelConnection, command: Command): boolean {
    const { jobs, connections } = this.#play.model;
    if (command.name === "WORK_* of a cancelled job") {
      const worker = connections.find((each) => each.swallowed.length > 0);
      const serial = worker?.swallowed[0];
      if (worker === undefined || serial === undefined) return false;
      return this.#report(worker, serial, REPORT_NAMES[command.variant % REPORT_NAMES.length] ?? "WORK_DATA", command);
    }
    const name = REPORT_NAMES.find((each) => command.name.startsWith(each)) ?? "WORK_DATA";
    if (command.name.endsWith("by holder")) {
      const running = jobs.filter((job) => job.state === "running");
      const job = running[command.choice % (running.length || 1)];
      return job?.worker !== undefined && this.#report(job.worker, job.serial, name, command);
    }
    const serial = this.#recent[command.choice % (this.#recent.length || 1)] ?? 3;
    if (speaker.held.some((job) => job.serial === serial)) return false;
    return this.#report(speaker, serial, name, command);
  }

  #report(connection: ModelConnection, serial: number, name: ReportName, command: Command): boolean {
    const words = [STATUS_WORDS[command.choice % 8] ?? "", STATUS_WORDS[command.variant % 8] ?? ""] as const;
    const answer =
      name === "WORK_STATUS"
        ? this.#play.progress(connection, serial, words, this.#nowMs)
        : this.#play.report(connection, [serial, KINDS[name], name === "WORK_FAIL" ? "" : "data"], this.#nowMs);
    this.#hit(`what a worker says is ${answer}`);
    return true;
  }

  #workerCall(connection: ModelConnection, command: Command): boolean {
    const functionName = FUNCTION_NAMES[command.function] ?? "";
    switch (command.name) {
      case "CAN_DO":
        this.#play.can(connection, functionName, undefined, this.#nowMs);
        return true;
      case "CAN_DO_TIMEOUT":
        this.#play.can(connection, functionName, TIMEOUTS_MS[command.choice % 3], this.#nowMs);
        return true;
      case "CANT_DO":
        this.#play.cannot(connection, functionName, this.#nowMs);
        return true;
      case "RESET_ABILITIES":
        this.#play.resetAbilities(connection, this.#nowMs);
        return true;
      case "PRE_SLEEP":
        this.#play.sleep(connection, command.choice % 2 === 0, this.#nowMs);
        return true;
      case "GRAB_JOB": {
        const serial = this.#play.grab(connection, this.#nowMs);
        if (serial !== undefined) this.#remember(serial);
        this.#hit(serial === undefined ? "grab gives nothing" : "grab gives a job");
        return true;
      }
      default:
        return false;
    }
  }

  #clientCall(command: Command): boolean {
    const { jobs } = this.#play.model;
    const serial = this.#recent[command.choice % (this.#recent.length || 1)] ?? 3;
    const running = jobs.filter((job) => job.state === "running");
    switch (command.name) {
      case "GET_STATUS":
        this.#play.find(serial);
        return true;
      case "GET_STATUS_UNIQUE":
        this.#play.findUnique(UNIQUES[command.choice % UNIQUES.length] ?? "");
        return true;
      case "cancel job":
        this.#play.cancel(jobs[command.choice % (jobs.length || 1)]?.serial ?? serial, this.#nowMs);
        return true;
      case "cancel running job": {
        const job = running[command.choice % (running.length || 1)];
        if (job === undefined) return false;
        this.#play.cancel(job.serial, this.#nowMs);
        return true;
      }
      default:
        return false;
    }
  }

  #tableCall(connection: ModelConnection, command: Command): boolean {
    const functionName = FUNCTION_NAMES[command.function] ?? "";
    switch (command.name) {
      case "close":
        this.#play.close(this.#leaver(command) ?? connection, this.#nowMs);
        return true;
      case "time passes":
        this.#pass(command);
        return true;
      case "store adds":
      case "store refuses":
        return this.#answer(command);
      case "create function":
        this.#play.createFunction(functionName, this.#nowMs);
        return true;
      case "drop function":
        this.#play.dropFunction(functionName, this.#nowMs);
        return true;
      case "maxqueue":
        this.#play.setQueueMax(functionName, QUEUE_MAXES[command.choice % 3], this.#nowMs);
        return true;
      default:
        return false;
    }
  }

  /** At every other close, somebody who watches a job that the store was asked for. */
  #leaver(command: Command): ModelConnection | undefined {
    if (command.choice % 2 === 0) return undefined;
    return this.#play.model.connections.find((each) => each.watched.some((job) => job.isStoring));
  }

  #pass(command: Command): void {
    const { model } = this.#play;
    const waitMs = WAITS_MS[command.choice] ?? 0;
    const nextMs = nextDueAtMs(model);
    this.#nowMs =
      waitMs > 0 || nextMs === Number.POSITIVE_INFINITY ? this.#nowMs + waitMs : Math.max(this.#nowMs, nextMs);
    const late = model.jobs.filter(({ timerAtMs }) => timerAtMs !== undefined && timerAtMs <= this.#nowMs);
    for (const { state } of late) this.#hit(state === "running" ? "an attempt times out" : "a scheduled job falls due");
    const { credits } = countsOf(model);
    this.#play.advance(this.#nowMs);
    if (countsOf(model).credits < credits) this.#hit("a woken worker is overtaken for good");
  }

  #answer(command: Command): boolean {
    const { storing } = this.#play.model;
    const job = storing[command.choice % (storing.length || 1)];
    if (job === undefined) return false;
    this.#hit(`the store answers about a job that is ${job.state}`);
    this.#play.answer(job, command.name === "store adds" ? undefined : "storeFailed", this.#nowMs);
    this.#remember(job.serial);
    return true;
  }
}

function eventOf(answer: ModelAnswer, isStoring: boolean): string {
  if (typeof answer === "number") return "submit joins a live job";
  if (answer !== "waits") return `submit is refused: ${answer}`;
  return isStoring ? "submit makes a live job durable" : "submit joins and waits";
}

/** How each packet submits: priority and background; what is left comes from the command's numbers. */
// biome-ignore format: a table
const SUBMITS: Partial<Record<CommandName, Pick<ModelRequest, "priority" | "isBackground">>> = {
  SUBMIT_JOB:                   { priority: 1, isBackground: false },
  SUBMIT_JOB_HIGH:              { priority: 0, isBackground: false },
  SUBMIT_JOB_LOW:               { priority: 2, isBackground: false },
  SUBMIT_JOB_BG:                { priority: 1, isBackground: true },
  SUBMIT_JOB_HIGH_BG:           { priority: 0, isBackground: true },
  SUBMIT_JOB_LOW_BG:            { priority: 2, isBackground: true },
  SUBMIT_JOB_EPOCH:             { priority: 1, isBackground: true },
  SUBMIT_REDUCE_JOB:            { priority: 1, isBackground: false },
  SUBMIT_REDUCE_JOB_BACKGROUND: { priority: 1, isBackground: true },
};

function requestOf({ name, function: functionIndex, choice, variant }: Command, nowMs: number): ModelRequest {
  const submit = SUBMITS[name] ?? { priority: 1, isBackground: false };
  return {
    ...submit,
    functionName: FUNCTION_NAMES[functionIndex] ?? "",
    unique: UNIQUES[variant % 4] ?? "",
    workload: WORKLOADS[choice % 3] ?? "",
    isDurable: variant >= 12,
    reducer: name.startsWith("SUBMIT_REDUCE") ? ["", "r"][choice % 2] : undefined,
    dueAtMs: name === "SUBMIT_JOB_EPOCH" ? Math.max(0, roundedMs(nowMs) + (choice - 2) * 100) : 0,
  };
}

/** Epoch jobs come in whole steps, so that some are due together. */
function roundedMs(nowMs: number): number {
  return Math.floor(nowMs / 100) * 100;
}
