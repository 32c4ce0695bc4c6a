/** Very many small jobs through one client and one worker in one process, whose memory is looked at five times. */
import { startServer } from "../harness/server-process.ts";
import { LoadProcess } from "./load-process.ts";
import type { LoadReport } from "./tally.ts";
import { shortfalls } from "./verdict.ts";

const LOOKS = 5;
const CALLS_AT_ONCE = 128;
const CONCURRENCY = 64;
/** One call in so many is given up: those must leave nothing behind either. */
const HANG_LIMIT_MS = 20_000;
const GIVE_UP_ONE_IN = 50;
const MEGABYTE = 1e6;

/** What was seen. */
export interface MemoryReport {
  /** What is in use at the end, to what was after a fifth of the jobs. */
  readonly heapGrowth: number;
  readonly rssGrowth: number;
  /** For people. */
  readonly text: string;
  /** What is not as it must be. */
  readonly shortfalls: readonly string[];
  readonly report: LoadReport;
}

/** One play. */
export class MemoryRun {
  readonly #command: readonly string[];
  readonly #jobs: number;

  /** `command`: what runs the load's program, and its path. */
  constructor(command: readonly string[], jobs: number) {
    this.#command = command;
    this.#jobs = jobs;
  }

  /** Plays; rejects when the load does not get on. */
  async run(): Promise<MemoryReport> {
    await using server = await startServer({ form: "serve", runtime: "bun" });
    await using load = new LoadProcess(this.#command, {
      servers: [`127.0.0.1:${server.port}`],
      seed: this.#jobs,
      kind: "fast",
      orders: ["listed"],
      concurrencies: [CONCURRENCY],
      callsAtOnce: CALLS_AT_ONCE,
      giveUpOneIn: GIVE_UP_ONE_IN,
      keepsDeadUniques: false,
      hangLimitMs: HANG_LIMIT_MS,
    });
    const startedAtMs = performance.now();
    const looks: LoadReport[] = [];
    for (let look = 1; look <= LOOKS; look += 1) {
      const goals = { settled: (this.#jobs / LOOKS) * look };
      looks.push(await load.play({ isCalm: true, goals, isEndless: false }));
    }
    const seconds = (performance.now() - startedAtMs) / 1000;
    const { report, end } = await load.close();
    const [heap, rss] = [looks.map(({ heapBytes }) => heapBytes), looks.map(({ rssBytes }) => rssBytes)];
    return {
      heapGrowth: growth(heap),
      rssGrowth: growth(rss),
      text: [
        `${report.settled} jobs in ${seconds.toFixed(1)} s, ${Math.round(report.settled / seconds)} a second`,
        `in use ${megabytes(heap)}, growth ${growth(heap).toFixed(2)}`,
        `resident ${megabytes(rss)}, growth ${growth(rss).toFixed(2)}`,
      ].join("; "),
      shortfalls: shortfalls(report, end),
      report,
    };
  }
}

function growth(bytes: readonly number[]): number {
  return (bytes.at(-1) ?? 0) / (bytes[0] ?? 1);
}

function megabytes(bytes: readonly number[]): string {
  return `${bytes.map((one) => (one / MEGABYTE).toFixed(1)).join(", ")} MB`;
}
