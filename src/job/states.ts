/**
 * The states of a job and the lawful steps between them; docs/job-states.md is drawn from this table.
 *
 * ```text
 *  submit ──> pending ──added──> queued <──due── scheduled
 *                                 │  ^
 *                               grab lose
 *                                 v  │
 *                                running ──complete, fail──> over
 * ```
 */
import { assert } from "../base/errors.ts";

/** Where a job is; a job that is over has left the table. */
export type JobState = "pending" | "scheduled" | "queued" | "running" | "over";

/** What can happen to a job. */
export type JobEvent =
  | "add"
  | "postpone"
  | "refuse"
  | "due"
  | "grab"
  | "lose"
  | "complete"
  | "fail"
  | "cancel"
  | "abandon";

/** Every lawful step; what is not here is a bug of ours. */
// biome-ignore format: a table
export const STEPS = {
  pending:   { add: "queued", postpone: "scheduled", refuse: "over", cancel: "over" },
  scheduled: { due: "queued", cancel: "over", abandon: "over" },
  queued:    { grab: "running", cancel: "over", abandon: "over" },
  running:   { complete: "over", fail: "over", lose: "queued", cancel: "over", abandon: "over" },
  over:      {},
} as const satisfies Record<JobState, Partial<Record<JobEvent, JobState>>>;

/** The state after `event`; a step that is not in the table breaks an invariant. */
export function stateAfter(state: JobState, event: JobEvent): JobState {
  const next = (STEPS[state] as Partial<Record<JobEvent, JobState>>)[event];
  assert(next !== undefined, `a job that is ${state} cannot ${event}`);
  return next;
}

/** Takes a job one step on. */
export function step(job: { state: JobState }, event: JobEvent): void {
  job.state = stateAfter(job.state, event);
}
