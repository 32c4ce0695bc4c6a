/** The soak itself: it finds what a planted fault leaves behind. */
import { describe, expect, test } from "bun:test";
import { serveMany } from "../harness/many-files.ts";
import { PlantedCopy } from "../harness/planted-copy.ts";
import { SoakRun } from "./soak-run.ts";

const JOBS = 10_000;
const SEED = 4730;
const LIMIT_MS = 120_000;
const DRAIN_LIMIT_MS = 8_000;

const FAULTS = [
  {
    name: "a watcher in a thousand stays when its job is over",
    file: "src/job/watchers.ts",
    from: /this\.count -= job\.watchers\.length;/,
    to: "if (this.count % 1000 !== 0) this.count -= job.watchers.length;",
    found: /"watchers":[1-9]/,
  },
  {
    name: "a unique stays when its job is over",
    file: "src/job/unique-table.ts",
    from: /if \(entry === job\) this\.#jobs\.delete\(job\.uniqueKey\);/,
    to: "if (entry === job && job.uniqueKey.endsWith('7')) return; else if (entry === job) this.#jobs.delete(job.uniqueKey);",
    found: /"uniques":[1-9]|no job ended/,
  },
] as const;

describe("faults planted for the soak", () => {
  for (const fault of FAULTS) {
    test(
      `it finds that ${fault.name}`,
      async () => {
        using copy = new PlantedCopy(fault);
        await using server = await serveMany({ binary: copy.binary });
        const run = new SoakRun(server, { seed: SEED, drainLimitMs: DRAIN_LIMIT_MS }).run(JOBS);
        await expect(run).rejects.toThrow(fault.found);
      },
      LIMIT_MS,
    );
  }
});
