/** A load: clients and workers in one process, phases that begin and settle, and a report of what was seen. */
import { Client, type ServerOrder, type Worker } from "../../src/index.ts";
import { Chance } from "../fuzz/chance.ts";
import { CountedSignal, liveTimers, uncounted } from "./balance.ts";
import type { LoadKind } from "./job-spec.ts";
import { Caller } from "./load-calls.ts";
import { loadWorker, RunCounts } from "./load-worker.ts";
import { type LoadReport, Tally, type TallyCounts } from "./tally.ts";

/** What a load is made with. */
export interface LoadOptions {
  readonly servers: readonly string[];
  readonly seed: number;
  readonly kind: LoadKind;
  /** One client each; its name is the order. */
  readonly orders: readonly ServerOrder[];
  /** One worker each, with so many jobs at once. */
  readonly concurrencies: readonly number[];
  /** Calls that go on at once, for each client. */
  readonly callsAtOnce: number;
  /** One call in so many is given up. */
  readonly giveUpOneIn: number;
  /** The server answers a unique whose client was lost with a job that never ends, so no uniques while connections are lost. */
  readonly keepsDeadUniques: boolean;
  /** How long nothing may end while there are calls, and how long calls may take to end once no more are made, ms. */
  readonly hangLimitMs: number;
}

/** A part of a load. */
export interface Phase {
  /** Whether no connection is lost in it. */
  readonly isCalm: boolean;
  /** Counts that must be reached; then it settles. */
  readonly goals: Partial<TallyCounts>;
  /** It does not settle before it was told that it is enough. */
  readonly isEndless: boolean;
}

const LOOK_EVERY_MS = 20;
/** A client that comes and goes: its calls at once, and how long it may stay, ms. */
const VISIT_CALLS = 6;
const VISIT_MS_MAX = 80;
const VISITOR_CONCURRENCY = 8;

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => uncounted.setTimeout(resolve, ms));
}

/** Everything that lies about is given back first, where the runtime lets one ask for it. */
function collectGarbage(): void {
  const { gc, Bun } = globalThis as { gc?: () => void; Bun?: { gc(isNow: boolean): void } };
  gc?.();
  Bun?.gc(true);
}

/** One load. */
export class Load {
  readonly tally = new Tally();
  readonly #options: LoadOptions;
  readonly #runs = new RunCounts(this.tally);
  readonly #signal = new CountedSignal();
  readonly #clients: Client[] = [];
  readonly #callers: Caller[] = [];
  readonly #workers: Worker[] = [];
  readonly #ends: Promise<void>[] = [];
  readonly #chance: Chance;
  #number = 0;
  #isEnough = false;

  constructor(options: LoadOptions) {
    this.#options = options;
    this.#chance = new Chance(options.seed);
    for (const concurrency of options.concurrencies) {
      this.#workers.push(loadWorker({ servers: options.servers, concurrency, tally: this.tally, runs: this.#runs }));
    }
    for (const order of options.orders) {
      const { client, caller } = this.#client(order, options.callsAtOnce, false);
      this.#clients.push(client);
      this.#callers.push(caller);
    }
  }

  /** Runs the workers. */
  start(): void {
    this.#ends.push(...this.#workers.map((worker) => worker.run()));
  }

  /** An endless phase settles as soon as its goals are reached. */
  enough(): void {
    this.#isEnough = true;
  }

  /** Makes calls until the goals are reached, and resolves with what was seen when all have ended. */
  async play(phase: Phase): Promise<LoadReport> {
    this.tally.isCalm = phase.isCalm;
    this.#isEnough = !phase.isEndless;
    let isOver = false;
    const repeat = async (step: () => Promise<void>): Promise<void> => {
      while (!isOver) await step();
    };
    for (const caller of this.#callers) {
      for (let count = 0; count < this.#options.callsAtOnce; count += 1) void repeat(() => caller.callOnce());
    }
    const visits =
      this.#options.kind === "fast" ? [] : [repeat(() => this.#clientVisit()), repeat(() => this.#workerVisit())];
    await this.#movingUntil(() => this.#isEnough && this.#hasReached(phase.goals));
    isOver = true;
    await Promise.all(visits);
    await this.#settle();
    collectGarbage();
    return this.report();
  }

  /** One last job for each client, then everything is closed. */
  async close(): Promise<LoadReport> {
    this.tally.isCalm = false;
    for (const caller of this.#callers) void caller.callLast();
    await this.#settle();
    for (const client of this.#clients) void client.close();
    await this.#movingUntil(() => this.#openCount === 0);
    await this.#within("a stop", Promise.all([...this.#workers.map((worker) => worker.stop()), ...this.#ends]));
    await this.#within("a close", Promise.all(this.#clients.map((client) => client.close())));
    // What ends in the turn after the last promise has ended by then.
    await pause(LOOK_EVERY_MS);
    const { listeners } = this.#signal;
    if (listeners !== 0) this.tally.fault("unbalanced", `${listeners} listeners are left on a signal`);
    for (const timer of liveTimers()) this.tally.fault("unbalanced", `a ${timer} is left`);
    return this.report();
  }

  /** What was seen so far. */
  report(): LoadReport {
    const { heapUsed, rss } = process.memoryUsage();
    const { counts, faults, notes, givenUp } = this.tally;
    const resources = process.getActiveResourcesInfo();
    const taken = this.tally.takeTaken();
    return {
      ...counts,
      faults,
      notes,
      givenUp,
      taken,
      open: this.#openCount,
      heapBytes: heapUsed,
      rssBytes: rss,
      resources,
    };
  }

  get #openCount(): number {
    return this.#callers.reduce((sum, { open }) => sum + open.size, 0);
  }

  /** A client comes, makes some calls, and is closed while they go on. */
  async #clientVisit(): Promise<void> {
    const { client, caller } = this.#client("random", VISIT_CALLS, true);
    const calls = Array.from({ length: VISIT_CALLS }, () => caller.callOnce());
    await pause(this.#chance.below(VISIT_MS_MAX));
    await this.#within("the close of a visitor", client.close());
    await this.#within("the calls of a visitor", Promise.all(calls));
    this.#callers[0]?.promised.push(...caller.promised);
  }

  /** A worker comes, and is stopped while it has jobs. */
  async #workerVisit(): Promise<void> {
    const { servers } = this.#options;
    const worker = loadWorker({ servers, concurrency: VISITOR_CONCURRENCY, tally: this.tally, runs: this.#runs });
    const end = worker.run();
    await pause(this.#chance.below(VISIT_MS_MAX));
    await this.#within("the stop of a visitor", Promise.all([worker.stop(), end]));
  }

  #client(order: ServerOrder, callsAtOnce: number, isVisitor: boolean): { client: Client; caller: Caller } {
    const { servers, kind, giveUpOneIn, keepsDeadUniques } = this.#options;
    const { tally } = this;
    let connections = 0;
    const client = new Client({
      servers,
      order,
      // Whatever is lost comes back before that.
      serverWaitMs: 60_000,
      // A call takes up to as many as `map` has in flight: one that is not given back is noticed.
      openMax: callsAtOnce * 8,
      onEvent: (event) => {
        if (event.kind === "connected") connections += 1;
        else if (event.error.code === "CONNECTION_LOST") {
          connections -= 1;
          tally.counts.disconnected += 1;
        } else if (event.error.code === "PROTOCOL_ERROR") tally.fault("unexpected", `client: ${event.error.message}`);
      },
    });
    const caller = new Caller({
      name: isVisitor ? "visitor" : order,
      client,
      isVisitor,
      kind,
      tally,
      runs: this.#runs,
      chance: this.#chance.fork(),
      giveUpOneIn,
      keepsDeadUniques,
      signal: this.#signal.signal,
      nextNumber: () => this.#number++,
      hasServer: () => connections > 0,
    });
    return { client, caller };
  }

  #hasReached(goals: Partial<TallyCounts>): boolean {
    return Object.entries(goals).every(([name, goal]) => this.tally.counts[name as keyof TallyCounts] >= goal);
  }

  /** Resolves when the condition holds, or when nothing has ended for `hangLimitMs`. */
  async #movingUntil(isSo: () => boolean): Promise<boolean> {
    let [settled, movedAtMs] = [-1, 0];
    while (!isSo()) {
      if (this.tally.counts.settled !== settled) {
        settled = this.tally.counts.settled;
        movedAtMs = performance.now();
      }
      if (performance.now() - movedAtMs > this.#options.hangLimitMs) return false;
      await pause(LOOK_EVERY_MS);
    }
    return true;
  }

  async #settle(): Promise<void> {
    await this.#movingUntil(() => this.#openCount === 0);
    for (const caller of this.#callers) {
      for (const { name, state } of caller.open) this.tally.fault("hanging", `${name}, which was ${state}`);
      caller.open.clear();
      const promised = caller.promised.splice(0);
      if (!this.tally.isCalm) continue;
      const isDone = await this.#movingUntil(() => promised.every((id) => this.#runs.has(id)));
      if (!isDone) this.tally.fault("missing", "a background job that was taken was never begun");
    }
    this.#runs.sweep();
  }

  async #within(what: string, ends: Promise<unknown>): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise((resolve) => {
      timer = uncounted.setTimeout(() => resolve("late"), this.#options.hangLimitMs);
    });
    if ((await Promise.race([ends, late])) === "late") this.tally.fault("hanging", what);
    uncounted.clearTimeout(timer);
  }
}
