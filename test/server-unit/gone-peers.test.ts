/** Peers that go while they are not read on are noticed soon, and leave nothing behind: the real server on every runtime. */
import { describe, expect, test } from "bun:test";
import { serveMany } from "../harness/many-files.ts";
import { Pump } from "../harness/pump.ts";
import { RUNTIMES } from "../harness/runtimes.ts";
import type { ServerProcess } from "../harness/server-process.ts";
import { busyWorker, feed, slowWatcher } from "../harness/slow-peer.ts";
import { until } from "../harness/until.ts";
import { Wire } from "../harness/wire.ts";
import { encodePacket } from "../harness/wire-bytes.ts";

const KIB = 1024;
const GIB = 1024 * 1024 * KIB;
const LIMIT_MS = 60_000;
const FLOW_LIMIT_MS = 30_000;
/** The server looks at such connections every half second; the rest is for a busy machine. */
const NOTICE_LIMIT_MS = 5_000;

interface Counts {
  readonly connections: number;
  readonly jobs: number;
  readonly watchers: number;
}

async function counts(server: ServerProcess): Promise<Counts> {
  await using admin = await Wire.connect(server);
  return JSON.parse(await admin.ask("gearwright counts")) as Counts;
}

/** Resolves when the only connection is the one that asks. */
async function allGone(server: ServerProcess, label: string): Promise<void> {
  const startedAtMs = performance.now();
  const isGone = async () => (await counts(server)).connections === 1;
  await until(isGone, { what: "the peers are gone", limitMs: NOTICE_LIMIT_MS });
  console.log(`${label}: noticed within ${Math.round(performance.now() - startedAtMs)} ms`);
}

/** A client that pipelines requests, reads no answer, and is not read on. */
async function deafClient(server: ServerProcess): Promise<Wire> {
  const client = await Wire.connect(server);
  client.socket.pause();
  const echo = encodePacket("ECHO_REQ", [Buffer.alloc(4 * KIB)]);
  const pump = new Pump(client.socket, Buffer.concat(Array(16).fill(echo)), GIB);
  await pump.held(FLOW_LIMIT_MS);
  pump.stop();
  return client;
}

describe.each(RUNTIMES.map((runtime) => ({ runtime })))("peers that go on $runtime", ({ runtime }) => {
  test(
    "a client that is not read on because it does not read",
    async () => {
      await using server = await serveMany({ runtime });
      (await deafClient(server)).socket.resetAndDestroy();
      await allGone(server, `${runtime}, a deaf client, reset`);
      (await deafClient(server)).socket.destroy();
      await allGone(server, `${runtime}, a deaf client, closed`);
    },
    LIMIT_MS,
  );

  test(
    "a worker that is not read on because its client does not read, and then the client",
    async () => {
      await using server = await serveMany({ runtime });
      for (const end of ["resetAndDestroy", "destroy"] as const) {
        const watcher = await slowWatcher(server, "slow", "watcher");
        const { wire: worker, handles } = await busyWorker(server, "slow", 1);
        const pump = feed(worker, handles[0] ?? "", GIB);
        await pump.held(FLOW_LIMIT_MS);
        worker.socket[end]();
        const isQueued = async () => {
          await using admin = await Wire.connect(server);
          return (await admin.ask("status")).includes("slow\t1\t0\t0");
        };
        await until(isQueued, { what: "the job is queued again", limitMs: NOTICE_LIMIT_MS });
        watcher.socket[end]();
        await allGone(server, `${runtime}, a deaf watcher, ${end}`);
        expect(await counts(server)).toMatchObject({ jobs: 0, watchers: 0 });
      }
    },
    LIMIT_MS,
  );

  test(
    "a deaf client that goes frees its part of the buffer memory",
    async () => {
      await using server = await serveMany({ runtime, flags: ["--buffer-memory", "80M"] });
      for (let round = 0; round < 3; round += 1) {
        const clients = await Promise.all(Array.from({ length: 30 }, () => deafClient(server)));
        for (const client of clients) client.socket.resetAndDestroy();
        await allGone(server, `${runtime}, 30 deaf clients`);
      }
      const large = Buffer.alloc(60 * 1024 * KIB);
      await using uploader = await Wire.connect(server);
      for (let job = 0; job < 3; job += 1) {
        uploader.send("SUBMIT_JOB_BG", "f", "", large);
        await uploader.expect("JOB_CREATED", FLOW_LIMIT_MS);
      }
    },
    LIMIT_MS,
  );
});
