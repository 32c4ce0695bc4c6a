/**
 * A job in a worker's hands, from its assignment until its handler has settled and the server knows what it must.
 *
 * ```text
 *             handler settles
 *   at work ------------------> over                WORK_COMPLETE, WORK_EXCEPTION or WORK_FAIL is sent
 *      |
 *      | abort: time over, stopped, server lost, function given up; from here on the handler's words are not sent
 *      v          handler settles
 *   aborted ----------------------> over
 *      '--- time over: WORK_FAIL once the handler has settled and LIMITS.timeoutReportMs have passed
 * ```
 *
 * That WORK_FAIL comes when the server's own timer has given the job to another worker (the answer is then JOB_NOT_FOUND).
 * gearmand has one timer per connection, which a second job in hand or PRE_SLEEP takes away: then it ends the job, which would
 * hang for ever.
 */
import { invalid } from "../base/checks.ts";
import { isBytes } from "../base/codec.ts";
import { GearError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import { PACKETS } from "../protocol/packets.ts";
import type { Ability } from "./ability.ts";
import { exceptionOf, textOf } from "./outcome.ts";
import type { WorkerJob } from "./worker-options.ts";

const { WORK_COMPLETE, WORK_FAIL, WORK_EXCEPTION, WORK_DATA, WORK_WARNING, WORK_STATUS } = PACKETS;
const NO_BYTES = new Uint8Array(0);
const DONE: Promise<void> = Promise.resolve();
const encoder = new TextEncoder();

/** The connection that a job came by. */
export interface JobHome {
  /** The server, as it was given. */
  readonly name: string;
  /** Whether WORK_EXCEPTION does not end a job there. */
  readonly needsFail: boolean;
  /** Whether more should be sent only when the job is told to `resume`. */
  readonly isHigh: boolean;
  /** Whether no more than a job's last word should be sent. */
  readonly isFull: boolean;
  /** Sends a packet of a job; dropped where the connection is gone. */
  send(type: number, head: string, data: Uint8Array): void;
  /** The job's handler has settled. */
  over(job: RunningJob): void;
  /** Its last word was sent, after `over`. */
  reported(job: RunningJob): void;
  /** It ended otherwise than with a result. */
  failed(job: RunningJob, error: unknown): void;
}

/** What a job is made of. */
export interface RunningJobOptions {
  readonly home: JobHome;
  readonly ability: Ability;
  /** One char per byte. */
  readonly handle: string;
  readonly unique: string;
  readonly reducer: string;
}

/** A job as its handler sees it, and as its connection deals with it. */
export class RunningJob implements WorkerJob<unknown> {
  readonly handle: string;
  readonly unique: string;
  readonly reducer: string;
  workload: unknown = undefined;
  readonly #home: JobHome;
  readonly #ability: Ability;
  /** The first argument of all its packets. */
  readonly #head: string;
  #controller: AbortController | undefined = undefined;
  #abortedBy: GearError | undefined = undefined;
  #isOver = false;
  /** Those who wait until more can be sent. */
  #waiting: (() => void)[] | undefined = undefined;
  #timer: ReturnType<typeof setTimeout> | undefined = undefined;
  /** What is owed to the server after a time limit. */
  #report: "none" | "waits" | "due" = "none";

  constructor(options: RunningJobOptions) {
    this.handle = options.handle;
    this.unique = options.unique;
    this.reducer = options.reducer;
    this.#home = options.home;
    this.#ability = options.ability;
    this.#head = `${options.handle}\0`;
  }

  get function(): string {
    return this.#ability.name;
  }

  get server(): string {
    return this.#home.name;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#abortedBy !== undefined) this.#controller.abort(this.#abortedBy);
    }
    return this.#controller.signal;
  }

  /** Whether the handler has settled. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Whether a WORK_FAIL is still to come. */
  get isReporting(): boolean {
    return this.#report !== "none";
  }

  status(numerator: number, denominator: number): void {
    if (!isCount(numerator) || !isCount(denominator)) {
      throw invalid("status: both numbers are whole and from 0 on");
    }
    if (this.#isMuted || this.#home.isFull) return;
    this.#home.send(WORK_STATUS.type, `${this.#head}${numerator}\0${denominator}`, NO_BYTES);
  }

  data(data: Uint8Array | string): Promise<void> {
    return this.#sendPart(WORK_DATA.type, data);
  }

  warning(data: Uint8Array | string): Promise<void> {
    return this.#sendPart(WORK_WARNING.type, data);
  }

  /** Decodes the workload and calls the handler. */
  start(workload: Uint8Array): void {
    const { timeoutMs, handler } = this.#ability;
    if (timeoutMs > 0) this.#timer = setTimeout(() => this.#timeOut(), timeoutMs);
    if (!this.#decode(workload)) return;
    let returned: unknown;
    let isLater: boolean;
    try {
      returned = handler(this);
      isLater = isThenable(returned);
    } catch (thrown) {
      this.#threw(thrown);
      return;
    }
    if (isLater) this.#await(returned);
    else this.#complete(returned);
  }

  /** The handler need not go on, and nothing of it is sent any more; nothing where that is so already. */
  abort(error: GearError): void {
    if (this.#isMuted) return;
    this.#abortedBy = error;
    clearTimeout(this.#timer);
    this.resume();
    this.#home.failed(this, error);
    this.#controller?.abort(error);
  }

  /** More can be sent, or need not be: whoever waits for that goes on. */
  resume(): void {
    if (this.#waiting === undefined) return;
    for (const resume of this.#waiting) resume();
    this.#waiting = undefined;
  }

  /** As `abort`, and the server is not owed a word: the job is no longer its connection's. */
  detach(error: GearError): void {
    this.abort(error);
    clearTimeout(this.#timer);
    this.#report = "none";
  }

  get #isMuted(): boolean {
    return this.#isOver || this.#abortedBy !== undefined;
  }

  #decode(workload: Uint8Array): boolean {
    const codec = this.#ability.workload;
    try {
      this.workload = codec.decode(workload);
      return true;
    } catch (cause) {
      this.#threw(
        new GearError("BAD_DATA", `the workload cannot be read as ${codec.name}: ${textOf(cause)}`, { cause }),
      );
      return false;
    }
  }

  #await(returned: unknown): void {
    Promise.resolve(returned).then(
      (value) => this.#complete(value),
      (thrown) => this.#threw(thrown),
    );
  }

  #complete(value: unknown): void {
    if (this.#abortedBy !== undefined) {
      this.#settle();
      return;
    }
    let data: Uint8Array;
    try {
      data = this.#encode(value);
    } catch (thrown) {
      this.#threw(thrown);
      return;
    }
    this.#home.send(WORK_COMPLETE.type, this.#head, data);
    this.#settle();
  }

  #encode(value: unknown): Uint8Array {
    const codec = this.#ability.result;
    try {
      const data = codec.encode(value);
      if (isBytes(data)) return data;
    } catch (cause) {
      throw new GearError("BAD_DATA", `the result cannot be written as ${codec.name}: ${textOf(cause)}`, { cause });
    }
    throw new GearError("BAD_DATA", `the codec ${codec.name} did not make bytes of the result`);
  }

  #threw(thrown: unknown): void {
    if (this.#abortedBy !== undefined) {
      this.#settle();
      return;
    }
    const exception = exceptionOf(thrown);
    if (exception !== undefined) this.#home.send(WORK_EXCEPTION.type, this.#head, exception);
    if (exception === undefined || this.#home.needsFail) this.#home.send(WORK_FAIL.type, this.handle, NO_BYTES);
    this.#settle();
    this.#home.failed(this, thrown);
  }

  #settle(): void {
    this.#isOver = true;
    this.resume();
    if (this.#timer !== undefined && this.#report === "none") clearTimeout(this.#timer);
    if (this.#report === "due") this.#sendReport();
    this.#home.over(this);
  }

  #timeOut(): void {
    const { name, timeoutMs } = this.#ability;
    this.#report = "waits";
    this.abort(new GearError("TIMED_OUT", `the job of ${name} was not over within ${timeoutMs} ms`));
    this.#timer = setTimeout(() => {
      if (this.#isOver) this.#sendReport();
      else this.#report = "due";
    }, LIMITS.timeoutReportMs);
  }

  #sendReport(): void {
    this.#report = "none";
    this.#home.send(WORK_FAIL.type, this.handle, NO_BYTES);
    this.#home.reported(this);
  }

  #sendPart(type: number, data: Uint8Array | string): Promise<void> {
    const bytes = typeof data === "string" ? encoder.encode(data) : data;
    if (!isBytes(bytes)) {
      return Promise.reject(invalid("bytes or a string are expected"));
    }
    const home = this.#home;
    if (this.#isMuted) return DONE;
    if (home.isFull) {
      const text = `${home.name} does not take what is sent: more than ${LIMITS.sendHardBytes} bytes wait; await data()`;
      return Promise.reject(new GearError("QUEUE_FULL", text));
    }
    home.send(type, this.#head, bytes);
    if (!home.isHigh) return DONE;
    return new Promise((resolve) => {
      this.#waiting ??= [];
      this.#waiting.push(resolve);
    });
  }
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isThenable(value: unknown): boolean {
  if (value instanceof Promise) return true;
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}
