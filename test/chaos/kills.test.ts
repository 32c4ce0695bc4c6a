/**
 * Job servers that are killed (SIGKILL) and come back on the same port, under load: what the libraries promise of it.
 *
 * How long a worker takes to be registered again is measured by bench/reregistration.ts; here it must happen at all.
 */
import { describe, expect, test } from "bun:test";
import { RUNTIMES } from "../harness/runtimes.ts";
import type { ServerOptions } from "../harness/server-process.ts";
import { hasPackages } from "../interop/packages.ts";
import { type KillsOptions, KillsRun } from "./kills-run.ts";
import { BUN, LOAD_PROGRAM, nodeRuntimes } from "./load-command.ts";
import { summary } from "./verdict.ts";

const SEED = Number(process.env["GEARWRIGHT_CHAOS_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
const KILLS = 3;
/** So many jobs after a change show where a client's jobs go. */
const JOBS = 100;
const LIMIT_MS = 240_000;

const OURS: ServerOptions = { form: "serve", runtime: RUNTIMES[0] ?? "bun" };
const GEARMAND: ServerOptions = { form: "real" };
const newest = (await nodeRuntimes()).at(-1);
const runtimes = [BUN, ...(newest === undefined ? [] : [newest])];
const PLAYS = runtimes.flatMap((runtime) => [
  { runtime, kind: "gearwright", server: OURS },
  ...(hasPackages("kills of gearmand", ["gearman-job-server"])
    ? [{ runtime, kind: "gearmand", server: GEARMAND }]
    : []),
]);

async function play(options: KillsOptions, name: string, steps: (run: KillsRun) => Promise<void>): Promise<void> {
  const { report, shortfalls } = await KillsRun.run(options, steps);
  console.log(`${name}, seed ${options.seed}: ${summary(report)}`);
  expect(shortfalls).toEqual([]);
}

describe.each(PLAYS)("$runtime.name on $kind", ({ runtime, kind, server }) => {
  const command = [...runtime.words, LOAD_PROGRAM];
  const name = `${runtime.name} on ${kind}`;

  test(
    "the only server is killed and comes back: workers register again, and every job ends once for its caller",
    async () => {
      const options: KillsOptions = { command, server, serverCount: 1, orders: ["listed"], seed: SEED };
      await play(options, `${name}, one server`, (run) => run.killAndReturn(KILLS));
    },
    LIMIT_MS,
  );

  test(
    "one of two servers is killed and comes back: the other does the jobs, and every job ends once for its caller",
    async () => {
      const options: KillsOptions = { command, server, serverCount: 2, orders: ["random", "unique"], seed: SEED };
      await play(options, `${name}, two servers`, (run) => run.killAndReturn(KILLS));
    },
    LIMIT_MS,
  );
});

test(
  "jobs go to the servers in the documented order: the first that can be reached, or all that can in turn",
  async () => {
    const command = [...BUN.words, LOAD_PROGRAM];
    const options: KillsOptions = { command, server: OURS, serverCount: 3, orders: ["listed", "rotate"], seed: SEED };
    await play(options, "order", async (run) => {
      const [first, second, third] = run.servers;
      expect(await run.nextServers("listed", JOBS)).toEqual([0]);
      expect(await run.nextServers("rotate", JOBS)).toEqual([0, 1, 2]);
      await first?.kill();
      await run.goesTo("listed", [1]);
      expect(await run.nextServers("listed", JOBS)).toEqual([1]);
      await run.goesTo("rotate", [1, 2]);
      await second?.kill();
      await run.goesTo("listed", [2]);
      expect(await run.nextServers("listed", JOBS)).toEqual([2]);
      await second?.comeBack();
      await run.goesTo("listed", [1]);
      await first?.comeBack();
      await run.goesTo("listed", [0]);
      expect(await run.nextServers("listed", JOBS)).toEqual([0]);
      await third?.kill();
      await run.goesTo("rotate", [0, 1]);
      expect(await run.nextServers("listed", JOBS)).toEqual([0]);
      await third?.comeBack();
      await run.goesTo("rotate", [0, 1, 2]);
    });
  },
  LIMIT_MS,
);
