/** A foreground job: from its submit, over servers that may be lost, to its one end. */
import type { Codec } from "../base/codec.ts";
import { GearError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import type { PacketReader } from "../protocol/packet-reader.ts";
import { PACKETS } from "../protocol/packets.ts";
import { Call, type CallOptions } from "./call.ts";
import type { SubmittedJob, Update } from "./client-options.ts";
import { decodeResult, exceptionError, failedError } from "./job-errors.ts";
import type { AttachedJob, Session } from "./session.ts";
import { UpdateQueue } from "./update-queue.ts";

const CREATED: readonly number[] = [PACKETS.JOB_CREATED.type];
const { WORK_COMPLETE, WORK_EXCEPTION, WORK_STATUS, WORK_DATA } = PACKETS;

/** What a foreground job is, besides a call. */
export interface ForegroundOptions<Result> extends CallOptions {
  readonly functionName: string;
  readonly codec: Codec<Result, never>;
  readonly isResubmitting: boolean;
  readonly onUpdate: ((update: Update) => void) | undefined;
  /** Updates kept for `updates()`, bytes; 0: nobody will read them. */
  readonly updateBytesMax: number;
  /** Routes the job to a server again. */
  readonly again: (job: ForegroundJob<Result>) => void;
  /** Called when a server has taken it for the first time. */
  readonly onCreated: ((job: ForegroundJob<Result>) => void) | undefined;
}

/** A foreground job; its value is the result. */
export class ForegroundJob<Result> extends Call<Result> implements AttachedJob, SubmittedJob<Result> {
  override readonly answers = CREATED;
  override readonly isPinned = false;
  handle = "";
  server = "";
  readonly #options: ForegroundOptions<Result>;
  readonly #updates: UpdateQueue | undefined;
  /** How many connections were lost with it. */
  #lossCount = 0;
  /** Where it is; undefined: on its way. */
  #session: Session | undefined = undefined;

  constructor(options: ForegroundOptions<Result>) {
    super(options);
    this.#options = options;
    if (options.updateBytesMax > 0) this.#updates = new UpdateQueue(options.updateBytesMax);
  }

  get result(): Promise<Result> {
    return this.promise;
  }

  updates(): AsyncIterableIterator<Update> {
    return this.#updates ?? new UpdateQueue(0);
  }

  override answered(session: Session, reader: PacketReader): void {
    if (this.isOver) {
      if (hasUnique(this.head)) session.attach(reader.text(0), undefined);
      return;
    }
    const isFirst = this.handle === "";
    this.handle = reader.text(0);
    this.server = session.name;
    this.#session = session;
    session.attach(this.handle, this);
    if (isFirst) this.#options.onCreated?.(this);
    else this.#update({ kind: "resubmitted", server: this.server, handle: this.handle });
  }

  override unanswered(error: GearError): boolean {
    this.#lossCount += 1;
    if (!this.#options.isResubmitting) this.fail(error);
    else if (this.#lossCount > LIMITS.resubmitsMax) {
      const text = `${error.message}; ${this.#lossCount} servers were lost with this job, so it is not submitted again`;
      this.fail(new GearError("CONNECTION_LOST", text, { cause: error }));
    }
    return !this.isOver;
  }

  lost(error: GearError): void {
    this.#session = undefined;
    if (this.unanswered(error)) this.#options.again(this);
  }

  updated(reader: PacketReader): void {
    if (this.#updates === undefined && this.#options.onUpdate === undefined) return;
    if (reader.type === WORK_STATUS.type) {
      const [numerator, denominator] = [numberOf(reader.text(1)), numberOf(reader.text(2))];
      this.#update({ kind: "status", numerator, denominator });
    } else this.#update({ kind: reader.type === WORK_DATA.type ? "data" : "warning", data: reader.ownData(1) });
  }

  ended(reader: PacketReader): void {
    this.#session = undefined;
    const { functionName, codec } = this.#options;
    if (reader.type === WORK_EXCEPTION.type) this.fail(exceptionError(functionName, reader.ownData(1)));
    else if (reader.type !== WORK_COMPLETE.type) this.fail(failedError(functionName));
    else {
      try {
        this.succeed(decodeResult(codec, reader.ownData(1), functionName));
      } catch (error) {
        this.fail(error as GearError);
      }
    }
  }

  protected override over(): void {
    super.over();
    this.#session?.detach(this.handle, this, hasUnique(this.head));
    this.#session = undefined;
    this.#updates?.end();
  }

  #update(update: Update): void {
    this.#updates?.push(update);
    this.#options.onUpdate?.(update);
  }
}

/** Whether a submit's second argument is not empty. */
function hasUnique(head: string): boolean {
  return head.charCodeAt(head.indexOf("\0") + 1) !== 0;
}

/** A worker may send anything as a number; what is none counts as 0. */
function numberOf(text: string): number {
  const value = Number(text);
  return Number.isFinite(value) ? value : 0;
}
