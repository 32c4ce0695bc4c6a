/** What the model of the job table remembers: plain records, held in arrays and found by looking through them. */
import type { Refusal } from "../../src/job/effects.ts";

/** A submit in the words of the protocol. */
export interface ModelRequest {
  readonly functionName: string;
  /** As submitted: "" for none, "-" for the workload itself. */
  readonly unique: string;
  readonly workload: string;
  readonly priority: 0 | 1 | 2;
  readonly isBackground: boolean;
  readonly isDurable: boolean;
  readonly reducer: string | undefined;
  /** Not before, ms; 0 for at once. */
  readonly dueAtMs: number;
}

/** A submit that waits for the store. */
export interface ModelWaiter {
  readonly connection: ModelConnection;
  readonly ticket: number;
  readonly isBackground: boolean;
}

/** One job, from its submit until it is over and the store has answered. */
export interface ModelJob {
  readonly serial: number;
  readonly request: ModelRequest;
  state: "pending" | "scheduled" | "queued" | "running" | "over";
  isBackground: boolean;
  isStored: boolean;
  /** The store was asked and has not answered. */
  isStoring: boolean;
  waiters: ModelWaiter[];
  watchers: ModelConnection[];
  worker: ModelConnection | undefined;
  numerator: number;
  denominator: number;
  retryCount: number;
  /** When it may run (scheduled) or is taken from its worker (running), ms. */
  timerAtMs: number | undefined;
}

/** One function. */
export interface ModelFunction {
  readonly name: string;
  queueMax: readonly [number, number, number] | undefined;
  /** Step at which nobody needed it any more. */
  idleSince: number | undefined;
}

/** That a worker can do a function. */
export interface ModelAbility {
  readonly functionName: string;
  timeoutMs: number;
}

/** A wake-up that counts. */
export interface ModelCredit {
  readonly functionName: string;
  readonly sinceMs: number;
}

/** One connection. */
export interface ModelConnection {
  readonly id: number;
  isClosed: boolean;
  /** In the order in which they were announced. */
  abilities: ModelAbility[];
  /** The same, next to be served first. */
  turns: ModelAbility[];
  isAsleep: boolean;
  /** NOOP was sent, and neither GRAB_JOB nor PRE_SLEEP came since. */
  hasNoop: boolean;
  credit: ModelCredit | undefined;
  /** The jobs that it holds, first taken first. */
  held: ModelJob[];
  /** The jobs that it watches, each once, first watched first. */
  watched: ModelJob[];
  /** Cancelled jobs of which it has not said the last word. */
  swallowed: number[];
}

/** What a submit gives: the serial of its job, a refusal, or "waits". */
export type ModelAnswer = number | Refusal | "waits";

/** A connection that has just come. */
export function newConnection(id: number): ModelConnection {
  return {
    id,
    isClosed: false,
    abilities: [],
    turns: [],
    isAsleep: false,
    hasNoop: false,
    credit: undefined,
    held: [],
    watched: [],
    swallowed: [],
  };
}

/** A job that has just been submitted. */
export function newJob(serial: number, request: ModelRequest): ModelJob {
  return {
    serial,
    request,
    state: "pending",
    isBackground: request.isBackground,
    isStored: false,
    isStoring: false,
    waiters: [],
    watchers: [],
    worker: undefined,
    numerator: 0,
    denominator: 0,
    retryCount: 0,
    timerAtMs: undefined,
  };
}

/** Whether two submits of one function mean the same job: same unique, or `-` and the same workload with bytes in it. */
export function isSameJob(one: ModelRequest, other: ModelRequest): boolean {
  if (one.functionName !== other.functionName || one.unique === "" || one.unique !== other.unique) return false;
  return one.unique !== "-" || (one.workload !== "" && one.workload === other.workload);
}

/** What a job takes of the memory that jobs may take, bytes: its workload and a fixed part. */
export function bytesOf({ workload }: ModelRequest): number {
  return workload.length + 512;
}

/** Whether the job counts as one with a unique. */
export function hasUnique(request: ModelRequest): boolean {
  return request.unique !== "" && !(request.unique === "-" && request.workload === "");
}

/** A number as C's atoi reads it into 32 unsigned bits. */
export function atoi(word: string): number {
  let at = 0;
  while (" \t\n\v\f\r".includes(word.charAt(at)) && at < word.length) at++;
  const isNegative = word.charAt(at) === "-";
  if (isNegative || word.charAt(at) === "+") at++;
  let value = 0n;
  for (; word.charAt(at) >= "0" && word.charAt(at) <= "9"; at++) value = value * 10n + BigInt(word.charAt(at));
  return Number(BigInt.asUintN(32, isNegative ? -value : value));
}

/** An array without one of its elements. */
export function without<Element>(elements: readonly Element[], gone: Element): Element[] {
  return elements.filter((element) => element !== gone);
}
