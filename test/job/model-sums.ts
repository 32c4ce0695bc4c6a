/** What the model holds, in numbers: counts, rows of `status`, and when something falls due. */
import type { Model } from "./model.ts";
import { hasUnique } from "./model-records.ts";

/** What `JobTable.counts` must say. */
export function countsOf(
  model: Model,
): Record<"jobs" | "credits" | "timers" | "uniques" | "watchers" | "functions", number> {
  const { jobs, connections, functions } = model;
  return {
    jobs: jobs.length,
    credits: connections.filter((each) => each.credit !== undefined).length,
    timers: jobs.filter((job) => job.timerAtMs !== undefined).length,
    uniques: jobs.filter((job) => hasUnique(job.request)).length,
    watchers: jobs.reduce((sum, job) => sum + job.watchers.length, 0),
    functions: functions.length,
  };
}

/** When something falls due next, ms; Infinity for never. */
export function nextDueAtMs({ jobs, connections, settings }: Model): number {
  const timers = jobs.map((job) => job.timerAtMs ?? Number.POSITIVE_INFINITY);
  const credits = connections.map(({ credit }) =>
    credit === undefined ? Number.POSITIVE_INFINITY : credit.sinceMs + settings.wakeOvertakeMs,
  );
  return Math.min(Number.POSITIVE_INFINITY, ...timers, ...credits);
}

/** Name, jobs in all, running, workers, assignable, and waiting by priority. */
export function statusRow(model: Model, name: string): unknown[] {
  const jobs = model.jobsOf(name);
  const assignable = model.line.filter(({ request }) => request.functionName === name);
  const waiting = [0, 1, 2].map(
    (priority) =>
      jobs.filter(
        ({ state, request }) => request.priority === priority && (state === "queued" || state === "scheduled"),
      ).length,
  );
  const running = jobs.filter(({ state }) => state === "running");
  return [name, jobs.length, running.length, model.workersOf(name).length, assignable.length, waiting];
}
