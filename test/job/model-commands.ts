/** The calls of the model test: what kinds there are, how often each comes, and how one is drawn. */
import fc from "fast-check";
import type { JobTableSettings } from "../../src/job/job-table-settings.ts";

const REPORTS = ["WORK_STATUS", "WORK_DATA", "WORK_WARNING", "WORK_COMPLETE", "WORK_FAIL", "WORK_EXCEPTION"] as const;

/** What a worker can say of a job. */
export type ReportName = (typeof REPORTS)[number];

/** Every kind of call, with how often it comes in relation to the others. */
// biome-ignore format: a table
const WEIGHTS = {
  CAN_DO: 10, CAN_DO_TIMEOUT: 7, CANT_DO: 3, RESET_ABILITIES: 2, PRE_SLEEP: 10, GRAB_JOB: 24,
  SUBMIT_JOB: 4, SUBMIT_JOB_HIGH: 3, SUBMIT_JOB_LOW: 3,
  SUBMIT_JOB_BG: 4, SUBMIT_JOB_HIGH_BG: 3, SUBMIT_JOB_LOW_BG: 3,
  SUBMIT_JOB_EPOCH: 4, SUBMIT_REDUCE_JOB: 2, SUBMIT_REDUCE_JOB_BACKGROUND: 2,
  "WORK_STATUS by holder": 6, "WORK_DATA by holder": 6, "WORK_WARNING by holder": 6,
  "WORK_COMPLETE by holder": 6, "WORK_FAIL by holder": 6, "WORK_EXCEPTION by holder": 6,
  "WORK_STATUS by stranger": 2, "WORK_DATA by stranger": 2, "WORK_WARNING by stranger": 2,
  "WORK_COMPLETE by stranger": 2, "WORK_FAIL by stranger": 2, "WORK_EXCEPTION by stranger": 2,
  "WORK_* of a cancelled job": 14,
  GET_STATUS: 2, GET_STATUS_UNIQUE: 2, connect: 5, close: 3, "time passes": 12,
  "store adds": 8, "store refuses": 4, "cancel job": 3, "cancel running job": 6,
  "create function": 2, "drop function": 4, maxqueue: 2,
} as const;

/** A kind of call. */
export type CommandName = keyof typeof WEIGHTS;

/** Every kind of call. */
export const COMMAND_NAMES = Object.keys(WEIGHTS) as CommandName[];

const DRAWS: readonly CommandName[] = COMMAND_NAMES.flatMap((name) => new Array<CommandName>(WEIGHTS[name]).fill(name));

/** Functions that the calls use: few, so that they meet, and one of them more often. */
export const FUNCTION_NAMES = ["f", "", "g", "f"] as const;

/** Uniques that submits use; "x" is also a workload. */
export const UNIQUES = ["", "-", "a", "x"] as const;

/** Workloads that submits use. */
export const WORKLOADS = ["", "x", "yy"] as const;

/** One call; the numbers choose among what there is when it is made. */
export interface Command {
  readonly name: CommandName;
  readonly connection: number;
  readonly function: number;
  readonly choice: number;
  readonly variant: number;
  /** Time that passes before the call, ms. */
  readonly delayMs: number;
}

/** One play: how the table is made, and what is called. */
export interface Script {
  readonly settings: JobTableSettings;
  readonly commands: readonly Command[];
}

const DELAYS_MS = [0, 0, 0, 0, 0, 1, 5, 40] as const;

const commands = fc
  .tuple(
    fc.nat(DRAWS.length - 1),
    fc.nat(4),
    fc.nat(FUNCTION_NAMES.length - 1),
    fc.nat(9),
    fc.nat(23),
    fc.nat(DELAYS_MS.length - 1),
  )
  .map(([draw, connection, functionIndex, choice, variant, delay]): Command => {
    const name = DRAWS[draw] ?? "CAN_DO";
    return { name, connection, function: functionIndex, choice, variant, delayMs: DELAYS_MS[delay] ?? 0 };
  });

const settings: fc.Arbitrary<JobTableSettings> = fc.record({
  firstSerial: fc.constantFrom(1, 0, 99_999_990, 2 ** 52),
  priorityScope: fc.constantFrom("worker", "function"),
  isRoundRobin: fc.boolean(),
  assignmentsMax: fc.constantFrom(Number.POSITIVE_INFINITY, 1, 2),
  functionsMax: fc.constantFrom(100, 100, 100, 100, 100, 100, 2, 1),
  memoryBytesMax: fc.constantFrom(
    Number.POSITIVE_INFINITY,
    Number.POSITIVE_INFINITY,
    Number.POSITIVE_INFINITY,
    3 * 513,
  ),
  wakeupsPerJob: fc.constantFrom(1, 1, 2),
  wakeOvertakeMs: fc.constantFrom(100, 30),
});

/** Plays of at most `commandsMax` calls. */
export function scripts(commandsMax: number): fc.Arbitrary<Script> {
  return fc.record({ settings, commands: fc.array(commands, { maxLength: commandsMax, size: "max" }) });
}
