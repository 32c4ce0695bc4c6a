/**
 * The client and worker libraries under load while connections are lost and calls are given up at random moments.
 *
 * A play is another one each time; GEARWRIGHT_CHAOS_SEED draws the same again, as far as two processes and a network allow.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type CompiledProgram, compiledProgram } from "../harness/compiled-program.ts";
import type { ServerOptions } from "../harness/server-process.ts";
import { hasPackages } from "../interop/packages.ts";
import { BUN, LOAD_PROGRAM, nodeRuntimes } from "./load-command.ts";
import { LossesRun } from "./losses-run.ts";
import { summary } from "./verdict.ts";

const SEED = Number(process.env["GEARWRIGHT_CHAOS_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
const LOSSES = 100;
const GIVEN_UP = 1_000;
const CALLS = 6_000;
const LIMIT_MS = 240_000;

const OURS: ServerOptions = { form: "serve", runtime: "bun" };
const GEARMAND: ServerOptions = { form: "real" };

const runtimes = [BUN, ...(await nodeRuntimes())];
const hasGearmand = hasPackages("losses on gearmand", ["gearman-job-server"]);
/** gearmand with the oldest and the newest runtime; the libraries are the same on all. */
const PLAYS = runtimes.flatMap((runtime) => {
  const ours = { runtime, kind: "gearwright", server: OURS };
  const isWithGearmand = hasGearmand && (runtime === BUN || runtime.name === "Node 26");
  return isWithGearmand ? [ours, { runtime, kind: "gearmand", server: GEARMAND }] : [ours];
});

let compiled: CompiledProgram | undefined;

beforeAll(async () => {
  compiled = await compiledProgram(LOAD_PROGRAM);
}, LIMIT_MS);

afterAll(async () => {
  await compiled?.[Symbol.asyncDispose]();
});

for (const { runtime, kind, server } of PLAYS) {
  describe(`${runtime.name} on ${kind}`, () => {
    test(
      `${LOSSES} losses, ${GIVEN_UP} aborts and ${GIVEN_UP} timeouts: every call ends once, with what is its own, and nothing is left`,
      async () => {
        const play = new LossesRun({
          command: [...runtime.words, compiled?.path ?? ""],
          server,
          seed: SEED,
          kind: "mixed",
          goals: { settled: CALLS, aborted: GIVEN_UP, timedOut: GIVEN_UP },
          losses: LOSSES,
          giveUpOneIn: 2,
          lossEveryMs: 40,
        });
        const { report, losses, shortfalls } = await play.run();
        console.log(`${runtime.name} on ${kind}, seed ${SEED}: ${summary(report)}; ${JSON.stringify(losses)}`);
        expect(shortfalls).toEqual([]);
        // Each of them is a moment of its own in the life of a call.
        for (const count of Object.values(report.givenUp)) expect(count).toBeGreaterThan(0);
      },
      LIMIT_MS,
    );
  });
}
