/** Every feature of the client and worker libraries, on every runtime that they promise, against our server and gearmand. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { type CompiledProgram, compiledProgram } from "../harness/compiled-program.ts";
import { NODE_VERSIONS, type NodeMajor, nodeBinary } from "../harness/node-versions.ts";
import { RUNTIMES } from "../harness/runtimes.ts";
import type { ServerOptions } from "../harness/server-process.ts";
import { hasPackages } from "../interop/packages.ts";
import { inLanes } from "../scenarios/play.ts";
import { type FeatureReport, type FeatureRun, runFeatures } from "./feature-run.ts";
import { FEATURES, LAST_FEATURE, type ServerKind } from "./feature-table.ts";

/** Cells at the same time; most of their time they wait. */
const LANES = 3;
const LIMIT_MS = 240_000;

const OURS: ServerOptions = { form: "serve", runtime: RUNTIMES[0] ?? "bun" };
/** With more threads a job that CAN_DO_TIMEOUT has taken back is at times given to nobody, or gearmand crashes. */
const REAL: ServerOptions = { form: "real", flags: ["-t", "1"] };

/** Where the library runs: what the machine has, or npm brings. */
async function libraryRuntimes(): Promise<readonly { readonly runtime: string; readonly binary: string }[]> {
  const found = [];
  for (const major of Object.keys(NODE_VERSIONS).map(Number) as NodeMajor[]) {
    const binary = await nodeBinary(major);
    if (binary !== undefined) found.push({ runtime: `Node ${major}`, binary });
  }
  return [...found, { runtime: "Bun", binary: process.execPath }];
}

const kinds: readonly (readonly [ServerKind, ServerOptions])[] = hasPackages("client and worker on gearmand", [
  "gearman-job-server",
])
  ? [
      ["gearwright", OURS],
      ["gearmand", REAL],
    ]
  : [["gearwright", OURS]];

const RUNS: readonly FeatureRun[] = (await libraryRuntimes()).flatMap((runtime) =>
  kinds.map(([kind, server]) => ({ ...runtime, kind, server })),
);

let program: Promise<CompiledProgram> | undefined;
const reports = new Map<FeatureRun, Promise<FeatureReport>>();

beforeAll(() => {
  const compiling = compiledProgram(join(import.meta.dirname, "feature-program.ts"));
  program = compiling;
  const playing = inLanes(RUNS, LANES, async (run) => await runFeatures(run, (await compiling).path));
  for (const [index, report] of playing.entries()) {
    const run = RUNS[index];
    if (run !== undefined) reports.set(run, report);
    // Whoever awaits it tells.
    report.catch(() => {});
  }
});

afterAll(async () => {
  await Promise.allSettled(reports.values());
  await (await program)?.[Symbol.asyncDispose]();
});

async function shouldHold(run: FeatureRun, name: string): Promise<void> {
  const report = await reports.get(run);
  const line = report?.lines.get(name);
  if (line?.ok === true) return;
  throw new Error(line?.error ?? `it was not played; the program ended with ${report?.end}`);
}

for (const run of RUNS) {
  describe(`${run.runtime} on ${run.kind}`, () => {
    for (const { name, onGearmand } of FEATURES) {
      const instead = run.kind === "gearmand" && onGearmand !== undefined ? ` (but: ${onGearmand.because})` : "";
      test(`${name}${instead}`, () => shouldHold(run, name), LIMIT_MS);
    }
    test(LAST_FEATURE, () => shouldHold(run, LAST_FEATURE), LIMIT_MS);
    test("the process ends by itself", async () => expect((await reports.get(run))?.end).toBe("exit 0"), LIMIT_MS);
  });
}

test("every feature has a name of its own", () => {
  expect(new Set(FEATURES.map(({ name }) => name)).size).toBe(FEATURES.length);
});
