/** Other projects' clients and workers and our own, in every pair, against our server on every runtime; docs/interop.md is drawn from it. */
import { beforeAll, describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT_FOLDER, RUNTIMES } from "../harness/runtimes.ts";
import { type ServerOptions, startServer } from "../harness/server-process.ts";
import { inLanes } from "../scenarios/play.ts";
import { COLUMNS, FEATURE_NAMES } from "./columns.ts";
import { drawTables, withTables } from "./document.ts";
import { FEATURES } from "./feature.ts";
import { hasPackages } from "./packages.ts";
import { PAIR_TRIALS, PAIRS, type Pair, pairTitle, runPair } from "./pairs.ts";
import { TOOL_PAIRS } from "./tool-pairs.ts";

/** Columns and pairs at the same time. */
const LANES = 6;
const LIMIT_MS = 240_000;
const DOCUMENT = join(ROOT_FOLDER, "docs", "interop.md");

type Report = (row: string, problem: unknown) => void;

/** A column or a pair on one runtime of our server, or on gearmand. */
interface Run {
  readonly runtime: string;
  readonly title: string;
  readonly rows: readonly string[];
  readonly start: (report: Report) => Promise<void>;
}

function columnRuns(server: ServerOptions, runtime: string): readonly Run[] {
  const columns = COLUMNS.filter(({ title, packages }) => hasPackages(`interop with ${title}`, packages));
  return columns.flatMap((column) => {
    const tried = FEATURE_NAMES.filter((feature) => column.lacks[feature] === undefined);
    // 32 MiB take long, though mostly by waiting: they are a run of their own beside the others.
    const parts = [tried.filter((feature) => feature === "large"), tried.filter((feature) => feature !== "large")];
    return parts.map((features) => ({
      runtime,
      title: column.title,
      rows: features.map((feature) => FEATURES[feature]),
      start: async (report: Report) => {
        await using running = await startServer(server);
        await column.run(running, features, (feature, problem) => report(FEATURES[feature], problem));
      },
    }));
  });
}

function pairRuns(server: ServerOptions, runtime: string, pairs: readonly Pair[]): readonly Run[] {
  const canRun = pairs.filter((pair) =>
    hasPackages(pairTitle(pair), [...pair.client.packages, ...pair.worker.packages]),
  );
  return canRun.map((pair) => ({
    runtime,
    title: pairTitle(pair),
    rows: Object.keys(PAIR_TRIALS),
    start: (report) => runPair(pair, server, report),
  }));
}

function toolPairRuns(server: ServerOptions, runtime: string): readonly Run[] {
  return TOOL_PAIRS.filter(({ title, packages }) => hasPackages(`interop of ${title}`, packages)).map((pair) => ({
    runtime,
    title: pair.title,
    rows: Object.keys(PAIR_TRIALS).filter((row) => pair.lacks[row] === undefined),
    start: (report) => pair.run(server, report),
  }));
}

/** Our own library with the others' on gearmand itself. */
function gearmandRuns(): readonly Run[] {
  if (!hasPackages("interop of our library on gearmand", ["gearman-job-server"])) return [];
  const server: ServerOptions = { form: "real" };
  const ours = PAIRS.filter((pair) => [pair.client.name, pair.worker.name].includes("typescript"));
  return [...pairRuns(server, "gearmand", ours), ...toolPairRuns(server, "gearmand")];
}

/** The longest first. */
const RUNS: readonly Run[] = [
  ...RUNTIMES.flatMap((runtime) => {
    const server: ServerOptions = { form: "serve", runtime };
    return [...columnRuns(server, runtime), ...pairRuns(server, runtime, PAIRS), ...toolPairRuns(server, runtime)];
  }),
  ...gearmandRuns(),
]
  .filter(({ rows }) => rows.length > 0)
  .sort((one, other) => one.rows.length - other.rows.length);

/** Problems by run and row; a row that was not reached has none and is not in the map. */
const results = new Map<Run, Promise<ReadonlyMap<string, unknown>>>();
const failed = new Set<string>();

async function play(run: Run): Promise<ReadonlyMap<string, unknown>> {
  const problems = new Map<string, unknown>();
  await run.start((row, problem) => problems.set(row, problem));
  return problems;
}

beforeAll(() => {
  for (const [index, result] of inLanes(RUNS, LANES, play).entries()) {
    const run = RUNS[index];
    if (run !== undefined) results.set(run, result);
    // Whoever awaits it tells.
    result.catch(() => {});
  }
});

for (const run of RUNS) {
  describe(`${run.title} on ${run.runtime}`, () => {
    for (const row of run.rows) {
      test(
        `${row} work`,
        async () => {
          failed.add(`${run.title}: ${row}`);
          const problems = await results.get(run);
          expect(problems?.has(row)).toBe(true);
          const problem = problems?.get(row);
          if (problem !== undefined) throw problem;
          failed.delete(`${run.title}: ${row}`);
        },
        LIMIT_MS,
      );
    }
  });
}

test("docs/interop.md says what these tests have found (GEARWRIGHT_WRITE_DOCS=1 writes it)", () => {
  const document = readFileSync(DOCUMENT, "utf8");
  const wanted = withTables(
    document,
    drawTables((column, row) => failed.has(`${column}: ${row}`)),
  );
  if (process.env["GEARWRIGHT_WRITE_DOCS"] === "1") writeFileSync(DOCUMENT, wanted);
  else expect(document).toBe(wanted);
});
