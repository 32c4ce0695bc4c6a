/** The one error class of the house; callers branch on `code`, messages are for people. */

/**
 * Every code a GearError can carry.
 *
 * Of a job: JOB_FAILED (its worker said WORK_FAIL), JOB_EXCEPTION (WORK_EXCEPTION; `data` holds what came with it), TIMED_OUT,
 * ABORTED (by an AbortSignal, whose reason is the `cause`), BAD_DATA (a codec refused the bytes or the value). Of the line to the
 * job servers: NO_SERVER (none could be reached), CONNECTION_LOST (it ended before the answer), REFUSED (the server answered
 * ERROR), PROTOCOL_ERROR (what came is not Gearman), QUEUE_FULL (a bound of this program was reached), CLOSED. Of the caller:
 * INVALID_ARGUMENT. Of the job server and the command line: INVALID_SETTING, ADDRESS_IN_USE, LISTEN_FAILED, STORE_FAILED.
 */
export type GearErrorCode =
  | "INVALID_ARGUMENT"
  | "INVALID_SETTING"
  | "ADDRESS_IN_USE"
  | "LISTEN_FAILED"
  | "STORE_FAILED"
  | "CLOSED"
  | "JOB_FAILED"
  | "JOB_EXCEPTION"
  | "TIMED_OUT"
  | "ABORTED"
  | "BAD_DATA"
  | "NO_SERVER"
  | "CONNECTION_LOST"
  | "REFUSED"
  | "PROTOCOL_ERROR"
  | "QUEUE_FULL";

/** What a GearError may carry besides its code and its sentence. */
export interface GearErrorOptions {
  /** What caused it. */
  readonly cause?: unknown;
  /** JOB_EXCEPTION: the bytes of the exception. */
  readonly data?: Uint8Array;
  /** The function of the job that it is about; a client's errors about a job that a worker ended have it. */
  readonly functionName?: string;
}

/** An expected error: what happened, to what, and what to do about it. */
export class GearError extends Error {
  override readonly name = "GearError";
  readonly code: GearErrorCode;
  /** JOB_EXCEPTION: the bytes of the exception; undefined with every other code. */
  readonly data: Uint8Array | undefined;
  /** JOB_FAILED and JOB_EXCEPTION from a client: the function of the job; else undefined. */
  readonly functionName: string | undefined;

  constructor(code: GearErrorCode, message: string, options: GearErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.data = options.data;
    this.functionName = options.functionName;
  }
}

/** Crashes when an invariant of ours does not hold; never used for what a peer or a user can cause. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(`broken invariant: ${message}`);
}
