/**
 * The fast job table equals a slow, plainly right one under any play of calls.
 *
 * GEARWRIGHT_MODEL_RUNS sets how many scripts are played; GEARWRIGHT_MODEL_SEED and GEARWRIGHT_MODEL_PATH replay one that failed.
 */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { Connection } from "../../src/job/connection.ts";
import { workloadKey } from "../../src/job/job.ts";
import { JobTable } from "../../src/job/job-table.ts";
import { COMMAND_NAMES, type Script, scripts } from "./model-commands.ts";
import { type Hits, runScript } from "./model-run.ts";

const RUNS_DEFAULT = 4_000;
const CALLS_PER_SCRIPT = 150;
const HITS_MIN = 1_000;
/** Generous, for a machine that is busy with other things, ms per script. */
const LIMIT_PER_RUN_MS = 30;

/** Turns of events that the calls must lead to. */
const TURNS = [
  "a scheduled job falls due",
  "a woken worker is overtaken for good",
  "an attempt times out",
  "grab gives a job",
  "grab gives nothing",
  "submit joins a live job",
  "submit joins and waits",
  "submit makes a live job durable",
  "submit is refused: functionsMax",
  "submit is refused: memoryFull",
  "submit is refused: queueFull",
  'submit with unique ""',
  'submit with unique "-"',
  'submit with unique "a"',
  "submit durable",
  "the store answers about a job that is pending",
  "the store answers about a job that is scheduled",
  "the store answers about a job that is queued",
  "the store answers about a job that is running",
  "the store answers about a job that is over",
  "what a worker says is done",
  "what a worker says is swallowed",
  "what a worker says is unknown",
] as const;

const { GEARWRIGHT_MODEL_RUNS, GEARWRIGHT_MODEL_SEED, GEARWRIGHT_MODEL_PATH } = process.env;
const runCount = Number(GEARWRIGHT_MODEL_RUNS ?? RUNS_DEFAULT);

test(
  "the job table does what its model does, call by call",
  () => {
    const hits: Hits = new Map();
    const implementation = { JobTable, Connection, workloadKey };
    const details = fc.check(
      fc.property(scripts(CALLS_PER_SCRIPT), (script) => runScript(implementation, script, hits)),
      {
        numRuns: runCount,
        ...(GEARWRIGHT_MODEL_SEED === undefined ? {} : { seed: Number(GEARWRIGHT_MODEL_SEED) }),
        ...(GEARWRIGHT_MODEL_PATH === undefined ? {} : { path: GEARWRIGHT_MODEL_PATH }),
      },
    );
    if (details.failed) throw new Error(report(details));
    if (GEARWRIGHT_MODEL_PATH !== undefined) return;
    console.log(table(hits, details.seed));
    if (runCount < RUNS_DEFAULT) return;
    const rare = COMMAND_NAMES.filter((name) => (hits.get(name) ?? 0) < HITS_MIN);
    expect(rare).toEqual([]);
    expect(TURNS.filter((name) => !hits.has(name))).toEqual([]);
  },
  60_000 + runCount * LIMIT_PER_RUN_MS,
);

/** What failed, the calls that lead there, and how to see it again. */
function report(details: fc.RunDetails<[Script]>): string {
  const { seed, counterexample, counterexamplePath, errorInstance } = details;
  const [script] = counterexample ?? [];
  return [
    String(errorInstance),
    `settings: ${JSON.stringify(script?.settings)} (null is Infinity)`,
    ...(script?.commands ?? []).map((command, index) => `${index + 1}. ${JSON.stringify(command)}`),
    `replay: GEARWRIGHT_MODEL_SEED=${seed} GEARWRIGHT_MODEL_PATH=${counterexamplePath} bun test test/job/model.test.ts`,
  ].join("\n");
}

function table(hits: Hits, seed: number): string {
  const rows = [...COMMAND_NAMES, ...TURNS].map((name) => `${String(hits.get(name) ?? 0).padStart(8)}  ${name}`);
  return [`model test: ${runCount} scripts, seed ${seed}; how often each call and turn was reached:`, ...rows].join(
    "\n",
  );
}
