/** What a load has seen, and what of it must not be. */

/** Where a call was when it was given up. */
export type CallState = "at once" | "no server" | "not taken" | "taken" | "running";

/** What must be 0 whatever is lost. */
export const FAULT_NAMES = ["wrong", "twice", "missing", "unexpected", "hanging", "unhandled", "unbalanced"] as const;

/**
 * A kind of fault.
 *
 * `wrong`: a result, update or error of another job. `twice`: a job run twice, or an update told twice, while no connection was
 * lost, or told after the end. `missing`: an update not told, or a background job that was taken and never done, while no connection
 * was lost. `unexpected`: a call that failed for no reason that it may have. `hanging`: a call or a stop that did not end.
 * `unhandled`: a rejection or an error that nobody caught, or a warning of the runtime. `unbalanced`: timers or listeners left.
 */
export type FaultName = (typeof FAULT_NAMES)[number];

/** Counts of a load since it began. */
export interface TallyCounts {
  /** Calls that have ended. */
  settled: number;
  /** Calls that ended as their job did. */
  done: number;
  aborted: number;
  timedOut: number;
  /** Calls that may not be repeated and whose connection was lost. */
  outcomeUnknown: number;
  /** Calls of clients that were closed. */
  closed: number;
  /** Jobs that workers began. */
  runs: number;
  /** Jobs that workers began more than once while connections were lost. */
  runAgain: number;
  /** Jobs that clients submitted again. */
  resubmitted: number;
  /** Connections that clients and workers lost. */
  disconnected: number;
}

/** What a load says of itself. */
export interface LoadReport extends TallyCounts {
  readonly faults: Readonly<Record<FaultName, number>>;
  /** The first faults of each kind, in words. */
  readonly notes: readonly string[];
  /** Calls that were given up, by where they were. */
  readonly givenUp: Readonly<Record<CallState, number>>;
  /** Jobs taken since the last report, by client and server. */
  readonly taken: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** What goes on, for a load that does not get on. */
  readonly open: number;
  readonly heapBytes: number;
  readonly rssBytes: number;
  /** What keeps the process alive, as the runtime tells; Bun tells nothing. */
  readonly resources: readonly string[];
}

/** Notes of each kind of fault. */
const NOTES_MAX = 3;

/** Counts and notes of one load. */
export class Tally {
  readonly counts: TallyCounts = {
    settled: 0,
    done: 0,
    aborted: 0,
    timedOut: 0,
    outcomeUnknown: 0,
    closed: 0,
    runs: 0,
    runAgain: 0,
    resubmitted: 0,
    disconnected: 0,
  };
  readonly faults: Record<FaultName, number> = {
    wrong: 0,
    twice: 0,
    missing: 0,
    unexpected: 0,
    hanging: 0,
    unhandled: 0,
    unbalanced: 0,
  };
  readonly notes: string[] = [];
  readonly givenUp: Record<CallState, number> = { "at once": 0, "no server": 0, "not taken": 0, taken: 0, running: 0 };
  /** No connection is being lost: what is told is told once, and what is done is done once. */
  isCalm = true;
  #taken: Record<string, Record<string, number>> = {};

  /** Something was seen that must not be. */
  fault(name: FaultName, note: string): void {
    this.faults[name] += 1;
    if (this.faults[name] <= NOTES_MAX) this.notes.push(`${name}: ${note}`);
  }

  /** A server has taken a job of a client. */
  took(client: string, server: string): void {
    const servers = this.#taken[client] ?? {};
    this.#taken[client] = servers;
    servers[server] = (servers[server] ?? 0) + 1;
  }

  /** Counts of `took` since the last time. */
  takeTaken(): Record<string, Record<string, number>> {
    const taken = this.#taken;
    this.#taken = {};
    return taken;
  }
}
