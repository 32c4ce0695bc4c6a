/**
 * Runs every test: `npm test`, or `npm test -- test/job test/cli/serve.test.ts` for some.
 *
 * Each file runs in a process of its own, two at a time; those that measure run alone. `--package` runs the black-box files
 * against the package as it would be published, packed and installed in an empty folder. The last line is
 * `N passed, N failed`, with `, N skipped` where there are some; exit status 1 when one failed.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { readyPackages } from "./interop/packages.ts";
import { installedPackage } from "./package/installed-package.ts";
import { lastLine, type Outcome, sumOf } from "./run/outcome.ts";
import { type PlannedFile, plannedFiles } from "./run/plan.ts";
import { type RunFile, runTestFile } from "./run/test-file.ts";

const ROOT = join(import.meta.dirname, "..");
/** Files that run at the same time. */
const LANES = 2;

/** What a file wrote, without its passed tests. */
function shown(output: string): string {
  const lines = output.trimEnd().split("\n");
  return lines
    .filter((line) => !line.startsWith("(pass)"))
    .map((line) => `     ${line}`)
    .join("\n");
}

function report(name: string, { outcome, skipped, output, seconds }: RunFile): void {
  const word = outcome.failed > 0 ? "FAIL" : "ok  ";
  console.log(`${word} ${name}: ${lastLine(outcome)} (${seconds.toFixed(1)} s)`);
  for (const test of skipped) console.log(`     skipped: ${test}`);
  if (outcome.failed > 0) console.log(`${shown(output)}\n`);
}

/** Runs the files of a step; the ones that run alone come after the others. */
async function runFiles(files: readonly PlannedFile[], label: string, env: Record<string, string>): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const run = async (path: string) => {
    const file = await runTestFile(path, { root: ROOT, env });
    outcomes.push(file.outcome);
    report(`${path}${label}`, file);
  };
  const waiting = files.filter((file) => !file.isAlone).map((file) => file.path);
  const lane = async () => {
    for (let path = waiting.shift(); path !== undefined; path = waiting.shift()) await run(path);
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  for (const { path, isAlone } of files) if (isAlone) await run(path);
  return outcomes;
}

/** A step that throws is one failure, and the other steps run all the same. */
async function guarded(step: () => Promise<readonly Outcome[]>): Promise<readonly Outcome[]> {
  try {
    return await step();
  } catch (error) {
    console.log(`FAIL ${error instanceof Error ? error.message : String(error)}`);
    return [{ passed: 0, failed: 1, skipped: 0 }];
  }
}

/** Brings what the tests need from outside npm. */
async function prepare(): Promise<Outcome[]> {
  for (const line of await readyPackages()) console.log(line);
  return [];
}

async function runPackaged(files: readonly PlannedFile[]): Promise<Outcome[]> {
  await using installed = await installedPackage(ROOT);
  return await runFiles(files, " (installed package)", { GEARWRIGHT_TEST_BIN: installed.binary });
}

async function main(): Promise<Outcome> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { package: { type: "boolean", default: false } },
  });
  const wanted = positionals.map((path) => path.replace(/^\.\//, ""));
  const isWanted = (path: string) => wanted.length === 0 || wanted.some((start) => path.startsWith(start));
  const files = plannedFiles(ROOT).filter(({ path }) => isWanted(path));
  if (files.length === 0) console.log("no test file was found");
  const outcomes = [...(await guarded(prepare))];
  const blackBox = files.filter((file) => file.isBlackBox);
  if (!values.package) outcomes.push(...(await runFiles(files, "", {})));
  // A full run plays the scenarios once more through what users install; --package does so with every black-box file.
  const isFull = wanted.length === 0 && !values.package;
  const scenarios = blackBox.filter(({ path }) => path.startsWith("test/scenarios/scenarios"));
  const packaged = values.package ? blackBox : isFull ? scenarios : [];
  if (packaged.length > 0) outcomes.push(...(await guarded(() => runPackaged(packaged))));
  return sumOf(outcomes);
}

// A signal ends this process by its own exit, which ends the files that run.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => process.exit(1));

let [total = sumOf([])] = await guarded(async () => [await main()]);
if (total.passed + total.failed === 0) total = { ...total, failed: 1 };
console.log(lastLine(total));
process.exit(total.failed === 0 ? 0 : 1);
