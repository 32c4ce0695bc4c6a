/** Clients and workers at random on a store that is late, fails and refuses, on every runtime. */
import { describe, expect, test } from "bun:test";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { RUNTIMES, type RuntimeName, SERVER_PATH } from "../harness/runtimes.ts";
import type { PlayOptions } from "./play.ts";

const LIMIT_MS = 120_000;
const PLAYS = 20;

/** Plays with seeds of chance, or with the one of GEARWRIGHT_TEST_SEED; resolves with how many submits were refused. */
function play(runtime: RuntimeName, options: Omit<PlayOptions, "seed">): Promise<number> {
  const given = process.env["GEARWRIGHT_TEST_SEED"];
  const seeds = Array.from({ length: PLAYS }, () => Number(given ?? Math.floor(Math.random() * 2 ** 31)));
  const words = [join(import.meta.dirname, "program.ts"), JSON.stringify(seeds.map((seed) => ({ ...options, seed })))];
  return new Promise((resolve, reject) => {
    const env = { ...process.env, PATH: SERVER_PATH };
    execFile(runtime, words, { env, timeout: LIMIT_MS }, (error, out, complaints) => {
      if (error === null) resolve(Number(out));
      else reject(new Error(complaints));
    });
  });
}

describe.each(RUNTIMES.map((runtime) => ({ runtime })))("clients and workers at random on $runtime", ({ runtime }) => {
  test(
    "replies keep their order and every acknowledged job runs once, while the store is late, fails and refuses",
    async () => {
      const options = { lateMsMax: 8, failShare: 0.1, refuseShare: 0.05, commitMsMax: 20_000 };
      expect(await play(runtime, options)).toBeGreaterThan(0);
    },
    LIMIT_MS,
  );

  test(
    "and what the store answered too late never runs",
    async () => {
      const options = { lateMsMax: 30, failShare: 0, refuseShare: 0, commitMsMax: 15 };
      expect(await play(runtime, options)).toBeGreaterThan(PLAYS);
    },
    LIMIT_MS,
  );
});
