/** Memory of the client and worker libraries over many jobs; `run.ts` has the long form. */
import { describe, expect, test } from "bun:test";
import { RUNTIMES } from "../harness/runtimes.ts";
import { BUN, LOAD_PROGRAM, nodeRuntimes } from "./load-command.ts";
import { MemoryRun } from "./memory-run.ts";

const JOBS = 120_000;
const LIMIT_MS = 240_000;
/** What is in use at the end may be so many times what it was after a fifth of the jobs. */
const GROWTH_MAX = 1.5;

const newest = (await nodeRuntimes()).at(-1);
const runtimes = [BUN, ...(newest === undefined ? [] : [newest])].filter(({ name }) =>
  RUNTIMES.some((wanted) => name.toLowerCase().startsWith(wanted)),
);

describe.each(runtimes)("memory on $name", ({ name, words }) => {
  test(
    `${JOBS} jobs leave nothing behind in client and worker`,
    async () => {
      const { heapGrowth, text, shortfalls } = await new MemoryRun([...words, LOAD_PROGRAM], JOBS).run();
      console.log(`${name}: ${text}`);
      expect(shortfalls).toEqual([]);
      expect(heapGrowth).toBeLessThan(GROWTH_MAX);
    },
    LIMIT_MS,
  );
});
