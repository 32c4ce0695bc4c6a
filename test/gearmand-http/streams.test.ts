/** Bodies that are large or come in pieces: streams of WORK_DATA, slow readers, 64 MiB both ways. */
import { describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { PeakMemory } from "../harness/peak-memory.ts";
import { RUNTIMES } from "../harness/runtimes.ts";
import { until } from "../harness/until.ts";
import { Wire } from "../harness/wire.ts";
import { askRaw, HttpWorker, parseReply, RawHttp, request, startHttpServer, type Work } from "./http-peer.ts";

const MIB = 1024 * 1024;
/** Longest test, ms. */
const LIMIT_MS = 120_000;
/** Dead objects that a runtime has not collected yet, bytes; the stream is twice as long. */
const GARBAGE_BYTES = 128 * MIB;
const STREAM_PIECES = 256;

const echo: Work = (wire, job) => wire.send("WORK_COMPLETE", job.handle, job.workload);

function digest(bytes: string | Uint8Array): string {
  return createHash("sha256")
    .update(typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes)
    .digest("hex");
}

/** Bytes that differ from place to place. */
function pattern(count: number): Buffer {
  const bytes = Buffer.alloc(count);
  for (let at = 0; at < count; at += 4) bytes.writeUInt32LE((at * 2_654_435_761) >>> 0, Math.min(at, count - 4));
  return bytes;
}

/** A worker's function of which each piece is sent when the test says so. */
class Steps {
  #go: (text: string) => void = () => {};
  #next = this.#wait();

  readonly work: Work = async (wire, job) => {
    for (let text = await this.#next; text !== "end"; text = await this.#next) {
      this.#next = this.#wait();
      wire.send("WORK_DATA", job.handle, text);
    }
    wire.send("WORK_COMPLETE", job.handle, "last");
  };

  say(text: string): void {
    this.#go(text);
  }

  #wait(): Promise<string> {
    return new Promise((resolve) => {
      this.#go = resolve;
    });
  }
}

describe.each(RUNTIMES.map((runtime) => ({ runtime })))("HTTP bodies on $runtime", ({ runtime }) => {
  test(
    "each WORK_DATA is on its way before the next one is there, and the result comes last",
    async () => {
      await using http = await startHttpServer(runtime);
      for (const version of ["1.1", "1.0"]) {
        const steps = new Steps();
        await using _worker = await HttpWorker.start(http.server, { step: steps.work });
        using raw = await RawHttp.connect(http.httpPort);
        raw.send(request(`POST /step HTTP/${version}`, [], "x"));
        for (const text of ["one,", "two,"]) {
          steps.say(text);
          await until(() => raw.text.includes(text), { what: `${text} comes` });
        }
        steps.say("end");
        const reply = parseReply(await raw.ended);
        expect(reply.body).toBe("one,two,last");
        expect(reply.headers.get("content-length")).toBeUndefined();
        expect(reply.chunks).toEqual(version === "1.1" ? [4, 4, 4] : []);
        expect(reply.trailers?.get("x-gearman-command")).toBe(version === "1.1" ? "WORK_COMPLETE" : undefined);
      }
    },
    LIMIT_MS,
  );

  test(
    "a common client reads a stream whole, whatever its pieces",
    async () => {
      await using http = await startHttpServer(runtime);
      const sizes = [0, 1, 127, 65_535, 65_536, 1_000_000, 3 * MIB, 0, 5];
      const pieces: Work = (wire, job) => {
        for (const size of sizes) wire.send("WORK_DATA", job.handle, pattern(size + 4).subarray(0, size));
        wire.send("WORK_COMPLETE", job.handle, "");
      };
      await using _worker = await HttpWorker.start(http.server, { pieces });
      const whole = Buffer.concat(sizes.map((size) => pattern(size + 4).subarray(0, size)));
      const reply = await fetch(`http://127.0.0.1:${http.httpPort}/pieces`);
      expect(digest(new Uint8Array(await reply.arrayBuffer()))).toBe(digest(whole));
      expect(digest((await askRaw(http.httpPort, request("GET /pieces HTTP/1.0"))).body)).toBe(digest(whole));
    },
    LIMIT_MS,
  );

  test(
    "a client that reads slowly holds its worker back, not the server's memory, and gets every byte",
    async () => {
      await using http = await startHttpServer(runtime);
      const piece = pattern(MIB);
      await using worker = await Wire.connect(http.server);
      worker.send("CAN_DO", "much");
      await worker.barrier();
      using raw = await RawHttp.connect(http.httpPort);
      const hash = createHash("sha256");
      let count = 0;
      raw.socket.removeAllListeners("data");
      raw.socket.on("data", (bytes: Buffer) => {
        hash.update(bytes);
        count += bytes.length;
      });
      raw.socket.pause();
      raw.send(request("GET /much HTTP/1.0"));
      await until(async () => (await worker.ask("status")).includes("much\t1\t"), { what: "the job is there" });
      worker.send("GRAB_JOB");
      const [handle = ""] = await worker.expect("JOB_ASSIGN");
      using memory = new PeakMemory(http.server.pid);
      for (let index = 0; index < STREAM_PIECES; index++) worker.send("WORK_DATA", handle, piece);
      worker.send("WORK_COMPLETE", handle, "");
      await using other = await Wire.connect(http.server);
      // Everything that fits between worker and client is under way once the worker's socket stands still.
      let standing = { bytes: -1, looks: 0 };
      await until(
        async () => {
          await other.barrier();
          const bytes = worker.socket.writableLength;
          standing = bytes === standing.bytes ? { bytes, looks: standing.looks + 1 } : { bytes, looks: 0 };
          return standing.looks > 40;
        },
        { what: "the worker is held back", limitMs: LIMIT_MS },
      );
      expect(worker.socket.writableLength).toBeGreaterThan((STREAM_PIECES / 2) * MIB);
      expect(memory.growthBytes).toBeLessThan(GARBAGE_BYTES);
      raw.socket.resume();
      await raw.ended;
      expect(memory.growthBytes).toBeLessThan(GARBAGE_BYTES);
      expect(count).toBeGreaterThan(STREAM_PIECES * MIB);
    },
    LIMIT_MS,
  );

  test(
    "the largest body goes through both ways, one byte more does not",
    async () => {
      await using http = await startHttpServer(runtime);
      await using worker = await HttpWorker.start(http.server, { echo });
      // echo, a NUL, -, a NUL
      const largest = pattern(64 * MIB - 7);
      const url = `http://127.0.0.1:${http.httpPort}/echo`;
      const refused = await fetch(url, { method: "POST", body: new Uint8Array(64 * MIB - 6) });
      expect([refused.status, await refused.text()]).toEqual([
        413,
        "The request is over the limit of 67108864 bytes\n",
      ]);
      expect(worker.jobs).toEqual([]);
      // A result carries its handle besides, so it is a little shorter.
      const body = largest.subarray(0, 64 * MIB - 100);
      const reply = await fetch(url, { method: "PUT", body });
      expect(digest(new Uint8Array(await reply.arrayBuffer()))).toBe(digest(body));
      const isTaken = await fetch(url, { method: "POST", body: largest, headers: { "X-Gearman-Background": "true" } });
      expect(isTaken.headers.get("x-gearman-command")).toBe("JOB_CREATED");
      await until(() => worker.jobs.length === 2, { what: "the largest job comes", limitMs: 20_000 });
      expect(digest(worker.jobs[1]?.workload ?? "")).toBe(digest(largest));
    },
    LIMIT_MS,
  );

  test(
    "a client that asks first is told to go on with its body",
    async () => {
      await using http = await startHttpServer(runtime);
      await using _worker = await HttpWorker.start(http.server, { echo });
      using raw = await RawHttp.connect(http.httpPort);
      raw.send("POST /echo HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
      await until(() => raw.text === "HTTP/1.1 100 Continue\r\n\r\n", { what: "100 Continue comes" });
      raw.send("hello");
      expect(await raw.ended).toEndWith("\r\n\r\nhello");
      const refused = "POST /echo HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 99999999\r\n\r\n";
      expect((await askRaw(http.httpPort, refused)).status).toBe(413);
    },
    LIMIT_MS,
  );
});
