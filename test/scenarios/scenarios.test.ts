/** Plays every recorded scenario through our server, in both forms and on every runtime, and through gearmand itself. */
import { beforeAll, describe, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { RUNTIMES } from "../harness/runtimes.ts";
import { hasRealGearmand, REAL_GEARMAND, type ServerOptions } from "../harness/server-process.ts";
import { hasPackages } from "../interop/packages.ts";
import { type Book, type Expectation, readBook } from "./book.ts";
import { inLanes, playBook, type Verdict, verdictLine } from "./play.ts";

/** Books played at the same time: most of a book's time is waiting. */
const LANES = 8;
const LIMIT_MS = 180_000;

/** Scenarios that our server does not pass yet, and why. Each must differ: one that begins to pass is taken off this list. */
const EXPECTED_TO_DIFFER: ReadonlyMap<string, string> = new Map([
  ["SUBMIT_JOB_SCHED is refused", "accepted once schedules exist"],
]);

const BOOKS = readdirSync(import.meta.dirname)
  .filter((name) => name.endsWith(".txt"))
  .sort()
  .map((name) => readBook(join(import.meta.dirname, name)));

const HAS_GEARMAND = hasRealGearmand() || hasPackages("recordings compared with gearmand", ["gearman-job-server"]);

interface Play {
  readonly title: string;
  readonly book: Book;
  readonly server: ServerOptions;
  readonly expectation: Expectation;
}

function plays(): readonly Play[] {
  const list: Play[] = [];
  for (const book of BOOKS) {
    for (const runtime of RUNTIMES) {
      const own = { book, expectation: "new" } as const;
      list.push({ ...own, title: `gearwright gearmand on ${runtime}`, server: { form: "gearmand", runtime } });
      if (book.flags.length > 0) continue;
      list.push({ ...own, title: `gearwright serve on ${runtime}`, server: { form: "serve", runtime } });
    }
    if (HAS_GEARMAND) list.push({ title: "gearmand 1.1.20", book, server: { form: "real" }, expectation: "1.1" });
  }
  // What takes longest starts first.
  return list.sort((one, other) => Number(other.book.isAlone) - Number(one.book.isAlone));
}

const PLAYS = plays();
const played = new Map<Play, Promise<readonly Verdict[]>>();

beforeAll(() => {
  const results = inLanes(PLAYS, LANES, ({ book, server, expectation }) => playBook(book, { server, expectation }));
  for (const [index, result] of results.entries()) {
    const play = PLAYS[index];
    if (play !== undefined) played.set(play, result);
    // Whoever awaits it tells.
    result.catch(() => {});
  }
});

async function differences(play: Play): Promise<readonly string[]> {
  const verdicts = (await played.get(play)) ?? [];
  expect(verdicts.length).toBe(play.book.scenarios.length);
  return verdicts
    .filter(({ scenario }) => play.expectation !== "new" || !EXPECTED_TO_DIFFER.has(scenario.title))
    .filter(({ problem }) => problem !== undefined)
    .map(verdictLine);
}

for (const title of new Set(PLAYS.map((play) => play.title).sort())) {
  describe(title, () => {
    for (const play of PLAYS.filter((candidate) => candidate.title === title)) {
      test(
        `answers as expected in ${play.book.name}`,
        async () => {
          expect(await differences(play)).toEqual([]);
        },
        LIMIT_MS,
      );
    }
  });
}

describe("expected to differ", () => {
  for (const [title, reason] of EXPECTED_TO_DIFFER) {
    for (const play of PLAYS.filter(({ expectation }) => expectation === "new")) {
      if (!play.book.scenarios.some((scenario) => scenario.title === title)) continue;
      test(
        `${play.title} does not pass "${title}" yet: ${reason}`,
        async () => {
          const verdict = (await played.get(play))?.find(({ scenario }) => scenario.title === title);
          expect(verdict).toBeDefined();
          expect(verdict?.problem).toBeDefined();
        },
        LIMIT_MS,
      );
    }
  }
});

if (!HAS_GEARMAND)
  test.skip(`the recordings are what gearmand itself answers: ${REAL_GEARMAND} is not installed`, () => {});

test("every book was read", () => {
  expect(BOOKS.map((book) => book.scenarios.length).reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(209);
});
