/** Requests and replies that pile up on a connection: all are answered, none without limit, also when the peer ends its side. */
import { describe, expect, test } from "bun:test";
import { LIMITS } from "../../src/base/limits.ts";
import { ControlledStore } from "../committer/controlled-store.ts";
import { Pump } from "../harness/pump.ts";
import { kernelStreamBytes } from "../harness/slow-peer.ts";
import { until } from "../harness/until.ts";
import type { Wire } from "../harness/wire.ts";
import { encodePacket } from "../harness/wire-bytes.ts";
import { LateServer } from "../reply-line/late-server.ts";

const KIB = 1024;
const MIB = 1024 * KIB;
const LIMIT_MS = 60_000;
const FLOW_LIMIT_MS = 30_000;

async function commitWaits(store: ControlledStore): Promise<void> {
  await until(() => store.waitingCount > 0, { what: "a commit waits" });
}

/** Submits a foreground job with `submits`, and gives it to a new worker. */
async function runningJob(server: LateServer, client: Wire): Promise<{ worker: Wire; handle: string }> {
  client.send("SUBMIT_JOB", "f", "", "");
  const worker = await server.connect();
  worker.sendTogether(["CAN_DO", "f"], ["PRE_SLEEP"]);
  await worker.expect("NOOP");
  worker.send("GRAB_JOB");
  const [handle = ""] = await worker.expect("JOB_ASSIGN");
  return { worker, handle };
}

describe("large packets", () => {
  const options = { bufferBytesMax: 4 * MIB, bodyBytesMax: MIB };

  test(
    "many, one right behind the other, take no more memory than the one that is coming",
    async () => {
      await using server = await LateServer.start({ options });
      await using client = await server.connect();
      const packet = encodePacket("SUBMIT_JOB_BG", ["f", "", Buffer.alloc(700 * KIB)]);
      const count = 40;
      client.write(Buffer.concat(Array(count).fill(packet)));
      for (let job = 0; job < count; job += 1) await client.expect("JOB_CREATED");
    },
    LIMIT_MS,
  );

  test(
    "of many connections all come through, whatever is sent behind them",
    async () => {
      await using server = await LateServer.start({ options });
      const clients = await Promise.all(Array.from({ length: 12 }, () => server.connect()));
      const echo = encodePacket("ECHO_REQ", [Buffer.alloc(KIB)]);
      const packet = encodePacket("SUBMIT_JOB_BG", ["f", "", Buffer.alloc(900 * KIB)]);
      const bytes = Buffer.concat([packet, ...Array(2000).fill(echo)]);
      for (const client of clients) client.write(bytes);
      for (const client of clients) {
        await client.expect("JOB_CREATED", FLOW_LIMIT_MS);
        for (let one = 0; one < 2000; one += 1) await client.expect("ECHO_RES", FLOW_LIMIT_MS);
      }
    },
    LIMIT_MS,
  );
});

describe("a client that sends its requests and then FIN", () => {
  test(
    "gets all answers although most requests had to wait for the store",
    async () => {
      const store = new ControlledStore({ isOpen: false });
      await using server = await LateServer.start({ store });
      await using client = await server.connect();
      const count = 3 * LIMITS.pendingRepliesMax;
      const submits = Array.from({ length: count }, (_, job) => encodePacket("SUBMIT_JOB_BG", ["f", "", String(job)]));
      client.write(Buffer.concat(submits));
      client.socket.end();
      await commitWaits(store);
      await until(async () => (await server.counts()).jobs >= LIMITS.pendingRepliesMax, { what: "the line is full" });
      store.setOpen(true);
      for (let job = 0; job < count; job += 1) await client.expect("JOB_CREATED");
      await client.closed();
      expect((await server.counts()).connections).toBe(1);
    },
    LIMIT_MS,
  );

  test(
    "gets all answers although it read none of them before",
    async () => {
      await using server = await LateServer.start();
      await using client = await server.connect();
      client.socket.pause();
      const count = 8_000;
      const echo = encodePacket("ECHO_REQ", [Buffer.alloc(4 * KIB)]);
      client.write(Buffer.concat(Array(count).fill(echo)));
      client.socket.end();
      await until(() => client.socket.bytesWritten > 0, { what: "something went out" });
      client.socket.resume();
      for (let one = 0; one < count; one += 1) await client.expect("ECHO_RES", FLOW_LIMIT_MS);
      await client.closed();
    },
    LIMIT_MS,
  );
});

describe("a worker", () => {
  test(
    "is held back while its client's JOB_CREATED waits for the store, and goes on later",
    async () => {
      const store = new ControlledStore({ isOpen: false });
      await using server = await LateServer.start({ store });
      await using client = await server.connect();
      client.send("SUBMIT_JOB_BG", "late", "", "");
      await commitWaits(store);
      const { worker, handle } = await runningJob(server, client);
      await using _worker = worker;
      const data = encodePacket("WORK_DATA", [handle, Buffer.alloc(64 * KIB)]);
      const pump = new Pump(worker.socket, data, 256 * MIB);
      await pump.held(FLOW_LIMIT_MS);
      expect(pump.sentBytes).toBeLessThan(kernelStreamBytes() + 2 * LIMITS.outHighBytes + 2 * MIB);
      const count = Math.ceil((256 * MIB) / data.length);
      store.setOpen(true);
      for (let created = 0; created < 2; created += 1) await client.expect("JOB_CREATED");
      for (let one = 0; one < count; one += 1) await client.expect("WORK_DATA", FLOW_LIMIT_MS);
      await client.nothing();
    },
    LIMIT_MS,
  );
});

describe("a server that stops", () => {
  test(
    "gracefully: a client that is slow gets its result whole, and then the end",
    async () => {
      await using server = await LateServer.start();
      await using client = await server.connect();
      const { worker, handle } = await runningJob(server, client);
      await client.expect("JOB_CREATED");
      client.socket.pause();
      const result = Buffer.alloc(32 * MIB, "result");
      worker.send("WORK_COMPLETE", handle, result);
      await until(async () => (await server.counts()).jobs === 0, { what: "the job is over", limitMs: FLOW_LIMIT_MS });
      const stopped = server.server.stop("graceful");
      client.socket.resume();
      const [, received = ""] = await client.expect("WORK_COMPLETE", FLOW_LIMIT_MS);
      expect(received.length).toBe(result.length);
      await stopped;
      await client.closed();
      await worker.close();
    },
    LIMIT_MS,
  );

  test("at once: what was answered before arrives, and then FIN, not a broken connection", async () => {
    await using server = await LateServer.start();
    await using client = await server.connect();
    const errors: unknown[] = [];
    client.socket.on("error", (error) => errors.push(error));
    expect(await client.ask("shutdown")).toBe("OK\n");
    await client.closed();
    await server.server.ended;
    expect(errors).toEqual([]);
  });
});
