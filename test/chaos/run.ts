/**
 * The long form of the chaos tests: `bun test/chaos/run.ts`.
 *
 * `--jobs N` (default 5,000,000) for memory, `--calls N`, `--losses N`, `--aborts N` and `--timeouts N` (20,000, 100, 1,000 and 1,000)
 * for losses, `--runtimes bun,node`, `--seed N`; 0 jobs or 0 calls leave that part out. Exit status 1 when something is not as it must be.
 */
import { parseArgs } from "node:util";
import { hasRealGearmand } from "../harness/server-process.ts";
import { BUN, type LibraryRuntime, LOAD_PROGRAM, nodeRuntimes } from "./load-command.ts";
import { LossesRun } from "./losses-run.ts";
import { MemoryRun } from "./memory-run.ts";
import { FAULT_NAMES, type LoadReport } from "./tally.ts";
import { summary } from "./verdict.ts";

/** What is in use after all jobs may be so many times what it was after a fifth of them. */
const GROWTH_MAX = 1.1;

const { values } = parseArgs({
  options: {
    jobs: { type: "string", default: "5000000" },
    calls: { type: "string", default: "20000" },
    losses: { type: "string", default: "100" },
    aborts: { type: "string", default: "1000" },
    timeouts: { type: "string", default: "1000" },
    runtimes: { type: "string", default: "bun,node" },
    seed: { type: "string", default: String(Math.floor(Math.random() * 2 ** 31)) },
  },
});

let isWell = true;

function print(name: string, text: string, report: LoadReport): void {
  const faults = FAULT_NAMES.map((fault) => `${fault} ${report.faults[fault]}`).join(", ");
  console.log(`${name}: ${text}\n  ${faults}`);
}

function complain(shortfalls: readonly string[]): void {
  for (const shortfall of shortfalls) console.log(`  NOT AS IT MUST BE: ${shortfall}`);
  if (shortfalls.length > 0) isWell = false;
}

async function playLosses({ name, words }: LibraryRuntime, form: "serve" | "real"): Promise<void> {
  const play = new LossesRun({
    command: [...words, LOAD_PROGRAM],
    server: form === "real" ? { form } : { form, runtime: "bun" },
    seed: Number(values.seed),
    kind: "mixed",
    goals: { settled: Number(values.calls), aborted: Number(values.aborts), timedOut: Number(values.timeouts) },
    losses: Number(values.losses),
    giveUpOneIn: 4,
    lossEveryMs: 80,
  });
  const { report, losses, lossCount, shortfalls } = await play.run();
  const on = form === "real" ? "gearmand" : "gearwright";
  print(`losses, ${name} on ${on}`, `${lossCount} ${JSON.stringify(losses)}; ${summary(report)}`, report);
  complain(shortfalls);
}

async function playMemory({ name, words }: LibraryRuntime): Promise<void> {
  const { text, heapGrowth, shortfalls, report } = await new MemoryRun(
    [...words, LOAD_PROGRAM],
    Number(values.jobs),
  ).run();
  print(`memory, ${name}`, text, report);
  complain(heapGrowth > GROWTH_MAX ? [...shortfalls, `memory grew ${heapGrowth} times`] : shortfalls);
}

async function chosenRuntimes(): Promise<readonly LibraryRuntime[]> {
  const newest = (await nodeRuntimes()).at(-1);
  const all = newest === undefined ? [BUN] : [BUN, newest];
  return all.filter(({ name }) => values.runtimes.split(",").some((wanted) => name.toLowerCase().startsWith(wanted)));
}

console.log(`seed ${values.seed}`);
for (const runtime of await chosenRuntimes()) {
  if (Number(values.calls) > 0) {
    await playLosses(runtime, "serve");
    if (hasRealGearmand()) await playLosses(runtime, "real");
  }
  if (Number(values.jobs) > 0) await playMemory(runtime);
}
process.exit(isWell ? 0 : 1);
