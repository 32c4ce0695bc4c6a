/** What a worker is made with, and what its handlers get. */
import type { JobFunction } from "../base/job-function.ts";
import type { ServerEvent } from "../base/server-event.ts";

/** What a worker is made with. */
export interface WorkerOptions {
  /** `host`, `host:port`, `[IPv6]:port` or `unix:/path`, 1 to 64 of them, all served at once; default `["127.0.0.1:4730"]`. */
  readonly servers?: readonly string[];
  /**
   * Jobs in hand at once, over all servers and functions, 1 to 10,000; default 1.
   *
   * With several servers it may be exceeded: by one more for each question for a job that a server answers late, after 1 to 2 s.
   */
  readonly concurrency?: number;
  /** What `workers` and consoles show; at most 127 bytes, no blanks. Default `<process id>@<host>`. */
  readonly clientId?: string;
  /** How long one server may take to accept a connection, ms, 1 to 2^31 − 1; default 2,000. */
  readonly connectMs?: number;
  /** After a stop: how long jobs in hand may take before their signal aborts, ms, 0 to 2^31 − 1; default 30,000. */
  readonly drainMs?: number;
  /** After that: how long handlers may take to see it before their connections are closed, ms, 0 to 2^31 − 1; default 5,000. */
  readonly abortMs?: number;
  /** Hears of connections and of jobs that ended otherwise than with a result; must not throw. */
  readonly onEvent?: (event: WorkerEvent) => void;
}

/** What a worker tells. */
export type WorkerEvent =
  | ServerEvent
  | {
      /**
       * A handler threw, ran out of time, or its result could not be used. `error` is what it threw, or a GearError TIMED_OUT,
       * BAD_DATA, CONNECTION_LOST (the server is gone, and gives the job to another worker) or CLOSED (stopped while at it, or its
       * function was given up by `cannot`). At most once per job; what a handler throws after its signal aborted is not told.
       */
      readonly kind: "failed";
      readonly server: string;
      readonly function: string;
      readonly handle: string;
      readonly error: unknown;
    };

/** Options of one function. */
export interface FunctionOptions {
  /**
   * How long one job may take, ms, 1,000 to 2^31 − 1; 0 (default): for ever. Then `job.signal` aborts, and the server gives the
   * job to another worker, which may be this one again.
   *
   * A server that has lost count of the time (gearmand does with `concurrency` above 1, the Perl server takes ms for seconds) gets
   * WORK_FAIL once the handler has settled, a second after the time limit at the earliest. Source: gearmand raises shorter ones
   * to 1,000.
   */
  readonly timeoutMs?: number;
}

/** A job in a worker's hands. */
export interface WorkerJob<Workload = Uint8Array> {
  /** The name that the server gave it; unique on that server. */
  readonly handle: string;
  /** The function's name. */
  readonly function: string;
  /** "" when the client gave none. */
  readonly unique: string;
  /** The reducer of a reduce job, else "". */
  readonly reducer: string;
  /** What the client gave, as the function's codec has read it; bytes for a function that is named by a string alone. */
  readonly workload: Workload;
  /** The server it came from, as it was given to the worker. */
  readonly server: string;
  /**
   * Aborts when the job need not be gone on with: its time is over (reason GearError TIMED_OUT), the worker is being stopped and
   * `drainMs` is over or its function was given up (CLOSED), or the server is lost (CONNECTION_LOST).
   *
   * What the handler does after that is not sent, its result neither: the job is another worker's by then. The slot is free only
   * when the handler has settled.
   */
  readonly signal: AbortSignal;
  /**
   * Tells how far the job is, whole numbers from 0 on. Throws GearError INVALID_ARGUMENT.
   *
   * Dropped when more than 64 MiB are not sent yet: a later one says more. This, `data` and `warning` do nothing once the job is
   * over or its signal has aborted.
   */
  status(numerator: number, denominator: number): void;
  /**
   * Sends a part of the result. The promise resolves when the connection can take more, the job is over or its signal aborts; who
   * sends much awaits it.
   *
   * Rejects with GearError QUEUE_FULL when more than 64 MiB are not sent yet, INVALID_ARGUMENT for what is neither bytes nor a
   * string.
   */
  data(data: Uint8Array | string): Promise<void>;
  /** Sends a warning; as `data`. */
  warning(data: Uint8Array | string): Promise<void>;
}

/**
 * Does one job and returns its result, which is WORK_COMPLETE.
 *
 * A throw is WORK_EXCEPTION with `name: text` of the error, of a GearError its text alone (UTF-8, at most 64 KiB); GearError
 * JOB_EXCEPTION with its `data` where it has any; GearError JOB_FAILED is WORK_FAIL, without a word. Neither is so for
 * what a client rejects with about another job (it has a `functionName`): that is an error like any other. A handler that returns
 * no promise costs less.
 */
export type Handler<Workload, Result> = (job: WorkerJob<Workload>) => Result | Promise<Result>;

/** Handler of a function that is named by a string alone; no result is an empty one. */
// biome-ignore lint/suspicious/noConfusingVoidType: a handler without a return is lawful
export type BytesHandler = Handler<Uint8Array, Uint8Array | string | void>;

/** A function of any types. */
// biome-ignore lint/suspicious/noExplicitAny: what the registry holds has types of its own
export type AnyFunction = JobFunction<any, any, any, any>;
