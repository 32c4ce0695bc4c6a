/** The model test is believed because it finds every one of these faults. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { generatedPart } from "../generated-part.ts";
import { type Check, Mismatch } from "./mismatch.ts";
import { scripts } from "./model-commands.ts";
import type { Implementation } from "./model-play.ts";
import { runScript } from "./model-run.ts";
import { loadCopy } from "./planted-copy.ts";
import { PLANTED_FAULTS } from "./planted-faults.ts";
import { plantedFaultsTable } from "./planted-faults-table.ts";

const SEED = 20_260_701;
const SCRIPTS_MAX = 5_000;
const CALLS_PER_SCRIPT = 150;
const LIMIT_MS = 60_000;

/** Plays at most `count` scripts until `check` (or, where none is given, any) finds a difference, and answers what was found. */
function found(implementation: Implementation, count: number, check?: Check): readonly Check[] {
  const checks = new Set<Check>();
  const property = fc.property(scripts(CALLS_PER_SCRIPT), (script) => {
    try {
      runScript(implementation, script, new Map());
    } catch (error) {
      if (!(error instanceof Mismatch)) throw error;
      checks.add(error.check);
      return check !== undefined && error.check !== check;
    }
    return true;
  });
  fc.check(property, { seed: SEED, numRuns: count, endOnFailure: true });
  return [...checks];
}

describe("the model test", () => {
  let folder = "";

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "gearwright-planted-"));
  });

  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  test("finds nothing in a copy without a fault", async () => {
    const implementation = await loadCopy(join(folder, "none"));
    expect(found(implementation, 200)).toEqual([]);
  });

  for (const [index, fault] of PLANTED_FAULTS.entries()) {
    test(
      `finds: ${fault.name}`,
      async () => {
        const implementation = await loadCopy(join(folder, String(index)), fault);
        expect(found(implementation, SCRIPTS_MAX, fault.caughtBy)).toContain(fault.caughtBy);
      },
      LIMIT_MS,
    );
  }

  test("has its faults listed in docs/testing.md", async () => {
    const { found: listed, wanted } = await generatedPart("docs/testing.md", "planted-faults", plantedFaultsTable());
    expect(listed).toBe(wanted);
  });

  test("knows 15 faults or more, each of a name of its own", () => {
    expect(new Set(PLANTED_FAULTS.map((fault) => fault.name)).size).toBe(PLANTED_FAULTS.length);
    expect(PLANTED_FAULTS.length).toBeGreaterThanOrEqual(15);
  });
});
