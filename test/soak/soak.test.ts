/**
 * Soak: jobs of every kind, and at the end nothing is left and memory has not grown.
 *
 * Short by default. The long form: GEARWRIGHT_SOAK_JOBS=10000000. GEARWRIGHT_SOAK_SEED plays the same jobs again.
 */
import { describe, expect, test } from "bun:test";
import { serveMany } from "../harness/many-files.ts";
import { RUNTIMES } from "../harness/runtimes.ts";
import { EMPTY_COUNTS, SoakRun } from "./soak-run.ts";

const JOBS = Number(process.env["GEARWRIGHT_SOAK_JOBS"] ?? 200_000);
const SEED = Number(process.env["GEARWRIGHT_SOAK_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
/** From this many jobs on memory must stay; in a shorter run the runtime has not settled yet. */
const LONG_JOBS = 5_000_000;
/** Memory at the end may be so many times that after a fifth of the jobs. */
const GROWTH_MAX = 1.1;
const SHORT_GROWTH_MAX = 2;
/** The slowest machine that is waited for, jobs a second. */
const JOBS_PER_SECOND_MIN = 2_000;
const SPARE_MS = 300_000;
const MEGABYTE = 1e6;

describe.each(RUNTIMES.map((runtime) => ({ runtime })))("soak on $runtime", ({ runtime }) => {
  test(
    `${JOBS} jobs leave nothing behind`,
    async () => {
      await using server = await serveMany({ runtime });
      const report = await new SoakRun(server, { seed: SEED }).run(JOBS);
      const { seconds, left, earlyBytes, lateBytes, ...rest } = report;
      const rate = Math.round(report.submitted / seconds);
      const memory = `${(earlyBytes / MEGABYTE).toFixed(0)} MB, then ${(lateBytes / MEGABYTE).toFixed(0)} MB`;
      console.log(
        `${runtime}, seed ${SEED}: ${JSON.stringify(rest)}; ${seconds.toFixed(1)} s, ${rate} jobs/s; ${memory}`,
      );
      expect(report.faults).toBe(0);
      for (const name of EMPTY_COUNTS) expect({ [name]: left[name] }).toEqual({ [name]: 0 });
      expect(lateBytes / earlyBytes).toBeLessThan(JOBS >= LONG_JOBS ? GROWTH_MAX : SHORT_GROWTH_MAX);
    },
    (JOBS / JOBS_PER_SECOND_MIN) * 1000 + SPARE_MS,
  );
});
