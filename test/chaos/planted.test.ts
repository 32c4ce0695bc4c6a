/** The chaos tests themselves: a load finds what is planted into a copy of the libraries. */
import { describe, expect, test } from "bun:test";
import { cpSync } from "node:fs";
import { dirname, join } from "node:path";
import { generatedPart } from "../generated-part.ts";
import { PlantedCopy, type PlantedFault } from "../harness/planted-copy.ts";
import { ROOT_FOLDER } from "../harness/runtimes.ts";
import { BUN, LOAD_PROGRAM } from "./load-command.ts";
import { LossesRun } from "./losses-run.ts";
import { MemoryRun } from "./memory-run.ts";
import { chaosFaultsTable, LOSS_FAULTS, MEMORY_FAULT } from "./planted-faults.ts";

const SEED = 4730;
const LIMIT_MS = 120_000;
/** What hangs because of a fault hangs for ever: no need to wait as long as for a busy machine. */
const HANG_LIMIT_MS = 1_000;
const JOBS = 60_000;
const GROWTH_MAX = 1.5;

/** What runs the load's program on a copy of the libraries. */
function commandOf(copy: PlantedCopy): readonly string[] {
  const folder = dirname(dirname(copy.binary));
  for (const part of ["test/chaos", "test/fuzz"]) {
    cpSync(join(ROOT_FOLDER, part), join(folder, part), { recursive: true });
  }
  return [...BUN.words, LOAD_PROGRAM.replace(ROOT_FOLDER, folder)];
}

async function shortfallsWith(fault: PlantedFault): Promise<readonly string[]> {
  using copy = new PlantedCopy(fault);
  const play = new LossesRun({
    command: commandOf(copy),
    server: { form: "serve", runtime: "bun" },
    seed: SEED,
    kind: "mixed",
    goals: { settled: 1_000, aborted: 100, timedOut: 100 },
    losses: 20,
    giveUpOneIn: 3,
    lossEveryMs: 20,
    hangLimitMs: HANG_LIMIT_MS,
  });
  return (await play.run()).shortfalls;
}

describe("faults planted in the libraries", () => {
  for (const fault of LOSS_FAULTS) {
    test(
      `a load finds that ${fault.name}`,
      async () => {
        const found = await shortfallsWith(fault);
        if (!found.some((one) => fault.found.test(one))) expect(found.join("\n")).toMatch(fault.found);
      },
      LIMIT_MS,
    );
  }

  test(
    `a load finds that ${MEMORY_FAULT.name}`,
    async () => {
      using copy = new PlantedCopy(MEMORY_FAULT);
      expect((await new MemoryRun(commandOf(copy), JOBS).run()).heapGrowth).toBeGreaterThan(GROWTH_MAX);
    },
    LIMIT_MS,
  );

  test("docs/testing.md lists them", async () => {
    const { found: listed, wanted } = await generatedPart("docs/testing.md", "chaos-faults", chaosFaultsTable());
    expect(listed).toBe(wanted);
  });
});
