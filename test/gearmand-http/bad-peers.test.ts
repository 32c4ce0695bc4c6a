/** Clients of the HTTP module that err, dawdle or make noise: they hear why, and the server lives on. */
import { describe, expect, test } from "bun:test";
import { RUNTIMES } from "../harness/runtimes.ts";
import { until } from "../harness/until.ts";
import { Wire } from "../harness/wire.ts";
import { askRaw, HttpWorker, parseReply, RawHttp, request, reverse, startHttpServer } from "./http-peer.ts";

/** Longest test, ms. */
const LIMIT_MS = 60_000;
const NOISE_CONNECTIONS = 200;

/** Noise that is the same in every run. */
function noise(seed: number): Buffer {
  const bytes = Buffer.alloc(20 + ((seed * 7919) % 20_000));
  let state = (seed * 2_654_435_761) >>> 0;
  for (let at = 0; at < bytes.length; at++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[at] = state >>> 24;
  }
  const beginnings = [
    "",
    "POST /rev HTTP/1.1\r\n",
    "GET /rev HTTP/1.1\r\nX-Gearman-Unique: ",
    "\0REQ\0\0\0\x07",
    "\r\n\n\n",
  ];
  bytes.write(beginnings[seed % beginnings.length] ?? "", "latin1");
  return bytes;
}

describe.each(RUNTIMES.map((runtime) => ({ runtime })))("bad HTTP peers on $runtime", ({ runtime }) => {
  test(
    "each mistake has its status, and none of them a job",
    async () => {
      await using http = await startHttpServer(runtime, { env: { GEARWRIGHT_BODY_MAX: "1KiB" } });
      const long = "x".repeat(9_000);
      const wrong: readonly (readonly [number, string])[] = [
        [400, "garbage\r\n\r\n"],
        [400, request("GET /rev HTTP/2.0")],
        [400, request("POST /rev HTTP/1.1", ["Content-Length: many"])],
        [400, request("POST /rev HTTP/1.1", [`X-Gearman-Unique: ${"u".repeat(65)}`], "hello")],
        [404, request("GET / HTTP/1.1")],
        [404, request("POST / HTTP/1.0", [], "hello")],
        [405, request("HEAD /rev HTTP/1.1")],
        [405, request("HEAD / HTTP/1.1")],
        [405, request("TRACE /rev HTTP/1.1")],
        [405, request("OPTIONS /rev HTTP/1.1")],
        [405, request("get /rev HTTP/1.1")],
        [411, request("POST /rev HTTP/1.1", ["Transfer-Encoding: chunked"])],
        [413, request("POST /rev HTTP/1.1", [], "x".repeat(1_024))],
        [413, request("POST /rev HTTP/1.1", ["Content-Length: 99999999999"])],
        [431, request("GET /rev HTTP/1.1", [`X: ${long}`])],
        [431, `GET /${long} HTTP/1.1\r\n\r\n`],
        [431, long],
      ];
      for (const [status, text] of wrong) {
        const reply = await askRaw(http.httpPort, text);
        expect([text.slice(0, 60), reply.status]).toEqual([text.slice(0, 60), status]);
        expect(Number(reply.headers.get("content-length"))).toBe(reply.body.length);
      }
      expect((await askRaw(http.httpPort, request("GET / HTTP/1.0"))).raw).toMatch(
        /^HTTP\/1\.0 404 NOT_FOUND\r\nContent-Length: 0\r\nServer: Gearman\/[^\r\n]+\r\n\r\n$/,
      );
      await using admin = await Wire.connect(http.server);
      expect(await admin.ask("status")).toBe(".\n");
      await using worker = await HttpWorker.start(http.server, { rev: reverse });
      const unique = "u".repeat(64);
      const good = await askRaw(http.httpPort, request("POST /rev HTTP/1.1", [`X-Gearman-Unique: ${unique}`], "hello"));
      expect(good.body).toBe("olleh");
      expect(worker.jobs).toMatchObject([{ unique, workload: "hello" }]);
    },
    LIMIT_MS,
  );

  test(
    "a request that does not come whole in time is told so, a job that takes longer is not",
    async () => {
      await using http = await startHttpServer(runtime, { env: { GEARWRIGHT_IDLE: "1s" } });
      await using _worker = await HttpWorker.start(http.server, {
        slow: async (wire, job) => {
          await Promise.all(late.map(({ ended }) => ended));
          wire.send("WORK_COMPLETE", job.handle, "at last");
        },
      });
      const late: RawHttp[] = [];
      using job = await RawHttp.connect(http.httpPort);
      job.send(request("GET /slow HTTP/1.1"));
      const starts = ["", "GE", "GET /rev HTTP/1.1\r\nX", "POST /rev HTTP/1.1\r\nContent-Length: 9\r\n\r\nhalf"];
      for (const start of [...starts, "POST /rev HTTP/1.1\r\nContent-Length: 9999999\r\n\r\nhalf"]) {
        const raw = await RawHttp.connect(http.httpPort);
        raw.send(start);
        late.push(raw);
      }
      const ends = await Promise.all(late.map(({ ended }) => ended));
      expect(ends[0]).toBe("");
      for (const end of ends.slice(1)) expect(parseReply(end).status).toBe(408);
      expect(await job.ended).toEndWith("\r\n\r\nat last");
    },
    LIMIT_MS,
  );

  test(
    "a head and a body that come byte by byte are as good as whole ones",
    async () => {
      await using http = await startHttpServer(runtime);
      await using _worker = await HttpWorker.start(http.server, { rev: reverse });
      using raw = await RawHttp.connect(http.httpPort);
      raw.socket.setNoDelay(true);
      for (const char of `\r\n\r\n${request("POST /rev HTTP/1.1", ["X-Gearman-Unique: u"], "hello")}`) {
        await new Promise((resolve) => raw.socket.write(char, resolve));
      }
      expect(await raw.ended).toEndWith("\r\n\r\nolleh");
    },
    LIMIT_MS,
  );

  test(
    "noise neither ends the server nor leaves anything behind",
    async () => {
      await using http = await startHttpServer(runtime, { env: { GEARWRIGHT_IDLE: "1s" } });
      await using _worker = await HttpWorker.start(http.server, { rev: reverse });
      const ends = Array.from({ length: NOISE_CONNECTIONS }, async (_, seed) => {
        const raw = await RawHttp.connect(http.httpPort);
        raw.socket.on("error", () => {});
        raw.send(noise(seed));
        // Some leave in the middle, some wait for the answer.
        if (seed % 3 === 0) raw.socket.resetAndDestroy();
        else if (seed % 3 === 1) raw.socket.end();
        return raw.ended;
      });
      const replies = (await Promise.all(ends)).filter((text) => text !== "");
      expect(replies.length).toBeGreaterThan(NOISE_CONNECTIONS / 4);
      for (const text of replies) expect(parseReply(text).status).toBeGreaterThanOrEqual(400);
      expect((await askRaw(http.httpPort, request("POST /rev HTTP/1.1", [], "alive"))).body).toBe("evila");
      await using admin = await Wire.connect(http.server);
      // The worker, this connection, the dot, and the end of the last line.
      await until(async () => (await admin.ask("workers")).split("\n").length === 4, { what: "nobody else is left" });
      expect(await admin.ask("status")).toBe("rev\t0\t0\t1\n.\n");
    },
    LIMIT_MS,
  );
});
