/** Very many jobs of every kind over a thousand functions, with connections lost at random; then nothing may be left. */

import { Chance } from "../fuzz/chance.ts";
import type { ServerProcess } from "../harness/server-process.ts";
import { until } from "../harness/until.ts";
import { Wire } from "../harness/wire.ts";
import { SoakClient } from "./soak-client.ts";
import { SoakWorker } from "./soak-worker.ts";

const FUNCTIONS = Array.from({ length: 1_000 }, (_, index) => `soak-${index}`);
const CLIENTS = 32;
const WORKERS = 100;
/** Every function is served by so many workers. */
const WORKERS_PER_FUNCTION = 2;
/** Most workers ask for so many jobs at once, which keeps server and soak busy at the same time. */
const GRABS_AHEAD = 6;
/** One connection is lost for so many jobs. */
const LOSE_EVERY = 1_000;
/** The queue is kept below this by submitting no more until it has shrunk. */
const QUEUE_MAX = 30_000;
/** How long no job may end while there are jobs, and how long the server may take to say what it holds, ms. */
const LOOK_LIMIT_MS = 60_000;
/** How long it may take until all jobs have ended once nobody submits, ms. */
const DRAIN_LIMIT_MS = 120_000;

/** What a soak is made with. */
export interface SoakOptions {
  /** The same seed submits the same jobs. */
  readonly seed: number;
  /** How long the server may take to end all jobs once nobody submits, ms; default two minutes. */
  readonly drainLimitMs?: number;
}

/** What the server says of itself, by name. */
export type ServerCounts = Readonly<Record<string, number>>;

/** What must be 0 when nothing goes on. */
export const EMPTY_COUNTS = ["jobs", "credits", "timers", "uniques", "watchers"] as const;

/** What a soak saw. */
export interface SoakReport {
  readonly submitted: number;
  readonly worked: number;
  readonly forgotten: number;
  readonly failed: number;
  readonly cancelled: number;
  readonly lost: number;
  /** ERROR replies to clients, and connections that the server closed by itself: there must be none. */
  readonly faults: number;
  readonly seconds: number;
  /** What the server held at the end. */
  readonly left: ServerCounts;
  /** Resident memory up to the first fifth of the jobs and up to the last, bytes: the median of a twentieth of the run. */
  readonly earlyBytes: number;
  readonly lateBytes: number;
}

/** One soak. */
export class SoakRun {
  readonly #server: ServerProcess;
  readonly #chance: Chance;
  readonly #clients: SoakClient[] = [];
  readonly #workers: SoakWorker[] = [];
  readonly #submits = { submitted: 0, cancelled: 0, errors: 0 };
  readonly #work = { worked: 0, forgotten: 0, failed: 0 };
  readonly #memory: { readonly submitted: number; readonly bytes: number }[] = [];
  readonly #drainLimitMs: number;
  #goal = 0;
  #lost = 0;
  #closedByServer = 0;
  #isQueueFull = false;

  constructor(server: ServerProcess, options: SoakOptions) {
    this.#server = server;
    this.#chance = new Chance(options.seed);
    this.#drainLimitMs = options.drainLimitMs ?? DRAIN_LIMIT_MS;
  }

  /** Submits `jobs` jobs, a fifth of them before memory is looked at for the first time. */
  async run(jobs: number): Promise<SoakReport> {
    const startedAtMs = performance.now();
    try {
      for (let index = 0; index < WORKERS; index += 1) this.#openWorker(index);
      for (let index = 0; index < CLIENTS; index += 1) this.#openClient(index);
      await using admin = await Wire.connect(this.#server);
      await this.#submitUntil(jobs / 5, admin);
      const earlyBytes = this.#medianBytes(jobs / 5, jobs / 20);
      await this.#submitUntil(jobs, admin);
      const lateBytes = this.#medianBytes(jobs, jobs / 20);
      const left = await counts(admin);
      const seconds = (performance.now() - startedAtMs) / 1000;
      const faults = this.#submits.errors + this.#closedByServer;
      return { ...this.#submits, ...this.#work, lost: this.#lost, faults, seconds, left, earlyBytes, lateBytes };
    } finally {
      for (const connection of [...this.#clients, ...this.#workers]) connection.destroy();
    }
  }

  /** Submits until the goal, and resolves when the server has nothing left to do. */
  async #submitUntil(goal: number, admin: Wire): Promise<void> {
    this.#goal = goal;
    let lastWorked = -1;
    let movedAtMs = performance.now();
    const look = async () => {
      const { jobs = 0 } = await counts(admin);
      this.#isQueueFull = jobs > QUEUE_MAX;
      this.#memory.push({ submitted: this.#submits.submitted, bytes: this.#server.rssBytes() });
      for (const client of this.#clients) client.submit();
      if (this.#work.worked !== lastWorked) movedAtMs = performance.now();
      lastWorked = this.#work.worked;
      if (performance.now() - movedAtMs > LOOK_LIMIT_MS) throw new Error(`no job ended for ${LOOK_LIMIT_MS} ms`);
      return this.#submits.submitted >= goal;
    };
    await until(look, { what: `${goal} jobs are submitted`, limitMs: Number.POSITIVE_INFINITY });
    let left: ServerCounts = {};
    const isEmpty = async () => {
      left = await counts(admin);
      return EMPTY_COUNTS.every((name) => left[name] === 0) && this.#clients.every((client) => client.openCount === 0);
    };
    await until(isEmpty, { what: "all jobs have ended", limitMs: this.#drainLimitMs }).catch((error) => {
      const open = this.#clients.map((client) => client.openCount).join(" ");
      throw new Error(`${error}: the server holds ${JSON.stringify(left)}, the clients wait for ${open}`);
    });
  }

  /** Resident memory while the last `jobs` before `goal` were submitted and ended. */
  #medianBytes(goal: number, jobs: number): number {
    const inside = this.#memory.filter(({ submitted }) => submitted > goal - jobs).map(({ bytes }) => bytes);
    inside.push(this.#server.rssBytes());
    return inside.sort((left, right) => left - right)[Math.floor(inside.length / 2)] ?? 0;
  }

  #maySubmit(): boolean {
    if (this.#isQueueFull || this.#submits.submitted >= this.#goal) return false;
    if (this.#submits.submitted >= (this.#lost + 1) * LOSE_EVERY) this.#lose();
    return true;
  }

  /** Ends a connection at random, and opens another in its place. */
  #lose(): void {
    this.#lost += 1;
    const index = this.#chance.below(CLIENTS + WORKERS);
    // Not at once: the one that is lost may be the one that is about to submit.
    setImmediate(() => {
      const isClient = index < CLIENTS;
      (isClient ? this.#clients[index] : this.#workers[index - CLIENTS])?.destroy();
      if (isClient) this.#openClient(index);
      else this.#openWorker(index - CLIENTS);
    });
  }

  #openClient(index: number): void {
    this.#clients[index] = new SoakClient({
      port: this.#server.port,
      functions: FUNCTIONS,
      chance: this.#chance.fork(),
      counts: this.#submits,
      maySubmit: () => this.#maySubmit(),
      lost: () => {
        this.#closedByServer += 1;
      },
    });
  }

  #openWorker(index: number): void {
    const group = WORKERS / WORKERS_PER_FUNCTION;
    this.#workers[index] = new SoakWorker({
      port: this.#server.port,
      functions: FUNCTIONS.filter((_, number) => number % group === index % group),
      hasTimeout: index < group,
      grabsAhead: index % 4 === 0 ? 1 : GRABS_AHEAD,
      chance: this.#chance.fork(),
      counts: this.#work,
      lost: () => {
        this.#closedByServer += 1;
      },
    });
  }
}

async function counts(admin: Wire): Promise<ServerCounts> {
  return JSON.parse(await admin.ask("gearwright counts", LOOK_LIMIT_MS));
}
