/** A foreground job: from its submit, over servers that may be lost, to its one end. */
import type { Codec } from "../base/codec.ts";
import type { GearError } from "../base/errors.ts";
import { tell } from "../base/tell.ts";
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
  readonly #functionName: string;
  readonly #codec: Codec<Result, never>;
  readonly #isResubmitting: boolean;
  readonly #onUpdate: ForegroundOptions<Result>["onUpdate"];
  readonly #again: ForegroundOptions<Result>["again"];
  readonly #onCreated: ForegroundOptions<Result>["onCreated"];
  readonly #updates: UpdateQueue | undefined;
  /** Where it is; undefined: on its way. */
  #session: Session | undefined = undefined;

  constructor(options: ForegroundOptions<Result>) {
    super(options);
    // The options themselves are not kept, because they hold the workload for longer than it is wanted.
    this.#functionName = options.functionName;
    this.#codec = options.codec;
    this.#isResubmitting = options.isResubmitting;
    this.#onUpdate = options.onUpdate;
    this.#again = options.again;
    this.#onCreated = options.onCreated;
    if (options.updateBytesMax > 0) this.#updates = new UpdateQueue(options.updateBytesMax);
  }

  get result(): Promise<Result> {
    return this.promise;
  }

  updates(): AsyncIterableIterator<Update> {
    if (this.#updates !== undefined) return this.#updates;
    const none = new UpdateQueue(0);
    none.end();
    return none;
  }

  override answered(session: Session, reader: PacketReader): void {
    if (this.isOver) {
      if (hasUnique(this.head)) session.attach(reader.text(0), undefined);
      return;
    }
    const isFirst = this.handle === "";
    this.handle = reader.text(0);
    this.server = session.name;
    // Once it is lost, those that had no place for it are asked again.
    this.refusals = [];
    this.#session = session;
    session.attach(this.handle, this);
    if (isFirst) this.#onCreated?.(this);
    else this.#update({ kind: "resubmitted", server: this.server, handle: this.handle });
  }

  override unanswered(error: GearError): boolean {
    if (this.#isResubmitting) return this.mayResend(error);
    this.fail(error);
    return false;
  }

  lost(error: GearError): void {
    this.#session = undefined;
    if (this.unanswered(error)) this.#again(this);
  }

  updated(reader: PacketReader): void {
    if (this.#updates === undefined && this.#onUpdate === undefined) return;
    if (reader.type === WORK_STATUS.type) {
      const [numerator, denominator] = [numberOf(reader.text(1)), numberOf(reader.text(2))];
      this.#update({ kind: "status", numerator, denominator });
    } else this.#update({ kind: reader.type === WORK_DATA.type ? "data" : "warning", data: reader.ownData(1) });
  }

  ended(reader: PacketReader): void {
    this.#session = undefined;
    if (reader.type === WORK_EXCEPTION.type) this.fail(exceptionError(this.#functionName, reader.ownData(1)));
    else if (reader.type !== WORK_COMPLETE.type) this.fail(failedError(this.#functionName));
    else {
      try {
        this.succeed(decodeResult(this.#codec, reader.ownData(1), this.#functionName));
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
    tell(this.#onUpdate, update);
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
