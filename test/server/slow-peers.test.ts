/** Peers that do not read: whoever causes the bytes is held back, memory stays within the named limits, others go on. */
import { describe, expect, test } from "bun:test";
import { LIMITS, outHardBytes } from "../../src/base/limits.ts";
import { openFilesMax, serveMany } from "../harness/many-files.ts";
import { PeakMemory } from "../harness/peak-memory.ts";
import { Pump } from "../harness/pump.ts";
import { RUNTIMES } from "../harness/runtimes.ts";
import { busyWorker, FeederProcess, feed, isConnected, kernelStreamBytes, slowWatcher } from "../harness/slow-peer.ts";
import { SteadyPeers } from "../harness/steady-peers.ts";
import { until } from "../harness/until.ts";
import { Wire } from "../harness/wire.ts";
import { encodePacket } from "../harness/wire-bytes.ts";

const KIB = 1024;
const MIB = 1024 * KIB;
const GIB = 1024 * MIB;
/** Dead objects that a runtime has not collected yet when all is quiet, bytes: not a buffer of ours, but resident. */
const GARBAGE_BYTES = 96 * MIB;
/** The same while hundreds of megabytes a second pass through, bytes. */
const BUSY_GARBAGE_BYTES = 256 * MIB;
/** Longest test, ms. */
const LIMIT_MS = 120_000;
/** How long it may take until a sender is held back, or a gigabyte has passed, ms. */
const FLOW_LIMIT_MS = 60_000;
/** How long a round trip of others may take meanwhile, ms. */
const ROUND_TRIP_LIMIT_MS = 15_000;
/** Until the job of a killed worker is elsewhere, ms: generous for a busy machine; the time itself is printed. */
const REASSIGN_LIMIT_MS = 20_000;
const PAIRS = 1_000;

/** What a held-back sender may have sent: what two kernels' streams hold, and ours between them. */
const HELD_BYTES_MAX = 2 * kernelStreamBytes() + 2 * LIMITS.outHighBytes + 4 * MIB;

/** Tells how much memory was taken, and checks it. */
function expectGrowth(memory: PeakMemory, limitBytes: number, what: string): void {
  const grownBytes = memory.growthBytes;
  console.log(`${what}: memory grew by ${Math.round(grownBytes / MIB)} MiB (limit ${Math.round(limitBytes / MIB)})`);
  expect(grownBytes).toBeLessThan(limitBytes);
}

describe.each(RUNTIMES.map((runtime) => ({ runtime })))("slow peers on $runtime", ({ runtime }) => {
  test(
    "a watcher that never reads stops the reading of the worker that has only its job",
    async () => {
      await using server = await serveMany({ runtime });
      const others = await SteadyPeers.start(server, { name: "others", limitMs: ROUND_TRIP_LIMIT_MS });
      using memory = new PeakMemory(server.pid);
      await using _watcher = await slowWatcher(server, "slow", "watcher");
      const { wire: worker, handles } = await busyWorker(server, "slow", 1);
      await using _worker = worker;
      const pump = feed(worker, handles[0] ?? "", GIB);
      await pump.held(FLOW_LIMIT_MS);
      expect(pump.sentBytes).toBeLessThan(HELD_BYTES_MAX);
      expectGrowth(memory, LIMITS.outHighBytes + GARBAGE_BYTES, `${runtime}: a slow watcher`);
      expect((await others.stop()).count).toBeGreaterThan(0);
    },
    LIMIT_MS,
  );

  test.each([
    { manner: "feeds", words: "feeds a slow watcher" },
    { manner: "silent", words: "says nothing" },
  ] as const)(
    "the job of a killed worker that $words is elsewhere",
    async ({ manner, words }) => {
      await using server = await serveMany({ runtime });
      await using _watcher = await slowWatcher(server, "slow", "watcher");
      using feeder = await FeederProcess.start(server.port, "slow", manner);
      await using next = await Wire.connect(server);
      next.sendTogether(["CAN_DO", "slow"], ["PRE_SLEEP"]);
      await next.barrier();
      await using admin = await Wire.connect(server);
      expect(await admin.ask("status")).toBe("slow\t1\t1\t2\n.\n");
      const killedAtMs = performance.now();
      feeder.kill();
      await next.expect("NOOP", REASSIGN_LIMIT_MS);
      next.send("GRAB_JOB");
      await next.expect("JOB_ASSIGN", REASSIGN_LIMIT_MS);
      const tookMs = Math.round(performance.now() - killedAtMs);
      console.log(`${runtime}: the job of a worker that ${words} was elsewhere ${tookMs} ms after it was killed`);
    },
    LIMIT_MS,
  );

  test(
    "a watcher that never reads is closed at its hard limit when its worker has other jobs",
    async () => {
      await using server = await serveMany({ runtime });
      const others = await SteadyPeers.start(server, { name: "others", limitMs: ROUND_TRIP_LIMIT_MS });
      using memory = new PeakMemory(server.pid);
      await using _slow = await slowWatcher(server, "shared", "watcher");
      await using patient = await Wire.connect(server);
      patient.send("SUBMIT_JOB", "shared", "", "");
      await patient.expect("JOB_CREATED");
      const { wire: worker, handles } = await busyWorker(server, "shared", 2);
      await using _worker = worker;
      await using admin = await Wire.connect(server);
      expect(await isConnected(admin, "watcher")).toBe(true);
      const pump = feed(worker, handles[0] ?? "", GIB);
      const isClosed = async () => !(await isConnected(admin, "watcher"));
      await until(isClosed, { what: "the watcher is closed", limitMs: LIMITS.stallMs + FLOW_LIMIT_MS });
      await until(() => pump.isDone, { what: "a gigabyte is taken from the worker", limitMs: FLOW_LIMIT_MS });
      worker.send("WORK_COMPLETE", handles[1] ?? "", "other result");
      expect(await patient.expect("WORK_COMPLETE")).toEqual([handles[1] ?? "", "other result"]);
      expectGrowth(
        memory,
        outHardBytes(LIMITS.bodyBytesMax) + BUSY_GARBAGE_BYTES,
        `${runtime}: a watcher at its hard limit`,
      );
      expect((await others.stop()).count).toBeGreaterThan(0);
    },
    LIMIT_MS,
  );

  test(
    "a client that pipelines requests and never reads is not read on",
    async () => {
      await using server = await serveMany({ runtime });
      const others = await SteadyPeers.start(server, { name: "others", limitMs: ROUND_TRIP_LIMIT_MS });
      using memory = new PeakMemory(server.pid);
      await using client = await Wire.connect(server);
      client.socket.pause();
      const echo = encodePacket("ECHO_REQ", [Buffer.alloc(4 * KIB)]);
      const status = encodePacket("GET_STATUS", ["H:nobody:1"]);
      const pump = new Pump(client.socket, Buffer.concat([...Array(16).fill(echo), ...Array(64).fill(status)]), GIB);
      await pump.held(FLOW_LIMIT_MS);
      expect(pump.sentBytes).toBeLessThan(HELD_BYTES_MAX);
      expectGrowth(memory, LIMITS.outHighBytes + GARBAGE_BYTES, `${runtime}: a client that pipelines`);
      expect((await others.stop()).count).toBeGreaterThan(0);
    },
    LIMIT_MS,
  );

  test(
    "a worker that never reads its jobs is not given more, and they go to another when it leaves",
    async () => {
      await using server = await serveMany({ runtime });
      const others = await SteadyPeers.start(server, { name: "others", limitMs: ROUND_TRIP_LIMIT_MS });
      const jobs = 200;
      await using client = await Wire.connect(server);
      for (let job = 0; job < jobs; job += 1) {
        client.send("SUBMIT_JOB_BG", "large", "", Buffer.alloc(MIB, job));
        await client.expect("JOB_CREATED", ROUND_TRIP_LIMIT_MS);
      }
      using memory = new PeakMemory(server.pid);
      await using deaf = await Wire.connect(server);
      deaf.socket.pause();
      deaf.send("CAN_DO", "large");
      for (let job = 0; job < jobs; job += 1) deaf.send("GRAB_JOB");
      const running = async () => Number((await client.ask("status")).match(/^large\t\d+\t(\d+)/m)?.[1]);
      await until(async () => (await running()) > 0, { what: "a job is assigned" });
      await until(() => deaf.socket.writableLength === 0, { what: "all requests went out" });
      await using reader = await Wire.connect(server);
      await reader.barrier();
      expect((await running()) * MIB).toBeLessThan(kernelStreamBytes() + 2 * LIMITS.outHighBytes + MIB);
      expectGrowth(memory, LIMITS.outHighBytes + GARBAGE_BYTES, `${runtime}: a deaf worker`);
      await deaf.close();
      await until(async () => (await running()) === 0, {
        what: "its jobs are queued again",
        limitMs: REASSIGN_LIMIT_MS,
      });
      reader.send("CAN_DO", "large");
      for (let job = 0; job < jobs; job += 1) {
        reader.send("GRAB_JOB");
        const [handle = "", , workload = ""] = await reader.expect("JOB_ASSIGN", ROUND_TRIP_LIMIT_MS);
        expect(workload.length).toBe(MIB);
        reader.send("WORK_COMPLETE", handle, "");
      }
      expect((await others.stop()).count).toBeGreaterThan(0);
    },
    LIMIT_MS,
  );

  const hasFiles = openFilesMax() > 3 * PAIRS;
  test.skipIf(!hasFiles)(
    "1,000 watchers that never read cost no more than the buffer memory",
    async () => {
      await using server = await serveMany({ runtime });
      const others = await SteadyPeers.start(server, { name: "others", limitMs: ROUND_TRIP_LIMIT_MS });
      using memory = new PeakMemory(server.pid);
      const startBytes = server.rssBytes();
      const open = async (pair: number) => {
        const watcher = await slowWatcher(server, `slow-${pair}`, `watcher-${pair}`);
        const { wire: worker, handles } = await busyWorker(server, `slow-${pair}`, 1);
        return { watcher, worker, pump: feed(worker, handles[0] ?? "", GIB) };
      };
      const pairs: Awaited<ReturnType<typeof open>>[] = [];
      for (let pair = 0; pair < PAIRS; pair += 1) pairs.push(await open(pair));
      await Promise.all(pairs.map(({ pump }) => pump.held(FLOW_LIMIT_MS)));
      expectGrowth(memory, LIMITS.bufferBytesMax + BUSY_GARBAGE_BYTES, `${runtime}: 1,000 slow watchers`);
      expect(server.rssBytes() - startBytes).toBeLessThan(LIMITS.bufferBytesMax + 2 * GARBAGE_BYTES);
      const { count, worstMs } = await others.stop();
      expect(count).toBeGreaterThan(0);
      console.log(`${runtime}: beside them the slowest of ${count} round trips took ${Math.round(worstMs)} ms`);
      for (const { watcher, worker } of pairs) {
        watcher.socket.destroy();
        worker.socket.destroy();
      }
    },
    LIMIT_MS,
  );
});
