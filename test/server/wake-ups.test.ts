/** One job wakes one worker: NOOPs counted on all sockets of very many sleepers. */
import { describe, expect, test } from "bun:test";
import { openFilesMax, serveMany } from "../harness/many-files.ts";
import { RUNTIMES } from "../harness/runtimes.ts";
import { Sleepers } from "../harness/sleepers.ts";
import { pause, until } from "../harness/until.ts";
import { Wire } from "../harness/wire.ts";
import { encodePacket } from "../harness/wire-bytes.ts";

const SLEEPERS = 1_000;
const MANY = 10_000;
/** How long every socket is listened to for a NOOP too many, ms. */
const LISTEN_MS = 1_000;
/** Longest test: ten thousand connections on a busy machine, ms. */
const LIMIT_MS = 120_000;
const WAKE_LIMIT_MS = 30_000;
const MANY_LIMIT_MS = 60_000;
/** Files beside the connections. */
const SPARE_FILES = 100;

function submits(count: number): Buffer {
  return Buffer.concat(Array.from({ length: count }, (_, job) => encodePacket("SUBMIT_JOB_BG", ["f", "", `${job}`])));
}

function onlyOnes(counts: Uint32Array): boolean {
  return counts.every((count) => count === 1);
}

describe.each(RUNTIMES.map((runtime) => ({ runtime })))("wake-ups on $runtime", ({ runtime }) => {
  test(
    "one job wakes exactly one of 1,000 sleepers when the woken one comes at once",
    async () => {
      await using server = await serveMany({ runtime });
      using sleepers = await Sleepers.open({ address: server, count: SLEEPERS, functionName: "f" });
      await using client = await Wire.connect(server);
      client.write(submits(1));
      await until(() => sleepers.jobCount === 1, { what: "the job is taken", limitMs: WAKE_LIMIT_MS });
      await pause(LISTEN_MS);
      expect(sleepers.noopCount).toBe(1);
      expect(sleepers.jobCount).toBe(1);
    },
    LIMIT_MS,
  );

  test(
    "exactly one more is woken when the woken one does not come",
    async () => {
      await using server = await serveMany({ runtime });
      let woken = 0;
      const comes = () => {
        woken += 1;
        return woken > 1;
      };
      using sleepers = await Sleepers.open({ address: server, count: SLEEPERS, functionName: "f", comes });
      await using client = await Wire.connect(server);
      client.write(submits(1));
      await until(() => sleepers.jobCount === 1, { what: "the job is taken by another", limitMs: WAKE_LIMIT_MS });
      await pause(LISTEN_MS);
      expect(sleepers.noopCount).toBe(2);
      expect(sleepers.jobCount).toBe(1);
      expect(Math.max(...sleepers.noops)).toBe(1);
    },
    LIMIT_MS,
  );

  test(
    "1,000 jobs wake each of 1,000 sleepers exactly once",
    async () => {
      await using server = await serveMany({ runtime });
      using sleepers = await Sleepers.open({ address: server, count: SLEEPERS, functionName: "f" });
      await using client = await Wire.connect(server);
      client.write(submits(SLEEPERS));
      await until(() => sleepers.jobCount === SLEEPERS, { what: "all jobs are taken", limitMs: WAKE_LIMIT_MS });
      await pause(LISTEN_MS);
      expect(onlyOnes(sleepers.noops)).toBe(true);
      expect(onlyOnes(sleepers.jobs)).toBe(true);
    },
    LIMIT_MS,
  );

  test.skipIf(openFilesMax() < MANY + SPARE_FILES)(
    "10,000 jobs reach each of 10,000 sleepers",
    async () => {
      await using server = await serveMany({ runtime });
      using sleepers = await Sleepers.open({ address: server, count: MANY, functionName: "f" });
      await using client = await Wire.connect(server);
      client.write(submits(MANY));
      await until(() => sleepers.jobCount >= MANY, { what: "all jobs are taken", limitMs: MANY_LIMIT_MS });
      expect(onlyOnes(sleepers.jobs)).toBe(true);
      expect(sleepers.lost).toBe(0);
    },
    LIMIT_MS,
  );
});
