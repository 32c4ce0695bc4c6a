/** Runs a job server with gearmand's HTTP module and its error statuses: `program.ts PORT HTTP_PORT`, until SIGTERM; what is left open then keeps it running. */
import { systemClock } from "../../src/base/clock.ts";
import { LIMITS } from "../../src/base/limits.ts";
import { Log } from "../../src/base/log.ts";
import { noneSink } from "../../src/base/log-sink.ts";
import { startJobServer } from "../../src/server/job-server.ts";

const [port, httpPort] = process.argv.slice(2).map(Number);

const server = await startJobServer({
  listen: [{ kind: "tcp", host: "127.0.0.1", port: port ?? 0 }],
  httpListen: { kind: "tcp", host: "127.0.0.1", port: httpPort ?? 0 },
  isHttpStatusReal: true,
  backlog: LIMITS.backlog,
  bodyBytesMax: LIMITS.bodyBytesMax,
  bufferBytesMax: LIMITS.bufferBytesMax,
  memoryBytesMax: 1024 ** 3,
  idleMs: LIMITS.idleMs,
  priorityScope: "worker",
  isRoundRobin: true,
  retriesMax: Number.POSITIVE_INFINITY,
  wakeupsPerJob: 1,
  hasExceptions: true,
  handlePrefix: "H:test",
  versionText: "test",
  verboseText: "ERROR",
  graceMs: 1_000,
  clock: systemClock,
  log: new Log({ sink: noneSink, level: "ERROR", format: "text", clock: systemClock }),
});

process.once("SIGTERM", () => void server.stop("now"));
