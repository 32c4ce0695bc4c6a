/** A job server for tests in this process: jobs are kept in memory, nothing is logged. */
import { readFileSync } from "node:fs";
import { systemClock } from "../base/clock.ts";
import { LIMITS } from "../base/limits.ts";
import { Log } from "../base/log.ts";
import { noneSink } from "../base/log-sink.ts";
import { startJobServer } from "../server/job-server.ts";
import type { ServerOptions } from "../server/server-options.ts";
import type { StartedServer } from "./started-server.ts";

const HOST = "127.0.0.1";
/** What queued jobs may hold, bytes. */
const MEMORY_BYTES_MAX = 256 * 1024 * 1024;

let startedCount = 0;

/**
 * Starts a job server on `port` of 127.0.0.1; 0: a free one.
 *
 * Rejects with GearError ADDRESS_IN_USE or LISTEN_FAILED.
 */
export async function openTestServer(port: number): Promise<StartedServer> {
  const server = await startJobServer(serverOptions(port));
  const [address] = server.addresses;
  return { port: address?.kind === "tcp" ? address.port : port, stop: () => server.stop("now") };
}

/** The defaults of `gearwright serve`, but for the log, the memory and the handles. */
function serverOptions(port: number): ServerOptions {
  startedCount += 1;
  return {
    listen: [{ kind: "tcp", host: HOST, port }],
    backlog: LIMITS.backlog,
    httpListen: undefined,
    bodyBytesMax: LIMITS.bodyBytesMax,
    bufferBytesMax: LIMITS.bufferBytesMax,
    memoryBytesMax: MEMORY_BYTES_MAX,
    idleMs: LIMITS.idleMs,
    priorityScope: "worker",
    isRoundRobin: true,
    retriesMax: Number.POSITIVE_INFINITY,
    wakeupsPerJob: 1,
    hasExceptions: false,
    // Servers that start in the same millisecond give the same numbers, and a test may have several.
    handlePrefix: `H:test-${process.pid}-${startedCount}`,
    versionText: packageVersion(),
    verboseText: "NOTICE",
    graceMs: 0,
    clock: systemClock,
    log: new Log({ level: "FATAL", format: "text", sink: noneSink, clock: systemClock }),
  };
}

function packageVersion(): string {
  const parsed: unknown = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  return typeof parsed === "object" && parsed !== null && "version" in parsed ? String(parsed.version) : "unknown";
}
