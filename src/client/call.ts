/** Calls of a client: each is a request, a promise, and what may end it early. */
import { GearError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import type { PacketReader } from "../protocol/packet-reader.ts";
import { PACKETS } from "../protocol/packets.ts";
import { CallLimit, type CallLimitOptions } from "./call-limit.ts";
import type { Request } from "./request.ts";
import type { Session } from "./session.ts";

/** What is asked, and how the call may end early. */
export interface CallOptions {
  readonly type: number;
  readonly head: string;
  readonly data: Uint8Array;
  readonly turn: number;
  readonly limit: CallLimitOptions;
  /** Called once when the call is over. */
  readonly onOver: () => void;
}

const NO_BYTES = new Uint8Array(0);

/** A request with a promise for one value. */
export abstract class Call<Value> implements Request {
  readonly type: number;
  readonly head: string;
  /** None once it is over: a call that was given up may still wait for its turn to be left out. */
  data: Uint8Array;
  readonly turn: number;
  abstract readonly answers: readonly number[];
  abstract readonly isPinned: boolean;
  /** What the caller waits for; has an owner even if the caller does not look. */
  readonly promise: Promise<Value>;
  isOver = false;
  refusals: Request["refusals"] = [];
  #lossCount = 0;
  readonly #onOver: () => void;
  #resolve: (value: Value) => void = () => {};
  #reject: (error: unknown) => void = () => {};
  #limit: CallLimit | undefined = undefined;

  constructor(options: CallOptions) {
    this.type = options.type;
    this.head = options.head;
    this.data = options.data;
    this.turn = options.turn;
    this.#onOver = options.onOver;
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    const { limit } = options;
    if (limit.signal !== undefined || limit.timeoutMs > 0)
      this.#limit = new CallLimit(limit, (error) => this.fail(error));
  }

  abstract answered(session: Session, reader: PacketReader): void;

  abstract unanswered(error: GearError): boolean;

  fail(error: GearError): void {
    if (this.isOver) return;
    this.#reject(error);
    this.over();
  }

  /** One more connection was lost with it. False: that was the last that it may cost, and it has failed. */
  protected mayResend(error: GearError): boolean {
    this.#lossCount += 1;
    if (this.#lossCount <= LIMITS.resubmitsMax) return true;
    const text = `${error.message}; ${this.#lossCount} connections were lost in the middle of it, so it is not sent again`;
    this.fail(new GearError("CONNECTION_LOST", text, { cause: error }));
    return false;
  }

  /** Ends the call with its value. */
  protected succeed(value: Value): void {
    if (this.isOver) return;
    this.#resolve(value);
    this.over();
  }

  /** Nobody waits any more; called once. */
  protected over(): void {
    this.isOver = true;
    this.data = NO_BYTES;
    this.#limit?.lift();
    this.#onOver();
  }
}

const CREATED: readonly number[] = [PACKETS.JOB_CREATED.type];

/** A background job on its way to a server; its value is the handle. */
export class BackgroundSubmit extends Call<string> {
  override readonly answers = CREATED;
  override readonly isPinned = false;

  override answered(_session: Session, reader: PacketReader): void {
    this.succeed(reader.text(0));
  }

  override unanswered(error: GearError): boolean {
    this.fail(
      new GearError(
        "CONNECTION_LOST",
        `${error.message}; whether the job was taken is not known; submitted again with a unique, it is not queued twice`,
        { cause: error },
      ),
    );
    return false;
  }
}

/** What a question is, besides a call. */
export interface QuestionOptions<Value> extends CallOptions {
  /** The type of its answer. */
  readonly answer: number;
  readonly isPinned: boolean;
  /** Reads the answer. */
  readonly read: (session: Session, reader: PacketReader) => Value;
}

/** Something that a server is asked and that changes nothing. */
export class Question<Value> extends Call<Value> {
  override readonly answers: readonly number[];
  override readonly isPinned: boolean;
  readonly #read: (session: Session, reader: PacketReader) => Value;

  constructor(options: QuestionOptions<Value>) {
    super(options);
    this.answers = [options.answer];
    this.isPinned = options.isPinned;
    this.#read = options.read;
    // One of several may fail after the others have answered.
    this.promise.catch(() => {});
  }

  override answered(session: Session, reader: PacketReader): void {
    this.succeed(this.#read(session, reader));
  }

  override unanswered(error: GearError): boolean {
    if (!this.isPinned) return this.mayResend(error);
    this.fail(error);
    return false;
  }
}
