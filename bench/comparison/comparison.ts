/** The comparison of job servers and of client libraries in one run: `npm run bench`; writes results.md. */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT_FOLDER } from "../../test/harness/runtimes.ts";
import { Board } from "../board.ts";
import { chosen } from "../chosen.ts";
import { machine } from "../machine.ts";
import { SERVERS, type ServerName, versionOf } from "../servers.ts";
import { turnOf } from "../turn-of.ts";
import { Deadline } from "./deadline.ts";
import { LibraryComparison } from "./libraries.ts";
import { LIBRARY_COLUMNS } from "./library-columns.ts";
import { installNpmPeers, NPM_PEERS } from "./npm-peers.ts";
import { libraryProse, SERVER_PROSE } from "./prose.ts";
import { type Column, comparisonReport, type Section } from "./report.ts";
import { LIBRARY_ROWS, SERVER_ROWS } from "./rows.ts";
import { SERVER_COLUMNS, ServerComparison } from "./servers.ts";

/** The parts of a run. */
const PARTS = ["servers", "libraries", "gearmand"] as const;

const RESULTS = join(import.meta.dirname, "..", "results.md");
/** What remains of the ten minutes for the last thing that was begun. */
const BUDGET_MS = 9.25 * 60_000;
const ROUNDS = 3;
const SECONDS = 1.2;
/** What a column's round takes beside its loads, ms, and how many loads' times it has, warm-ups and submits included. */
const ROUND_REST_MS = 4_000;
const LOADS_PER_ROUND = 8;

/** What to run. */
export interface ComparisonOptions {
  /** Default 3. */
  readonly rounds?: number | undefined;
  /** Of each load; default 1.2. */
  readonly seconds?: number | undefined;
  /** Names of parts, with commas; default all: `servers`, `libraries` (through ours), `gearmand` (libraries through it, one round). */
  readonly only?: string | undefined;
  /** Names of columns, with commas; default all. */
  readonly peers?: string | undefined;
}

/** A part with its rounds still to run. */
interface Part {
  readonly section: Section;
  readonly rounds: number;
  readonly one: (column: string) => Promise<void>;
}

interface Plan {
  readonly seconds: number;
  readonly rounds: number;
  readonly peers: readonly string[];
}

const say = (line: string) => console.error(line);

/** The columns that are there; the report tells of the others. */
function present<Wanted extends Column>(
  columns: readonly Wanted[],
  board: Board,
  missing: (column: Wanted) => string | undefined,
): readonly Wanted[] {
  return columns.filter((column) => {
    const reason = missing(column);
    if (reason !== undefined) board.addNote(`${column.title} is left out: ${reason}`);
    return reason === undefined;
  });
}

function serverPart(comparison: ServerComparison, plan: Plan): Part {
  const board = new Board();
  const all = SERVER_COLUMNS.map((name) => ({ name, title: SERVERS[name].title }));
  const asked = all.filter(({ name }) => plan.peers.includes(name));
  const columns = present(asked, board, ({ name }) => comparison.missing(name));
  const section = { heading: "Job servers", prose: SERVER_PROSE, rows: SERVER_ROWS, columns, board, hasTargets: false };
  const one = (name: string) =>
    comparison.round(name as ServerName, { board, seconds: plan.seconds, say: (line) => say(`server  ${line}`) });
  return { section: { ...section, ours: all.slice(0, 2) }, rounds: plan.rounds, one };
}

function libraryPart(comparison: LibraryComparison, plan: Plan, server: ServerName): Part {
  const board = new Board();
  const asked = LIBRARY_COLUMNS.filter(({ name }) => plan.peers.includes(name));
  const columns = present(asked, board, (column) => comparison.missing(column));
  const { title } = SERVERS[server];
  const prose = libraryProse(title);
  const section = {
    heading: `Client libraries through ${title}`,
    prose: server === "ours-bun" ? prose : [`As above, through ${title}, in fewer rounds.`],
    rows: LIBRARY_ROWS,
    columns,
    ours: LIBRARY_COLUMNS.slice(0, 2),
    board,
    hasTargets: server === "ours-bun",
  };
  const one = async (name: string) => {
    const column = columns.find((candidate) => candidate.name === name);
    const { seconds } = plan;
    if (column !== undefined) {
      await comparison.round(column, { board, server, seconds, say: (line) => say(`library ${line}`) });
    }
  };
  return { section, rounds: plan.rounds, one };
}

/** One round of each part after the other, then the next round of each, while there is time; a part with fewer rounds has the last. */
async function runParts(parts: readonly Part[], seconds: number): Promise<void> {
  const deadline = new Deadline(BUDGET_MS);
  const neededMs = LOADS_PER_ROUND * seconds * 1000 + ROUND_REST_MS;
  const roundCount = Math.max(...parts.map(({ rounds }) => rounds));
  for (let round = 0; round < roundCount; round += 1) {
    for (const { section, one } of parts.filter(({ rounds }) => round >= roundCount - rounds)) {
      for (const { name, title } of turnOf(section.columns, round)) {
        if (deadline.hasTimeFor(neededMs)) {
          await one(name).catch((error: unknown) =>
            section.board.addNote(`${title}: a round failed: ${String(error)}`),
          );
        } else section.board.addNote(`${title}: round ${round + 1} was left out to keep within ten minutes`);
      }
    }
  }
}

function facts(rounds: number, seconds: number, startMs: number): string {
  const node = execFileSync(join(ROOT_FOLDER, "node_modules", ".bin", "node"), ["--version"], {
    encoding: "utf8",
  }).trim();
  const servers = (["gearmand-t0", "perl-server", "beanstalkd", "redis"] as const).map(versionOf);
  const versions = [`Node ${node.slice(1)}`, ...servers, `BullMQ ${NPM_PEERS["bullmq"] ?? ""}`].filter(
    (text) => text !== "none",
  );
  const minutes = ((performance.now() - startMs) / 60_000).toFixed(1);
  return `${machine()}; ${versions.join("; ")}; rounds: ${rounds}; ${seconds} s a load; ${minutes} minutes in all.`;
}

/** Runs it, prints its report, and writes the results when everything was run. */
export async function runComparison(options: ComparisonOptions): Promise<void> {
  const startMs = performance.now();
  const names = [...new Set([...SERVER_COLUMNS, ...LIBRARY_COLUMNS.map(({ name }) => name)])];
  const rounds = options.rounds ?? ROUNDS;
  const seconds = options.seconds ?? SECONDS;
  const plan = { rounds, seconds, peers: chosen(options.peers, names) };
  const asked = chosen(options.only, PARTS);
  const fault = installNpmPeers();
  if (fault !== undefined) say(`npm install failed: ${fault}`);

  using servers = new ServerComparison();
  using libraries = new LibraryComparison();
  const parts: Part[] = [];
  if (asked.includes("servers")) parts.push(serverPart(servers, plan));
  if (asked.includes("libraries")) parts.push(libraryPart(libraries, plan, "ours-bun"));
  if (asked.includes("gearmand") && servers.missing("gearmand-t0") === undefined) {
    parts.push(libraryPart(libraries, { ...plan, rounds: 1 }, "gearmand-t0"));
  }
  await runParts(parts, seconds);
  const text = comparisonReport(
    parts.map(({ section }) => section),
    facts(rounds, seconds, startMs),
  );
  console.log(text);
  const isWhole = Object.values(options).every((value) => value === undefined);
  if (isWhole) writeFileSync(RESULTS, text);
}
