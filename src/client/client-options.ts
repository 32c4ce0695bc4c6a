/** What a client is made with, and what each job may ask for. */
import type { ServerEvent } from "../base/server-event.ts";

/**
 * In which order the servers are tried.
 *
 * `listed`: always the first that can be reached. `random`: as `listed`, in an order that each client draws for itself. `rotate`:
 * each job goes to the next server that can be reached. `unique`: jobs of one function and unique go to the same server, so that
 * they coalesce also between clients, which must name the servers alike, in whatever order; jobs without a unique rotate. Whichever
 * it is, a server that cannot be reached, or has no place for the job (QUEUE_ERROR), is passed over.
 */
export type ServerOrder = "listed" | "random" | "rotate" | "unique";

/** What a client is made with. */
export interface ClientOptions {
  /** `host`, `host:port`, `[IPv6]:port` or `unix:/path`, 1 to 64 of them; default `["127.0.0.1:4730"]`. */
  readonly servers?: readonly string[];
  /** Default `listed`. */
  readonly order?: ServerOrder;
  /** True (default): a foreground job whose server is lost is submitted again, to the next server in order, at most 16 times. */
  readonly isResubmitting?: boolean;
  /** How long a job waits while no server can be reached, ms, 0 to 2^31 − 1; default 10,000. Then NO_SERVER. */
  readonly serverWaitMs?: number;
  /**
   * How long one server may take to accept a connection, and then to answer for the first time, ms, 1 to 2^31 − 1; default 2,000.
   * Then the next is tried.
   */
  readonly connectMs?: number;
  /** How long a server may take to answer a submit or a question, ms, 1 to 2^31 − 1; default 30,000. Then its connection is closed. */
  readonly replyMs?: number;
  /** Time limit of every job that has none of its own, ms; 0 (default): none. */
  readonly timeoutMs?: number;
  /** Jobs and questions that may be open at once, 1 to 10,000,000; default 100,000. Then QUEUE_FULL. */
  readonly openMax?: number;
  /**
   * Updates of a `submit` that are kept until `updates()` reads them, bytes per job; default 16 MiB, 0: none are kept. Beyond it the
   * job's updates end with QUEUE_FULL.
   */
  readonly updateBytesMax?: number;
  /** Hears of connections; must not throw. */
  readonly onEvent?: (event: ServerEvent) => void;
}

/** What both kinds of job may ask for. */
interface AnyJobOptions {
  /** Default `normal`. `high` and `low` go neither with `at` nor with `reducer`. */
  readonly priority?: "high" | "normal" | "low";
  /**
   * Jobs of one function with the same unique, while one of them lives, are one job. At most 64 bytes of UTF-8 (gearmand: 63).
   * `-`: the workload is the unique. Default: none.
   */
  readonly unique?: string;
  /** Makes it a reduce job: the function that its worker is to send the parts' results to. At most 64 bytes. */
  readonly reducer?: string;
  /** Gives the call up: it rejects with ABORTED. A job that the server has already goes on there, and nobody hears of it. */
  readonly signal?: AbortSignal;
  /** Time limit from the call to the end of what is awaited, ms, 0 to 2^31 − 1; 0: none. Default: that of the client. Then TIMED_OUT. */
  readonly timeoutMs?: number;
}

/** What a foreground job may ask for. */
export interface JobOptions extends AnyJobOptions {
  /** Hears of the job's updates as they come; must not throw. */
  readonly onUpdate?: (update: Update) => void;
  /** Overrides `isResubmitting` of the client. */
  readonly isResubmitting?: boolean;
}

/** What a background job may ask for. The time limit is for the server's answer, not for the job. */
export interface BackgroundOptions extends AnyJobOptions {
  /** Not before this time (an epoch job; whole seconds, rounded up). Past times: now. Not with `reducer`. */
  readonly at?: Date;
}

/** How a question may be given up. */
export interface CallLimits {
  /** Gives the question up: it rejects with ABORTED. */
  readonly signal?: AbortSignal;
  /** Time limit, ms, 0 to 2^31 − 1; 0: none. Default: that of the client. Then TIMED_OUT. */
  readonly timeoutMs?: number;
}

/** How a status is asked for. */
export interface StatusOptions extends CallLimits {
  /** The server to ask, as it was given to the client. Default: all that can be reached, and the first that knows the job counts. */
  readonly server?: string;
}

/** What `map` may ask for, for each of its jobs. */
export interface MapOptions extends JobOptions {
  /** Jobs in flight, 1 to 100,000; default 64. */
  readonly inFlightMax?: number;
}

/** What a worker tells while it does a job. */
export type Update =
  | {
      /** How far the job is. What the worker said last counts; the numbers mean what its author wants. */
      readonly kind: "status";
      readonly numerator: number;
      readonly denominator: number;
    }
  | {
      /** A part of the result. */
      readonly kind: "data";
      readonly data: Uint8Array;
    }
  | {
      readonly kind: "warning";
      readonly data: Uint8Array;
    }
  | {
      /** The job's server was lost, and the job was submitted again: what came before may come again. */
      readonly kind: "resubmitted";
      /** The server that has it now, and its handle there. */
      readonly server: string;
      readonly handle: string;
    };

/** A foreground job that a server has taken. */
export interface SubmittedJob<Result> {
  /** The handle the server gave; another one after a `resubmitted` update. Two servers may give the same, see `server`. */
  readonly handle: string;
  /** The server that has it, as it was given to the client. */
  readonly server: string;
  /**
   * The result: the data of WORK_COMPLETE. Rejects with GearError JOB_FAILED, JOB_EXCEPTION, TIMED_OUT, ABORTED, BAD_DATA,
   * CONNECTION_LOST, NO_SERVER, REFUSED or CLOSED, without `isResubmitting` also PROTOCOL_ERROR. Need not be awaited.
   */
  readonly result: Promise<Result>;
  /**
   * The job's updates, from the first on, as they come; ends when the job ends, however it ends. May be read once.
   *
   * They are kept also where nobody reads them. Throws GearError QUEUE_FULL after `updateBytesMax` of unread updates; the job
   * itself goes on.
   */
  updates(): AsyncIterableIterator<Update>;
}

/** What a server says of a job. */
export interface JobStatus {
  /** False: no server that could be asked holds such a job; it is over, or never was. */
  readonly isKnown: boolean;
  /** True: a worker has it; false: it waits. */
  readonly isRunning: boolean;
  /** How far it is, in its worker's words; 0 at first. */
  readonly numerator: number;
  /** Of how much; 0 at first. */
  readonly denominator: number;
  /** Clients that wait for it; only when asked by unique, else undefined. */
  readonly clientCount: number | undefined;
  /** The server that holds it; undefined when it is not known. */
  readonly server: string | undefined;
}
