/** Peers from which nothing comes, or which take nothing, are closed in time; others of their kind are not. */
import { describe, expect, test } from "bun:test";
import { LIMITS } from "../../src/base/limits.ts";
import { openFilesMax, serveMany } from "../harness/many-files.ts";
import { Pump } from "../harness/pump.ts";
import { RUNTIMES } from "../harness/runtimes.ts";
import { Sleepers } from "../harness/sleepers.ts";
import { busyWorker, feed, isConnected, slowWatcher } from "../harness/slow-peer.ts";
import { pause, until } from "../harness/until.ts";
import { Wire } from "../harness/wire.ts";
import { encodePacket } from "../harness/wire-bytes.ts";

const MIB = 1024 * 1024;
const HALVES = 1_000;
const SLEEPERS = 1_000;
/** `--idle` of these tests, ms. */
const IDLE_MS = 2_000;
/** How much later than `--idle` or `stallMs` the end may come, ms: the server looks now and then, on a busy machine. */
const LATE_MS = 15_000;
/** A piece of the slow upload goes out this often, ms; 64 of them take longer than three times IDLE_MS. */
const PIECE_EVERY_MS = 100;
const LIMIT_MS = 120_000;
const REPLY_LIMIT_MS = 20_000;

/** Things of which only the first half arrives. */
const HALF_THINGS: readonly Buffer[] = [
  encodePacket("SUBMIT_JOB_BG", ["f", "", Buffer.alloc(100)]).subarray(0, 60),
  encodePacket("CAN_DO", ["f"]).subarray(0, 5),
  encodePacket("SUBMIT_JOB", ["f", "", Buffer.alloc(MIB)]).subarray(0, 100_000),
  Buffer.from("stat"),
];

async function halves(port: number): Promise<readonly Wire[]> {
  const wires: Wire[] = [];
  for (let index = 0; index < HALVES; index += 1) {
    const wire = await Wire.connect({ port });
    wire.write(HALF_THINGS[index % HALF_THINGS.length] ?? Buffer.alloc(0));
    wires.push(wire);
  }
  return wires;
}

/** Uploads one packet whose body has the greatest length, a piece at a time. */
async function slowUpload(wire: Wire): Promise<string> {
  const fixedBytes = "upload\0\0".length;
  const packet = encodePacket("SUBMIT_JOB_BG", ["upload", "", Buffer.alloc(LIMITS.bodyBytesMax - fixedBytes, 7)]);
  for (let from = 0; from < packet.length; from += MIB) {
    wire.write(packet.subarray(from, from + MIB));
    await pause(PIECE_EVERY_MS);
  }
  const [handle = ""] = await wire.expect("JOB_CREATED", REPLY_LIMIT_MS);
  return handle;
}

describe.each(RUNTIMES.map((runtime) => ({ runtime })))("stalled peers on $runtime", ({ runtime }) => {
  const hasFiles = openFilesMax() > 3 * HALVES;
  test.skipIf(!hasFiles)(
    "half packets are closed after --idle, sleepers and a slow upload are not",
    async () => {
      await using server = await serveMany({ runtime, flags: ["--idle", `${IDLE_MS / 1000}s`] });
      using sleepers = await Sleepers.open({ address: server, count: SLEEPERS, functionName: "f" });
      await using uploader = await Wire.connect(server);
      const uploaded = slowUpload(uploader);
      const startedAtMs = performance.now();
      const wires = await halves(server.port);
      const openAtStart = wires.filter((wire) => !wire.ended).length;
      if (performance.now() - startedAtMs < IDLE_MS) expect(openAtStart).toBe(HALVES);
      const allEnded = () => wires.every((wire) => wire.ended);
      await until(allEnded, { what: "all half packets are closed", limitMs: IDLE_MS + LATE_MS });
      expect(await uploaded).toStartWith("H:");
      expect(sleepers.lost).toBe(0);
      await uploader.barrier();
      for (const wire of wires) wire.socket.destroy();
    },
    LIMIT_MS,
  );

  test(
    "a watcher and a client that take no byte for stallMs are closed, and the worker is read again",
    async () => {
      await using server = await serveMany({ runtime });
      await using _watcher = await slowWatcher(server, "slow", "watcher");
      const { wire: worker, handles } = await busyWorker(server, "slow", 1);
      await using _worker = worker;
      const pump = feed(worker, handles[0] ?? "", 1024 * MIB);
      await using client = await Wire.connect(server);
      client.socket.pause();
      client.send("SET_CLIENT_ID", "client");
      const echoes = new Pump(client.socket, encodePacket("ECHO_REQ", [Buffer.alloc(MIB / 16)]), 1024 * MIB);
      await Promise.all([pump.held(REPLY_LIMIT_MS), echoes.held(REPLY_LIMIT_MS)]);
      const heldBytes = pump.sentBytes;
      await using admin = await Wire.connect(server);
      const stalled = ["watcher", "client"];
      for (const id of stalled) expect(await isConnected(admin, id)).toBe(true);
      await Promise.all(
        stalled.map(async (id) => {
          await using eye = await Wire.connect(server);
          const isClosed = async () => !(await isConnected(eye, id));
          await until(isClosed, { what: `the ${id} is closed`, limitMs: LIMITS.stallMs + LATE_MS });
        }),
      );
      await until(() => pump.sentBytes > heldBytes, { what: "the worker is read again", limitMs: LATE_MS });
    },
    LIMIT_MS,
  );
});
