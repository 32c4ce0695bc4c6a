/** Which packet a submit is, and the checks of what it carries. */
import { GearError } from "../base/errors.ts";
import { wireName } from "../base/job-function.ts";
import { LIMITS } from "../base/limits.ts";
import { PACKETS } from "../protocol/packets.ts";
import type { BackgroundOptions, JobOptions } from "./client-options.ts";

/** Packet types by priority. */
// biome-ignore format: a table
const SUBMITS = {
  foreground: { high: PACKETS.SUBMIT_JOB_HIGH.type, normal: PACKETS.SUBMIT_JOB.type, low: PACKETS.SUBMIT_JOB_LOW.type },
  background: { high: PACKETS.SUBMIT_JOB_HIGH_BG.type, normal: PACKETS.SUBMIT_JOB_BG.type, low: PACKETS.SUBMIT_JOB_LOW_BG.type },
} as const;

/** A submit without its workload. */
export interface SubmitPacket {
  readonly type: number;
  /** The arguments before the workload, each with its NUL. */
  readonly head: string;
}

/**
 * The packet of a job.
 *
 * Throws GearError INVALID_ARGUMENT for a name, unique, reducer or time that cannot be sent, and for options that do not go together.
 */
export function submitPacket(
  kind: "foreground" | "background",
  name: string,
  options: JobOptions & BackgroundOptions,
): SubmitPacket {
  const { unique, reducer, priority = "normal", at } = options;
  const types = SUBMITS[kind];
  if (!Object.hasOwn(types, priority)) throw invalid(`priority is high, normal or low, not ${String(priority)}`);
  const start = `${wireName(name, "a function's name")}\0${unique === undefined || unique === "" ? "" : wireName(unique, "unique", LIMITS.uniqueBytesMax)}\0`;
  if (reducer === undefined && at === undefined) return { type: types[priority], head: start };
  if (priority !== "normal") throw invalid("priority does not go with at or reducer: such jobs are of normal priority");
  if (reducer !== undefined && at !== undefined) throw invalid("at does not go with reducer");
  if (reducer !== undefined) {
    const row = kind === "foreground" ? PACKETS.SUBMIT_REDUCE_JOB : PACKETS.SUBMIT_REDUCE_JOB_BACKGROUND;
    return { type: row.type, head: `${start}${wireName(reducer, "reducer", LIMITS.uniqueBytesMax)}\0\0` };
  }
  return { type: PACKETS.SUBMIT_JOB_EPOCH.type, head: `${start}${epochSeconds(at)}\0` };
}

/** Whole seconds, rounded up so that the job is not early. */
function epochSeconds(at: unknown): number {
  const seconds = at instanceof Date ? Math.ceil(at.getTime() / 1000) : Number.NaN;
  if (!(seconds <= LIMITS.epochSecondsMax)) throw invalid("at is a Date, at most of the year 2106");
  return Math.max(0, seconds);
}

function invalid(text: string): GearError {
  return new GearError("INVALID_ARGUMENT", text);
}
