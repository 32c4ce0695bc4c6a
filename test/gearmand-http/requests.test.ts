/** gearmand's HTTP module from outside: requests become jobs, results become replies, on both runtimes. */
import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { freePort } from "../harness/free-port.ts";
import { RUNTIMES } from "../harness/runtimes.ts";
import { startServer } from "../harness/server-process.ts";
import { until } from "../harness/until.ts";
import { Wire } from "../harness/wire.ts";
import { askRaw, HttpWorker, RawHttp, request, reverse, startHttpServer, type Work } from "./http-peer.ts";

/** Longest test, ms. */
const LIMIT_MS = 60_000;

const fail: Work = (wire, job) => wire.send("WORK_FAIL", job.handle);
const raise: Work = (wire, job) => wire.send("WORK_EXCEPTION", job.handle, "boom");
const chatter: Work = (wire, job) => {
  wire.send("WORK_WARNING", job.handle, "careful");
  wire.send("WORK_STATUS", job.handle, "1", "2");
  wire.send("WORK_COMPLETE", job.handle, [...job.workload].reverse().join(""));
};

describe.each(RUNTIMES.map((runtime) => ({ runtime })))("gearmand's HTTP module on $runtime", ({ runtime }) => {
  test(
    "answers POST, PUT and GET with the job's result and closes",
    async () => {
      await using http = await startHttpServer(runtime);
      await using worker = await HttpWorker.start(http.server, { rev: reverse, "r%65v?a=1": reverse });
      const server = "Server: Gearman/2\\.0\\.0-51\\+gearwright[^\r\n]*\r\n";
      for (const method of ["POST", "PUT"]) {
        const reply = await askRaw(http.httpPort, request(`${method} /rev HTTP/1.1`, [], "he\0lo"));
        expect(reply.raw).toMatch(
          new RegExp(
            `^HTTP/1\\.1 200 OK\r\nX-Gearman-Job-Handle: H:[^\r\n]+:\\d+\r\nX-Gearman-Command: WORK_COMPLETE\r\nContent-Length: 5\r\n${server}Connection: close\r\n\r\nol\0eh$`,
          ),
        );
        expect(reply.headers.get("x-gearman-job-handle")).toBe(worker.jobs.at(-1)?.handle ?? "");
      }
      expect((await askRaw(http.httpPort, request("GET /rev HTTP/1.0"))).raw).toMatch(
        new RegExp(`^HTTP/1\\.0 200 OK\r\n[^]*Content-Length: 0\r\n${server}\r\n$`),
      );
      await askRaw(http.httpPort, request("GET /r%65v?a=1 HTTP/1.1"));
      // More than one request on a connection is not served.
      const twice = request("POST /rev HTTP/1.1", ["Connection: Keep-Alive"], "ab");
      expect((await askRaw(http.httpPort, twice + twice)).body).toBe("ba");
      expect(worker.jobs.map(({ functionName, unique, workload }) => [functionName, unique, workload])).toEqual([
        ["rev", "-", "he\0lo"],
        ["rev", "-", "he\0lo"],
        ["rev", "-", ""],
        ["r%65v?a=1", "-", ""],
        ["rev", "-", "ab"],
      ]);
    },
    LIMIT_MS,
  );

  test(
    "answers a background job at once, and it runs later with its unique",
    async () => {
      await using http = await startHttpServer(runtime);
      const headers = ["X-Gearman-Background: true", "X-Gearman-Unique: u1"];
      using raw = await RawHttp.connect(http.httpPort);
      raw.send(request("POST /rev HTTP/1.1", headers, "hello"));
      // A client that ends its side behind the request is answered too.
      raw.socket.end();
      const first = await raw.ended;
      expect(first).toContain("X-Gearman-Command: JOB_CREATED\r\nContent-Length: 0\r\n");
      // The same unique is the same job.
      const second = await askRaw(http.httpPort, request("POST /rev HTTP/1.1", headers, "other"));
      expect(first).toContain(`X-Gearman-Job-Handle: ${second.headers.get("x-gearman-job-handle")}\r\n`);
      await using admin = await Wire.connect(http.server);
      expect(await admin.ask("status")).toBe("rev\t1\t0\t0\n.\n");
      await using worker = await HttpWorker.start(http.server, { rev: reverse });
      await until(() => worker.jobs.length === 1, { what: "the job runs" });
      expect(worker.jobs[0]).toMatchObject({ unique: "u1", workload: "hello" });
      await until(async () => (await admin.ask("status")) === "rev\t0\t0\t1\n.\n", { what: "the job is over" });
    },
    LIMIT_MS,
  );

  test(
    "gives jobs the priority that was asked for",
    async () => {
      await using http = await startHttpServer(runtime);
      for (const [body, ...priority] of [
        ["low", "X-Gearman-Priority: low"],
        ["normal"],
        ["high", "X-Gearman-Priority: high"],
      ] as const) {
        await askRaw(http.httpPort, request("POST /rev HTTP/1.1", ["X-Gearman-Background: true", ...priority], body));
      }
      await using admin = await Wire.connect(http.server);
      expect(await admin.ask("prioritystatus")).toBe("rev\t1\t1\t1\t0\n.\n");
      await using worker = await HttpWorker.start(http.server, { rev: reverse });
      await until(() => worker.jobs.length === 3, { what: "the jobs run" });
      expect(worker.jobs.map(({ workload }) => workload)).toEqual(["high", "normal", "low"]);
    },
    LIMIT_MS,
  );

  test(
    "shares a job by its unique with a Gearman client, and both get the result",
    async () => {
      await using http = await startHttpServer(runtime);
      await using client = await Wire.connect(http.server);
      client.send("SUBMIT_JOB", "rev", "both", "first");
      const [handle = ""] = await client.expect("JOB_CREATED");
      using raw = await RawHttp.connect(http.httpPort);
      raw.send(request("POST /rev HTTP/1.1", ["X-Gearman-Unique: both"], "second"));
      await until(
        async () => {
          client.send("GET_STATUS_UNIQUE", "both");
          return (await client.expect("STATUS_RES_UNIQUE"))[5] === "2";
        },
        { what: "both wait for the job" },
      );
      await using worker = await HttpWorker.start(http.server, { rev: reverse });
      expect(await client.expect("WORK_COMPLETE")).toEqual([handle, "tsrif"]);
      expect(await raw.ended).toEndWith("\r\n\r\ntsrif");
      expect(worker.jobs).toHaveLength(1);
    },
    LIMIT_MS,
  );

  test(
    "drops a foreground job whose client has left, and keeps a background one",
    async () => {
      await using http = await startHttpServer(runtime);
      await using admin = await Wire.connect(http.server);
      for (const leave of ["end", "destroy", "resetAndDestroy"] as const) {
        const raw = await RawHttp.connect(http.httpPort);
        raw.send(request("POST /rev HTTP/1.1", [], "hello"));
        await until(async () => (await admin.ask("status")).includes("rev\t1\t"), { what: "the job is there" });
        raw.socket[leave]();
        await until(async () => (await admin.ask("status")).includes("rev\t0\t"), {
          what: `the job is gone: ${leave}`,
        });
        raw.socket.destroy();
      }
      await askRaw(http.httpPort, request("POST /rev HTTP/1.1", ["X-Gearman-Background: true"], "stays"));
      await using worker = await HttpWorker.start(http.server, { rev: reverse });
      await until(() => worker.jobs.length > 0, { what: "the background job runs" });
      expect(worker.jobs.map(({ workload }) => workload)).toEqual(["stays"]);
      expect((await admin.ask("workers")).split("\n")).toHaveLength(4);
    },
    LIMIT_MS,
  );

  test(
    "answers 200 to a job that fails, and is not shaken by status, warning or exception",
    async () => {
      await using http = await startHttpServer(runtime);
      await using _worker = await HttpWorker.start(http.server, { fail, raise, chatter });
      for (const name of ["fail", "raise"]) {
        const reply = await askRaw(http.httpPort, request(`POST /${name} HTTP/1.1`, [], "x"));
        expect(reply.statusLine).toBe("HTTP/1.1 200 OK");
        expect(reply.headers.get("x-gearman-command")).toBe("WORK_FAIL");
        expect(reply.headers.get("x-gearman-job-handle")).toMatch(/^H:.+:\d+$/);
        expect(reply.body).toBe("");
      }
      expect((await askRaw(http.httpPort, request("POST /chatter HTTP/1.1", [], "ab"))).body).toBe("ba");
    },
    LIMIT_MS,
  );

  test(
    "hands on the exception where the server was started with --exceptions",
    async () => {
      await using http = await startHttpServer(runtime, { flags: ["--exceptions"] });
      await using _worker = await HttpWorker.start(http.server, { raise });
      const reply = await askRaw(http.httpPort, request("POST /raise HTTP/1.1", [], "x"));
      expect(reply.statusLine).toBe("HTTP/1.1 200 OK");
      expect(reply.headers.get("x-gearman-command")).toBe("WORK_EXCEPTION");
      expect(reply.body).toBe("boom");
    },
    LIMIT_MS,
  );

  test(
    "answers 500 to a job that fails, or breaks a stream off, where error statuses are asked for, and stops with nothing left",
    async () => {
      const httpPort = await freePort();
      const program = join(import.meta.dirname, "program.ts");
      await using server = await startServer({ command: [runtime, program, "{port}", String(httpPort)] });
      const half: Work = (wire, job) => {
        wire.send("WORK_DATA", job.handle, "half");
        wire.send("WORK_FAIL", job.handle);
      };
      await using _worker = await HttpWorker.start(server, { fail, raise, half, rev: reverse });
      expect((await askRaw(httpPort, request("GET /fail HTTP/1.1"))).status).toBe(500);
      expect(await askRaw(httpPort, request("GET /raise HTTP/1.1"))).toMatchObject({ status: 500, body: "boom" });
      expect((await askRaw(httpPort, request("GET /rev HTTP/1.1"))).status).toBe(200);
      // A client sees that the body broke off.
      const cut = fetch(`http://127.0.0.1:${httpPort}/half`).then((reply) => reply.text());
      expect(await cut.then(() => "whole").catch(() => "broken")).toBe("broken");
      using part = await RawHttp.connect(httpPort);
      part.send("POST /re");
      await askRaw(httpPort, request("GET /rev HTTP/1.1"));
      expect(await server.stop()).toBe("exit status 0");
      expect(await part.ended).toBe("");
    },
    LIMIT_MS,
  );

  test(
    "answers 503 when the queue is full",
    async () => {
      await using http = await startHttpServer(runtime);
      await using admin = await Wire.connect(http.server);
      expect(await admin.ask("maxqueue rev 1")).toBe("OK\r\n");
      const ask = request("POST /rev HTTP/1.1", ["X-Gearman-Background: true"]);
      expect((await askRaw(http.httpPort, ask)).status).toBe(200);
      const full = await askRaw(http.httpPort, ask);
      expect(full.status).toBe(503);
      expect(full.headers.get("x-gearman-command")).toBe("ERROR");
      expect(full.body).toBe("QUEUE_ERROR: Job queue is full\n");
    },
    LIMIT_MS,
  );

  test(
    "serves a hundred requests at once, by the runtime's own client",
    async () => {
      await using http = await startHttpServer(runtime);
      const workers = await Promise.all([1, 2, 3].map(() => HttpWorker.start(http.server, { rev: reverse })));
      const bodies = Array.from({ length: 100 }, (_, index) => `job ${index}`);
      const replies = await Promise.all(
        bodies.map(async (body) => {
          const reply = await fetch(`http://127.0.0.1:${http.httpPort}/rev`, { method: "POST", body });
          return [reply.status, reply.headers.get("x-gearman-command"), await reply.text()];
        }),
      );
      expect(replies).toEqual(bodies.map((body) => [200, "WORK_COMPLETE", [...body].reverse().join("")]));
      expect(workers.flatMap(({ jobs }) => jobs)).toHaveLength(100);
      await using admin = await Wire.connect(http.server);
      expect(await admin.ask("status")).toBe("rev\t0\t0\t3\n.\n");
      for (const worker of workers) await worker[Symbol.asyncDispose]();
    },
    LIMIT_MS,
  );

  test(
    "says which port is taken, and ends",
    async () => {
      await using http = await startHttpServer(runtime);
      const taken = await startServer({
        form: "gearmand",
        runtime,
        flags: ["-r", "http", "--http-port", String(http.httpPort)],
      }).then(
        () => "it started",
        (error: unknown) => String(error),
      );
      expect(taken).toContain("exit status 1");
      expect(taken).toContain(`127.0.0.1:${http.httpPort} is in use already`);
    },
    LIMIT_MS,
  );

  test(
    "ends at once on SIGTERM, whoever waits or has said half a request",
    async () => {
      await using http = await startHttpServer(runtime);
      using waiting = await RawHttp.connect(http.httpPort);
      waiting.send(request("POST /rev HTTP/1.1", [], "x"));
      using half = await RawHttp.connect(http.httpPort);
      half.send("POST /re");
      await using admin = await Wire.connect(http.server);
      await until(async () => (await admin.ask("status")).includes("rev\t1\t"), { what: "the job is there" });
      http.server.signal("SIGTERM");
      expect(await http.server.exited).toBe("exit status 0");
      expect([await waiting.ended, await half.ended]).toEqual(["", ""]);
    },
    LIMIT_MS,
  );
});
