/** Plays scenarios: one server for each book, or for each scenario of a book that asks for it. */
import { type ServerOptions, type ServerProcess, startServer } from "../harness/server-process.ts";
import type { Book, Expectation, Scenario } from "./book.ts";
import { Differs } from "./line.ts";
import { World } from "./world.ts";

/** What came of one scenario. */
export interface Verdict {
  readonly book: string;
  readonly scenario: Scenario;
  /** What differs, in words; undefined when all was as expected. */
  readonly problem: string | undefined;
}

/** How to play. */
export interface PlayOptions {
  /** The server; the flags of the book are added to its own. */
  readonly server: ServerOptions;
  readonly expectation: Expectation;
  /** Only scenarios whose sentence contains this. */
  readonly only?: string;
}

const SHOWN_STEP_CHARS = 80;

/** Plays one scenario on a running server. Returns what differs, undefined if nothing does. */
export async function playScenario(
  scenario: Scenario,
  place: { readonly port: number; readonly expectation: Expectation },
): Promise<string | undefined> {
  const world = new World(place.port);
  let at = "";
  try {
    for (const step of scenario.steps(place.expectation)) {
      at = step;
      await world.play(step);
    }
    at = "the end";
    const rest = await world.rest();
    return rest.length === 0 ? undefined : `at the end: expected nothing more, got ${rest.join("; ")}`;
  } catch (error) {
    if (error instanceof Differs) return error.message;
    return `at '${at.slice(0, SHOWN_STEP_CHARS)}': ${error instanceof Error ? error.message : String(error)}`;
  } finally {
    await world.close();
  }
}

function withEnd(problem: string | undefined, server: ServerProcess, book: Book): string | undefined {
  if (book.isAlone || server.ended === undefined) return problem;
  return `${problem ?? "all answers as expected"}; and the server ended with ${server.ended}`;
}

/** Plays a book, one scenario after the other. */
export async function playBook(book: Book, options: PlayOptions): Promise<readonly Verdict[]> {
  const server = { ...options.server, flags: [...(options.server.flags ?? []), ...book.flags] };
  const verdicts: Verdict[] = [];
  let running: ServerProcess | undefined;
  try {
    for (const scenario of book.scenarios) {
      if (!scenario.title.includes(options.only ?? "")) continue;
      running ??= await startServer(server);
      const problem = await playScenario(scenario, { port: running.port, expectation: options.expectation });
      verdicts.push({ book: book.name, scenario, problem: withEnd(problem, running, book) });
      if (book.isAlone || running.ended !== undefined) {
        await running.stop();
        running = undefined;
      }
    }
  } finally {
    await running?.stop();
  }
  return verdicts;
}

/** One line of the report. */
export function verdictLine(verdict: Verdict): string {
  const { book, scenario, problem } = verdict;
  const word = problem === undefined ? "ok     " : "DIFFERS";
  return `${word} ${book}:${scenario.line}  ${scenario.title}${problem === undefined ? "" : `  | ${problem}`}`;
}

/** Runs work on each entry, at most `laneCount` at a time; results are promises in the order of the entries. */
export function inLanes<Entry, Result>(
  entries: readonly Entry[],
  laneCount: number,
  work: (entry: Entry) => Promise<Result>,
): Promise<Result>[] {
  const waiting = entries.map((entry) => ({ entry, result: Promise.withResolvers<Result>() }));
  const results = waiting.map(({ result }) => result.promise);
  const runLane = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const running = work(next.entry);
      next.result.resolve(running);
      await running.catch(() => {});
    }
  };
  for (let lane = 0; lane < laneCount; lane += 1) void runLane();
  return results;
}
