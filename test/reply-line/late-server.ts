/** The real job server in this process, on a store that a test holds in its hand. */
import { systemClock } from "../../src/base/clock.ts";
import { LIMITS } from "../../src/base/limits.ts";
import { Log } from "../../src/base/log.ts";
import { noneSink } from "../../src/base/log-sink.ts";
import { startJobServer } from "../../src/server/job-server.ts";
import type { JobServer, ServerOptions } from "../../src/server/server-options.ts";
import type { JobStore } from "../../src/store/job-store.ts";
import { Wire } from "../harness/wire.ts";

const MIB = 1024 * 1024;

/** A usual server on a free port of 127.0.0.1, without a log. */
export const SERVER_OPTIONS: ServerOptions = {
  listen: [{ kind: "tcp", host: "127.0.0.1", port: 0 }],
  backlog: LIMITS.backlog,
  httpListen: undefined,
  bodyBytesMax: LIMITS.bodyBytesMax,
  bufferBytesMax: LIMITS.bufferBytesMax,
  memoryBytesMax: 256 * MIB,
  idleMs: LIMITS.idleMs,
  priorityScope: "worker",
  isRoundRobin: true,
  retriesMax: Number.POSITIVE_INFINITY,
  wakeupsPerJob: 1,
  hasExceptions: false,
  handlePrefix: "H:test",
  versionText: "test",
  verboseText: "ERROR",
  graceMs: 5_000,
  clock: systemClock,
  log: new Log({ level: "ERROR", format: "text", sink: noneSink, clock: systemClock }),
};

/** What differs from a usual server. */
export interface LateServerOptions {
  readonly store?: JobStore;
  /** Default: LIMITS.commitMsMax. */
  readonly commitMsMax?: number;
  readonly options?: Partial<ServerOptions>;
}

/** What the server holds, as it counts itself. */
export interface Counts {
  readonly jobs: number;
  readonly credits: number;
  readonly timers: number;
  readonly uniques: number;
  readonly watchers: number;
  readonly connections: number;
}

/** A server on a free port, stopped by `await using`. */
export class LateServer implements AsyncDisposable {
  readonly server: JobServer;
  readonly port: number;

  private constructor(server: JobServer) {
    this.server = server;
    const [address] = server.addresses;
    this.port = address?.kind === "tcp" ? address.port : 0;
  }

  static async start({ store, commitMsMax, options }: LateServerOptions = {}): Promise<LateServer> {
    const parts = { ...(store === undefined ? {} : { store }), ...(commitMsMax === undefined ? {} : { commitMsMax }) };
    return new LateServer(await startJobServer({ ...SERVER_OPTIONS, ...options }, parts));
  }

  connect(): Promise<Wire> {
    return Wire.connect({ port: this.port });
  }

  /** Asked over a connection of its own, which counts as one. */
  async counts(): Promise<Counts> {
    await using wire = await this.connect();
    return JSON.parse(await wire.ask("gearwright counts")) as Counts;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.stop("now");
  }
}
