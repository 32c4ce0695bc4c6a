/** The comparison of client libraries: one round of all loads of one library through a job server. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ROOT_FOLDER, RUNTIMES } from "../../test/harness/runtimes.ts";
import type { Board } from "../board.ts";
import { LoadGenerator } from "../generator.ts";
import { type LoadResult, ProgramRun } from "../program-run.ts";
import { type ServerName, startNamed } from "../servers.ts";
import { attempt, noteLatencies } from "./attempt.ts";
import { BuiltLibrary } from "./built-library.ts";
import type { LibraryColumn, LibraryMeasure } from "./library-columns.ts";
import { isPeerInstalled, PEERS_FOLDER } from "./npm-peers.ts";

/** How each load is put: what of the library, how much at once, and with whom on the other side. */
interface LoadRow {
  readonly measure: LibraryMeasure;
  readonly load: "echo" | "submit" | "work";
  readonly inFlight: number;
  /** The function; those of echo have workers of gearbench. */
  readonly function: string;
}

// biome-ignore format: a table
const LOADS: readonly LoadRow[] = [
  { measure: "echo1",  load: "echo",   inFlight: 1,  function: "single" },
  { measure: "echo64", load: "echo",   inFlight: 64, function: "many" },
  { measure: "submit", load: "submit", inFlight: 64, function: "submit" },
  { measure: "work1",  load: "work",   inFlight: 1,  function: "one" },
  { measure: "work16", load: "work",   inFlight: 16, function: "sixteen" },
];

/** Jobs that are queued before a worker starts: more than the fastest does in its time. */
const QUEUED_JOBS_PER_SECOND = 250_000;
/** Jobs that the worker on the other side asks for at once: as cheap as can be, so that the client is what counts. */
const GRABS = 64;
const MEGABYTE = 1e6;
/** Part of a load's time that goes before it and is not counted. */
const WARM_SHARE = 0.35;
/** What a load may take beyond its time until it counts as stalled, ms. */
const GRACE_MS = 12_000;
const PROGRAM = fileURLToPath(import.meta.resolve("../programs/library-program.ts"));

/** What a round needs. */
export interface LibraryRound {
  readonly board: Board;
  readonly server: ServerName;
  /** Of each load. */
  readonly seconds: number;
  readonly say: (line: string) => void;
}

/** The compiled generator, or why there is none. */
function libgearmanbench(): LoadGenerator | string {
  try {
    return new LoadGenerator("libgearmanbench");
  } catch {
    return "not installed (libgearman-dev)";
  }
}

/** Runs rounds of the comparison; dispose it to remove what it compiled. */
export class LibraryComparison implements Disposable {
  readonly #gearbench = new LoadGenerator("gearbench");
  readonly #libgearman = libgearmanbench();
  readonly #built = new BuiltLibrary();

  /** Why a column must be left out; undefined where it need not. */
  missing(column: LibraryColumn): string | undefined {
    if (column.runtime === undefined) return typeof this.#libgearman === "string" ? this.#libgearman : undefined;
    if (!RUNTIMES.includes(column.runtime)) return "its runtime is not installed (npm ci brings it)";
    return !column.isNpmPeer || isPeerInstalled(column.library) ? undefined : "could not be installed from npm";
  }

  /** All loads of a library through a new process of the server. */
  async round(column: LibraryColumn, round: LibraryRound): Promise<void> {
    const { board, seconds } = round;
    await using server = await startNamed(round.server);
    const { port } = server;
    await this.#gearbench.run(port, `-m echo -F warm -c 8 -d 16 -w 8 -n 1000000 -t ${seconds * WARM_SHARE}`);
    const helds = [
      await this.#gearbench.hold(port, "-m work -F single -w 1"),
      await this.#gearbench.hold(port, `-m work -F many -w 1 -g ${GRABS}`),
    ];
    try {
      for (const row of LOADS) {
        if (column.loads?.includes(row.measure) === false) continue;
        const cell = { ...round, measure: row.measure, column: column.name, title: column.title };
        const result = await attempt(cell, () => this.#run(column, row, { port, seconds }));
        if (row.load === "echo") noteLatencies(board, row.measure, column.name, result);
        const isRemembered = row.measure === "echo64" && result?.residentBytes !== undefined;
        if (isRemembered) board.add("megabytes", column.name, (result.residentBytes ?? 0) / MEGABYTE);
      }
    } finally {
      for (const held of helds) await held.release().catch(() => {});
    }
  }

  async #run(column: LibraryColumn, row: LoadRow, at: { port: number; seconds: number }): Promise<LoadResult> {
    const { port, seconds } = at;
    const jobs = Math.ceil(QUEUED_JOBS_PER_SECOND * seconds * (1 + WARM_SHARE));
    if (row.load === "work") {
      const limit = `-t ${seconds * 3}`;
      await this.#gearbench.run(port, `-m submit -F ${row.function} -c 8 -d 256 -n ${jobs} ${limit}`);
    }
    const limitMs = seconds * 1000 * (1 + WARM_SHARE) + GRACE_MS;
    if (column.runtime === undefined) return this.#runLibgearman(column, row, { ...at, jobs, limitMs });
    const runtime = join(ROOT_FOLDER, "node_modules", ".bin", column.runtime);
    const ours = column.runtime === "bun" ? join(ROOT_FOLDER, "src", "index.ts") : this.#built.module;
    const words: Readonly<Record<string, string | number>> = {
      library: column.library,
      load: row.load,
      port,
      function: `${row.function}0`,
      "in-flight": row.inFlight,
      jobs,
      "warm-ms": seconds * 1000 * WARM_SHARE,
      "measure-ms": seconds * 1000,
      peers: PEERS_FOLDER,
      ours,
    };
    const flags = Object.entries(words).flatMap(([name, value]) => [`--${name}`, String(value)]);
    return new ProgramRun([runtime, PROGRAM, ...flags], { limitMs }).result;
  }

  #runLibgearman(
    column: LibraryColumn,
    row: LoadRow,
    at: { port: number; seconds: number; jobs: number; limitMs: number },
  ): Promise<LoadResult> {
    if (typeof this.#libgearman === "string") throw new Error(this.#libgearman);
    const inFlight = column.isOneAtATime ? 1 : row.inFlight;
    const times = `-a ${at.seconds * WARM_SHARE} -t ${at.seconds}`;
    const words = `-m ${row.load} -F ${row.function}0 -d ${inFlight} -n ${at.jobs} ${times}`;
    return this.#libgearman.run(at.port, words, at.limitMs);
  }

  [Symbol.dispose](): void {
    this.#gearbench[Symbol.dispose]();
    this.#built[Symbol.dispose]();
    if (typeof this.#libgearman !== "string") this.#libgearman[Symbol.dispose]();
  }
}
