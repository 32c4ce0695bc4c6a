/** The seam between the command line and the job server: what a server is started with, and what one gets back. */
import type { Clock } from "../base/clock.ts";
import type { ListenAddress } from "../base/listen-address.ts";
import type { Log } from "../base/log.ts";

/** Everything a job server needs to know, resolved: no defaults are filled in behind it. */
export interface ServerOptions {
  /** At least one. */
  readonly listen: readonly ListenAddress[];
  /** Pending connections asked of the kernel; Bun asks for 512 whatever stands here. */
  readonly backlog: number;
  /** Where gearmand's HTTP module listens; undefined: not at all. */
  readonly httpListen: ListenAddress | undefined;
  /** True: gearmand's HTTP module answers a job that fails with 500, or cuts its stream; false (default): with 200, as gearmand. */
  readonly isHttpStatusReal?: boolean;
  /** Largest body of a packet, bytes. */
  readonly bodyBytesMax: number;
  /** All connections' buffers together, bytes. */
  readonly bufferBytesMax: number;
  /** The queue in memory, bytes; beyond it a submit gets QUEUE_ERROR. */
  readonly memoryBytesMax: number;
  /** An incomplete packet or text line to which no byte came for this long closes its connection, ms. */
  readonly idleMs: number;
  /** `worker`: priorities hold over all functions of a worker (gearmand 2.0); `function`: within one (gearmand 1.1). */
  readonly priorityScope: "worker" | "function";
  /** True: a worker's functions take turns; false: the newest is drained first (gearmand 1.1 without `-R`). */
  readonly isRoundRobin: boolean;
  /** How many times a job may be taken back from a worker before it fails; Infinity: no limit. 0 and 1: assigned once. */
  readonly retriesMax: number;
  /** Sleeping workers woken for each job, 1 to 255. */
  readonly wakeupsPerJob: number;
  /** True: every connection starts with the exceptions option. */
  readonly hasExceptions: boolean;
  /** What stands before the number of every handle, without the last colon; undefined: `H:<host>`. */
  readonly handlePrefix: string | undefined;
  /** What the text command `version` answers after `OK `. */
  readonly versionText: string;
  /** What the text command `verbose` answers after `OK `. */
  readonly verboseText: string;
  /** How long jobs in hand may end after `stop("graceful")`, ms; Infinity: as long as they take. */
  readonly graceMs: number;
  readonly clock: Clock;
  readonly log: Log;
}

/** How a server is stopped. */
export type StopMode = "now" | "graceful" | "drain";

/** A running job server. */
export interface JobServer {
  /** Where it listens, with the ports that the kernel gave; optional addresses that this machine lacks are left out. */
  readonly addresses: readonly ListenAddress[];
  /** Where gearmand's HTTP module listens; undefined: nowhere. */
  readonly httpAddress: ListenAddress | undefined;
  /**
   * Stops. `now`: every connection is closed. `graceful`: listeners are closed, submits get QUEUE_ERROR, and jobs in hand
   * may end for `graceMs`. `drain`: listeners are closed, open connections go on as before, and the server ends when it
   * holds no job, which may be never (gearmand's SIGUSR1). May be called again with `now` while another stop is under way.
   */
  stop(mode: StopMode): Promise<void>;
  /** Resolves when the server has stopped, whoever asked for it (a call of `stop`, or the text command `shutdown`). */
  readonly ended: Promise<void>;
}
