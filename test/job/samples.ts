/** Jobs, settings and sinks for tests of the job table's parts. */
import { Connection } from "../../src/job/connection.ts";
import type { JobEffects } from "../../src/job/effects.ts";
import { FunctionQueue } from "../../src/job/function-queue.ts";
import { Job, type Submission } from "../../src/job/job.ts";
import { JobTable } from "../../src/job/job-table.ts";
import type { JobTableSettings } from "../../src/job/job-table-settings.ts";

/** A normal foreground submit of function "f" without unique, but for what is given. */
export function sampleSubmission(given: Partial<Submission> = {}): Submission {
  return {
    functionName: "f",
    uniqueKey: "",
    workload: new Uint8Array(0),
    priority: 1,
    isBackground: false,
    isDurable: false,
    reducer: undefined,
    dueAtMs: 0,
    ...given,
  };
}

/** A job in no table. */
export function sampleJob(serial: number, functionQueue = new FunctionQueue("f"), uniqueKey = ""): Job {
  return new Job(serial, functionQueue, sampleSubmission({ uniqueKey }));
}

/** A job table, and all that it did. */
export interface WatchedTable {
  readonly table: JobTable;
  /** Connections that got NOOP, by index, in order. */
  readonly woken: number[];
  /** Every other effect as text, in order. */
  readonly effects: string[];
  /** Jobs that the store was asked for. */
  readonly storing: Job[];
}

/** Usual settings. */
export const SAMPLE_SETTINGS: JobTableSettings = {
  firstSerial: 1,
  priorityScope: "worker",
  isRoundRobin: true,
  assignmentsMax: Number.POSITIVE_INFINITY,
  functionsMax: 100,
  memoryBytesMax: Number.POSITIVE_INFINITY,
  wakeupsPerJob: 1,
  wakeOvertakeMs: 100,
};

/** A table with usual settings, but for what is given. */
export function watchedTable(given: Partial<JobTableSettings> = {}): WatchedTable {
  const woken: number[] = [];
  const effects: string[] = [];
  const storing: Job[] = [];
  const sink: JobEffects = {
    wake: ({ index }) => void woken.push(index),
    create: ({ ticket }, { serial }) => void effects.push(`create ${serial} for ticket ${ticket}`),
    refuse: ({ ticket }, refusal) => void effects.push(`refuse ticket ${ticket}: ${refusal}`),
    forward: ({ index }, { serial }, kind) => void effects.push(`${kind} of ${serial} to ${index}`),
    forwardStatus: ({ index }, { serial }) => void effects.push(`status of ${serial} to ${index}`),
    lose: () => {},
    store: (job) => void storing.push(job),
    forget: ({ serial }) => void effects.push(`forget ${serial}`),
  };
  const settings = { ...SAMPLE_SETTINGS, ...given };
  return { table: new JobTable(settings, sink), woken, effects, storing };
}

/** Connections with indexes from 1. */
export function connections(count: number): Connection[] {
  return Array.from({ length: count }, (_, index) => new Connection(index + 1));
}
