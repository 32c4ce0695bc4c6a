/** What a load that was played must not show. */
import { FAULT_NAMES, type LoadReport } from "./tally.ts";

/** Everything that is not as it must be, in words; empty when all is well. */
export function shortfalls(report: LoadReport, end: string): readonly string[] {
  const found: string[] = FAULT_NAMES.filter((name) => report.faults[name] > 0).map(
    (name) => `${report.faults[name]} ${name}`,
  );
  if (found.length > 0) found.push(...report.notes);
  if (end !== "exit status 0") found.push(`the process did not end by itself: ${end}`);
  return found;
}

/** Counts of a report in one line. */
export function summary(report: LoadReport): string {
  const { settled, done, aborted, timedOut, outcomeUnknown, closed, runs, runAgain, resubmitted, disconnected } =
    report;
  const givenUp = Object.entries(report.givenUp).map(([state, count]) => `${state} ${count}`);
  return [
    `${settled} calls: ${done} done, ${aborted} aborted, ${timedOut} timed out, ${outcomeUnknown} of unknown outcome, ${closed} of closed clients`,
    `given up ${givenUp.join(", ")}`,
    `${runs} jobs begun, ${runAgain} of them again, ${resubmitted} submitted again, ${disconnected} connections lost`,
  ].join("; ");
}
