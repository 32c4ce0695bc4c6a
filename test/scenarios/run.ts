/**
 * Plays the scenarios from the command line; README.md says how.
 *
 * Ends with `N passed, N failed`, and with exit status 1 when one failed.
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { EXPECTATIONS, type Expectation, readBook } from "./book.ts";
import { splitCommand } from "./command-words.ts";
import { inLanes, playBook, verdictLine } from "./play.ts";

/** Books that are played at the same time. */
const LANES = 4;

const USAGE = "usage: run.ts --exec 'COMMAND {port}' [--server 1.1|2.0|new] [--only TEXT] [--quiet] [FILE ...]";

function fail(reason: string): never {
  console.error(`${reason}\n${USAGE}`);
  process.exit(2);
}

function readArguments() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      exec: { type: "string" },
      server: { type: "string", default: "new" },
      only: { type: "string", default: "" },
      quiet: { type: "boolean", default: false },
    },
  });
  const expectation = EXPECTATIONS.find((name) => name === values.server);
  if (values.exec === undefined) fail("--exec is needed");
  if (expectation === undefined) fail(`--server is one of ${EXPECTATIONS.join(", ")}`);
  return { ...values, exec: values.exec, expectation, wanted: positionals.map((name) => name.replace(/\.txt$/, "")) };
}

interface Run {
  readonly exec: string;
  readonly expectation: Expectation;
  readonly only: string;
  readonly quiet: boolean;
  readonly wanted: readonly string[];
}

async function run({ exec, expectation, only, quiet, wanted }: Run): Promise<boolean> {
  const names = readdirSync(import.meta.dirname)
    .filter((name) => name.endsWith(".txt") && (wanted.length === 0 || wanted.some((word) => name.includes(word))))
    .sort();
  const books = names.map((name) => readBook(join(import.meta.dirname, name)));
  const server = { command: splitCommand(exec) };
  let passed = 0;
  let failed = 0;
  for (const played of inLanes(books, LANES, (book) => playBook(book, { server, expectation, only }))) {
    for (const verdict of await played) {
      if (verdict.problem === undefined) passed += 1;
      else failed += 1;
      if (verdict.problem !== undefined || !quiet) console.log(verdictLine(verdict));
    }
  }
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0;
}

let options: Run;
try {
  options = readArguments();
} catch (error) {
  fail(error instanceof Error ? error.message : String(error));
}
process.exit((await run(options)) ? 0 : 1);
