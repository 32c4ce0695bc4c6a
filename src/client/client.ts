/** The client: submits jobs to job servers and hears of them. */
import { checkListener, checkNames, checkSignal, checkSwitch, checkWhole, invalid } from "../base/checks.ts";
import { type BytesAccepted, bytes, type Codec } from "../base/codec.ts";
import type { GearError, GearErrorCode } from "../base/errors.ts";
import { type BytesFunction, type JobFunction, wireName } from "../base/job-function.ts";
import { LIMITS } from "../base/limits.ts";
import { serverAddresses } from "../link/server-address.ts";
import type { PacketReader } from "../protocol/packet-reader.ts";
import { PACKETS } from "../protocol/packets.ts";
import { BackgroundSubmit, type CallOptions, Question } from "./call.ts";
import { checkCallLimit } from "./call-limit.ts";
import type {
  BackgroundOptions,
  CallLimits,
  ClientOptions,
  JobOptions,
  JobStatus,
  MapOptions,
  StatusOptions,
  SubmittedJob,
} from "./client-options.ts";
import { type ClientSettings, clientSettings, OPTION_NAMES } from "./client-settings.ts";
import { Dispatch } from "./dispatch.ts";
import { ForegroundJob } from "./foreground-job.ts";
import { encodeWorkload } from "./job-errors.ts";
import { mapJobs } from "./map-jobs.ts";
import type { Session } from "./session.ts";
import { submitPacket } from "./submit-packet.ts";

const NO_OPTIONS = {};
const UNKNOWN: JobStatus = {
  isKnown: false,
  isRunning: false,
  numerator: 0,
  denominator: 0,
  clientCount: undefined,
  server: undefined,
};

/** A workload of a function that is named by a string alone, or has no codecs. */
type Bytes = BytesAccepted;

/**
 * A client of one or more job servers, with one connection to each, opened when it is first needed.
 *
 * A function is a name (workload and result are bytes; a string is sent as UTF-8) or what `defineFunction` made. Bytes that are
 * given as a workload must stay as they are until the call is over. Calls reject with GearError, or throw INVALID_ARGUMENT.
 */
export class Client implements AsyncDisposable {
  readonly #settings: ClientSettings;
  readonly #dispatch: Dispatch;
  readonly #over: () => void;

  /** Throws GearError INVALID_ARGUMENT for options that cannot be. */
  constructor(options: ClientOptions = {}) {
    this.#settings = clientSettings(options);
    const { servers, onEvent } = options;
    this.#dispatch = new Dispatch({ ...this.#settings, addresses: serverAddresses(servers), onEvent });
    this.#over = () => this.#dispatch.over();
  }

  /**
   * Does a foreground job: resolves with its result, the data of WORK_COMPLETE.
   *
   * Rejects with GearError JOB_FAILED, JOB_EXCEPTION, TIMED_OUT, ABORTED, BAD_DATA, REFUSED, NO_SERVER, CONNECTION_LOST,
   * QUEUE_FULL, CLOSED or INVALID_ARGUMENT; without `isResubmitting` also with PROTOCOL_ERROR.
   */
  run(target: string | BytesFunction, workload?: Bytes, options?: JobOptions): Promise<Uint8Array>;
  run<Workload, Result, WorkloadAccepted, ResultAccepted>(
    jobFunction: JobFunction<Workload, Result, WorkloadAccepted, ResultAccepted>,
    workload: WorkloadAccepted,
    options?: JobOptions,
  ): Promise<Result>;
  run(target: string | AnyTarget, workload?: unknown, options: JobOptions = NO_OPTIONS): Promise<unknown> {
    try {
      return this.#foreground({ target, workload, options, updateBytesMax: 0 }).promise;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Submits a foreground job: resolves when a server has taken it. Rejects as `run`; from then on `result` does. */
  submit(target: string | BytesFunction, workload?: Bytes, options?: JobOptions): Promise<SubmittedJob<Uint8Array>>;
  submit<Workload, Result, WorkloadAccepted, ResultAccepted>(
    jobFunction: JobFunction<Workload, Result, WorkloadAccepted, ResultAccepted>,
    workload: WorkloadAccepted,
    options?: JobOptions,
  ): Promise<SubmittedJob<Result>>;
  async submit(
    target: string | AnyTarget,
    workload?: unknown,
    options: JobOptions = NO_OPTIONS,
  ): Promise<SubmittedJob<unknown>> {
    const { updateBytesMax } = this.#settings;
    return new Promise((resolve, reject) => {
      const job = this.#foreground({ target, workload, options, updateBytesMax, onCreated: resolve });
      job.promise.catch(reject);
    });
  }

  /**
   * Submits a background job: resolves with its handle when the server has it.
   *
   * Rejects as `run` but for what a worker says. CONNECTION_LOST: the answer was lost, so it may be queued or not.
   */
  submitBackground(target: string | BytesFunction, workload?: Bytes, options?: BackgroundOptions): Promise<string>;
  submitBackground<Workload, Result, WorkloadAccepted, ResultAccepted>(
    jobFunction: JobFunction<Workload, Result, WorkloadAccepted, ResultAccepted>,
    workload: WorkloadAccepted,
    options?: BackgroundOptions,
  ): Promise<string>;
  submitBackground(
    target: string | AnyTarget,
    workload?: unknown,
    options: BackgroundOptions = NO_OPTIONS,
  ): Promise<string> {
    try {
      if (options !== NO_OPTIONS) checkNames(options, OPTION_NAMES.background, "options of a background job");
      const { name, codec } = targetOf(target);
      const submit = new BackgroundSubmit(
        this.#call({ kind: "background", name, codec: codec.workload, workload, options }),
      );
      this.#dispatch.route(submit);
      return submit.promise;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Does one foreground job for each workload and yields the results in their order.
   *
   * At most `inFlightMax` are in flight, and no more workloads are asked for. The first failure is thrown in its place; then,
   * and when the loop is left early, what is in flight is given up as by a signal.
   */
  map(
    target: string | BytesFunction,
    workloads: Iterable<Bytes> | AsyncIterable<Bytes>,
    options?: MapOptions,
  ): AsyncIterableIterator<Uint8Array>;
  map<Workload, Result, WorkloadAccepted, ResultAccepted>(
    jobFunction: JobFunction<Workload, Result, WorkloadAccepted, ResultAccepted>,
    workloads: Iterable<WorkloadAccepted> | AsyncIterable<WorkloadAccepted>,
    options?: MapOptions,
  ): AsyncIterableIterator<Result>;
  map(
    target: string | AnyTarget,
    workloads: Iterable<unknown> | AsyncIterable<unknown>,
    options: MapOptions = {},
  ): AsyncIterableIterator<unknown> {
    checkNames(options, OPTION_NAMES.map, "options of a map");
    const { inFlightMax = LIMITS.mapInFlight, ...rest } = options;
    checkWhole(inFlightMax, { name: "inFlightMax", min: 1, max: LIMITS.mapInFlightMax });
    checkSignal(rest.signal);
    if (!isIterable(workloads)) throw invalid("workloads are an iterable, or an async iterable, of workloads");
    const run = (workload: unknown, signal: AbortSignal): Promise<unknown> =>
      this.run(target as AnyTarget, workload as never, { ...rest, signal });
    return mapJobs({ items: workloads, inFlightMax, run, signal: rest.signal });
  }

  /**
   * Asks all servers that can be reached for a job, at once; the first that knows it counts.
   *
   * A server that is not there is not waited for (`serverWaitMs`). When none answers, rejects with GearError NO_SERVER,
   * CONNECTION_LOST, PROTOCOL_ERROR or REFUSED, the reason of the last one; else with TIMED_OUT, ABORTED, QUEUE_FULL, CLOSED or
   * INVALID_ARGUMENT.
   */
  async status(handle: string, limits: StatusOptions = NO_OPTIONS): Promise<JobStatus> {
    checkNames(limits, OPTION_NAMES.status, "options of a status");
    const head = wireName(handle, "a handle", LIMITS.handleBytesMax);
    const { GET_STATUS, STATUS_RES } = PACKETS;
    return this.#askAll({ type: GET_STATUS.type, answer: STATUS_RES.type, argument: head, limits });
  }

  /**
   * As `status`, for the job of a unique of at most 63 bytes (gearmand answers longer ones not at all). gearmand takes the
   * first of that unique, of whatever function.
   */
  async statusOfUnique(unique: string, limits: StatusOptions = NO_OPTIONS): Promise<JobStatus> {
    checkNames(limits, OPTION_NAMES.status, "options of a status");
    const argument = wireName(unique, "unique", LIMITS.uniqueBytesMax - 1);
    const { GET_STATUS_UNIQUE, STATUS_RES_UNIQUE } = PACKETS;
    return this.#askAll({ type: GET_STATUS_UNIQUE.type, answer: STATUS_RES_UNIQUE.type, argument, limits });
  }

  /** Sends `data` to the server that the next job would go to, and resolves with what comes back: the same. */
  async echo(data: Bytes, limits: CallLimits = NO_OPTIONS): Promise<Uint8Array> {
    checkNames(limits, OPTION_NAMES.question, "options of a question");
    const { ECHO_REQ, ECHO_RES } = PACKETS;
    const encoded = encodeWorkload(bytes, data, "echo");
    const question = new Question({
      ...this.#callOptions({ type: ECHO_REQ.type, head: "", data: encoded, limits, what: "the echo" }),
      answer: ECHO_RES.type,
      isPinned: false,
      read: (_session, reader) => reader.ownData(0),
    });
    this.#dispatch.route(question);
    return question.promise;
  }

  /** Ends all connections. What is open rejects with GearError CLOSED, and so does every later call. May be called again. */
  async close(): Promise<void> {
    await this.#dispatch.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #foreground({ target, workload, options, updateBytesMax, onCreated }: ForegroundCall): ForegroundJob<unknown> {
    if (options !== NO_OPTIONS) checkNames(options, OPTION_NAMES.job, "options of a job");
    checkListener(options.onUpdate, "onUpdate");
    checkSwitch(options.isResubmitting, "isResubmitting");
    const { name, codec } = targetOf(target);
    const job = new ForegroundJob<unknown>({
      ...this.#call({ kind: "foreground", name, codec: codec.workload, workload, options }),
      functionName: name,
      codec: codec.result,
      isResubmitting: options.isResubmitting ?? this.#settings.isResubmitting,
      onUpdate: options.onUpdate,
      updateBytesMax,
      again: (one) => this.#dispatch.route(one),
      onCreated,
    });
    this.#dispatch.route(job);
    return job;
  }

  #call({ kind, name, codec, workload, options }: JobCall): CallOptions {
    const { type, head } = submitPacket(kind, name, options);
    const data = encodeWorkload(codec, workload, name);
    return this.#callOptions({ type, head, data, limits: options, what: `the job of ${name}` });
  }

  #callOptions({ type, head, data, limits, what, isPinned = false }: Asked): CallOptions {
    const limit = { signal: limits.signal, timeoutMs: limits.timeoutMs ?? this.#settings.timeoutMs, what };
    checkCallLimit(limit);
    this.#dispatch.open();
    const turn = isPinned ? 0 : this.#dispatch.turnFor(head, data);
    return { type, head, data, turn, limit, onOver: this.#over };
  }

  async #askAll({ type, answer, argument, limits }: AskedOfAll): Promise<JobStatus> {
    const data = Buffer.from(argument, "latin1");
    const sessions = this.#dispatch.reachable(limits.server);
    const questions = sessions.map((session) => {
      const question = new Question<JobStatus>({
        ...this.#callOptions({ type, head: "", data, limits, what: "the status", isPinned: true }),
        answer,
        isPinned: true,
        read: statusIn,
      });
      session.line.connect();
      session.ask(question);
      return question;
    });
    return firstKnown(questions.map(({ promise }) => promise));
  }
}

// biome-ignore lint/suspicious/noExplicitAny: a function of whatever types
type AnyTarget = JobFunction<any, any, any, any>;

function isIterable(value: Partial<Iterable<unknown> & AsyncIterable<unknown>> | null | undefined): boolean {
  return typeof (value?.[Symbol.asyncIterator] ?? value?.[Symbol.iterator]) === "function";
}

interface ForegroundCall {
  readonly target: string | AnyTarget;
  readonly workload: unknown;
  readonly options: JobOptions;
  readonly updateBytesMax: number;
  readonly onCreated?: (job: SubmittedJob<unknown>) => void;
}

interface JobCall {
  readonly kind: "foreground" | "background";
  readonly name: string;
  readonly codec: Codec<unknown, unknown>;
  readonly workload: unknown;
  readonly options: JobOptions & BackgroundOptions;
}

interface Asked {
  readonly type: number;
  readonly head: string;
  readonly data: Uint8Array;
  readonly limits: CallLimits;
  readonly what: string;
  readonly isPinned?: boolean;
}

interface AskedOfAll {
  readonly type: number;
  readonly answer: number;
  readonly argument: string;
  readonly limits: StatusOptions;
}

function targetOf(target: string | AnyTarget): { name: string; codec: { workload: AnyCodec; result: AnyCodec } } {
  if (typeof target === "string") return { name: target, codec: BYTES };
  if (typeof target?.name === "string" && isCodec(target.workload) && isCodec(target.result)) {
    return { name: target.name, codec: target };
  }
  throw invalid("a function is a name or what defineFunction made");
}

function isCodec(value: Partial<AnyCodec> | undefined): boolean {
  return typeof value?.encode === "function" && typeof value.decode === "function";
}

// biome-ignore lint/suspicious/noExplicitAny: a codec of whatever types
type AnyCodec = Codec<any, any>;
const BYTES: { readonly workload: AnyCodec; readonly result: AnyCodec } = { workload: bytes, result: bytes };

/** Reads STATUS_RES and STATUS_RES_UNIQUE, which differ by the count of clients at the end. */
function statusIn(session: Session, reader: PacketReader): JobStatus {
  const isKnown = reader.text(1) !== "0";
  return {
    isKnown,
    isRunning: reader.text(2) !== "0",
    numerator: Number(reader.text(3)) || 0,
    denominator: Number(reader.text(4)) || 0,
    clientCount: reader.argCount > 5 ? Number(reader.text(5)) || 0 : undefined,
    server: isKnown ? session.name : undefined,
  };
}

/** Codes of questions that were not asked to the end. */
const GIVEN_UP = new Set<GearErrorCode>(["ABORTED", "TIMED_OUT", "CLOSED"]);

/** The first status that knows the job, else unknown if any server answered, else why none did. */
function firstKnown(answers: readonly Promise<JobStatus>[]): Promise<JobStatus> {
  return new Promise((resolve, reject) => {
    let left = answers.length;
    let isAnswered = false;
    const one = async (answer: Promise<JobStatus>): Promise<void> => {
      try {
        const status = await answer;
        isAnswered = true;
        if (status.isKnown) resolve(status);
        left -= 1;
        if (left === 0) resolve(UNKNOWN);
      } catch (error) {
        left -= 1;
        if (GIVEN_UP.has((error as GearError).code)) reject(error);
        if (left > 0) return;
        if (isAnswered) resolve(UNKNOWN);
        else reject(error);
      }
    };
    for (const answer of answers) void one(answer);
  });
}
