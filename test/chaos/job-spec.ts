/** Jobs that say what is to become of them, and carry their number there and back. */
import type { Chance } from "../fuzz/chance.ts";

/** The function of all jobs of a load. */
export const FUNCTION_NAME = "chaos";

/** How a job ends. */
export type JobEnd = "ok" | "fail" | "throw";

/** What a worker is to do with a job. */
export interface JobSpec {
  /** Its number; with a letter before it where it may lawfully be run twice. */
  readonly id: string;
  readonly end: JobEnd;
  /** How long it takes, ms; 0: the worker's handler returns no promise, unless there are updates. */
  readonly ms: number;
  /** How many times status and data are told. */
  readonly updates: number;
  /** Bytes of filling, both ways. */
  readonly fillBytes: number;
}

/** What a load is made of. `fast`: small jobs that end at once, for very many of them. */
export type LoadKind = "mixed" | "fast";

const MS_MAX = 25;
const UPDATES_MAX = 4;
const SMALL_BYTES = 64;
const LARGE_BYTES = 100_000;

/** Draws a job. */
export function drawSpec(id: string, kind: LoadKind, chance: Chance): JobSpec {
  if (kind === "fast") return { id, end: "ok", ms: 0, updates: 0, fillBytes: chance.below(SMALL_BYTES) };
  return {
    id,
    end: chance.oneIn(20) ? "fail" : chance.oneIn(20) ? "throw" : "ok",
    ms: chance.oneIn(2) ? 0 : chance.below(MS_MAX),
    updates: chance.oneIn(3) ? 1 + chance.below(UPDATES_MAX) : 0,
    fillBytes: chance.below(chance.oneIn(16) ? LARGE_BYTES : SMALL_BYTES),
  };
}

/** The bytes after the first line: the same for the same job, others for its neighbours. */
function filling({ id, fillBytes }: JobSpec): Buffer {
  return Buffer.alloc(fillBytes, Number(id.replace(/\D/g, "")) & 255);
}

/** The workload of a job. */
export function workloadOf(spec: JobSpec): Buffer {
  const { id, end, ms, updates, fillBytes } = spec;
  return Buffer.concat([Buffer.from(`${id} ${end} ${ms} ${updates} ${fillBytes}\n`), filling(spec)]);
}

/** Reads a workload; throws when it is not as it was written. */
export function specOf(workload: Uint8Array): JobSpec {
  const bytes = Buffer.from(workload.buffer, workload.byteOffset, workload.length);
  const text = bytes.toString("latin1", 0, bytes.indexOf(10));
  const [id = "", end = "", ms = "", updates = "", fillBytes = ""] = text.split(" ");
  const spec: JobSpec = { id, end: end as JobEnd, ms: +ms, updates: +updates, fillBytes: +fillBytes };
  if (!workloadOf(spec).equals(bytes)) throw new Error(`a workload of ${bytes.length} bytes is spoilt: ${text}`);
  return spec;
}

/** The result of a job that ends well. */
export function resultOf(spec: JobSpec): Buffer {
  return Buffer.concat([Buffer.from(`${spec.id}\n`), filling(spec)]);
}

/** The data of one update, and the text of an exception. */
export function wordOf({ id }: JobSpec, update: number | "exception"): string {
  return `word ${update} of ${id}.`;
}
