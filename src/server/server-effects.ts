/** Does what the job table wants done: packets to sessions, jobs to the committer. */
import type { ByteRange } from "../base/byte-range.ts";
import { assert } from "../base/errors.ts";
import { showBytes } from "../base/shown-bytes.ts";
import type { Connection } from "../job/connection.ts";
import type { JobEffects, Refusal, ReportKind } from "../job/effects.ts";
import type { Job, Waiter } from "../job/job.ts";
import { PACKETS } from "../protocol/packets.ts";
import { writeAboutJob, writeCreated, writeEmpty, writeError, writeProgress } from "./replies.ts";
import type { ServerCore } from "./server-core.ts";
import type { Session } from "./session.ts";

const REPORT_TYPE: Readonly<Record<ReportKind, number>> = {
  data: PACKETS.WORK_DATA.type,
  warning: PACKETS.WORK_WARNING.type,
  complete: PACKETS.WORK_COMPLETE.type,
  fail: PACKETS.WORK_FAIL.type,
  exception: PACKETS.WORK_EXCEPTION.type,
};

/** The words of an ERROR for each refusal. */
// biome-ignore format: a table
export const REFUSAL_TEXT: Readonly<Record<Refusal, string>> = {
  queueFull:    "Job queue is full",
  memoryFull:   "Job queue is full: the server's memory for jobs is used up",
  functionsMax: "Job queue is full: there are too many functions",
  // gearmand says no more than its code.
  storeFailed:  "QUEUE_ERROR",
};

/** The sink of one server's job table. */
export class ServerEffects implements JobEffects {
  readonly #core: ServerCore;

  constructor(core: ServerCore) {
    this.#core = core;
  }

  wake(connection: Connection): void {
    const session = this.#sessionOf(connection);
    if (session === undefined) return;
    if (session.standing !== undefined) {
      this.#core.counter.serve(session);
      return;
    }
    writeEmpty(session.noopOut(), PACKETS.NOOP.type);
  }

  create(waiter: Waiter, job: Job): void {
    const { handles } = this.#core;
    this.#sessionOf(waiter.connection)?.answerReply(waiter.ticket, job.serial, (out) =>
      writeCreated(out, handles, job.serial),
    );
  }

  refuse(waiter: Waiter, refusal: Refusal): void {
    this.#sessionOf(waiter.connection)?.answerReply(waiter.ticket, undefined, (out) =>
      writeError(out, "QUEUE_ERROR", REFUSAL_TEXT[refusal]),
    );
  }

  forward(watcher: Connection, job: Job, kind: ReportKind, data: ByteRange): void {
    const session = this.#sessionOf(watcher);
    if (session === undefined || session.isFinishing) return;
    const { handles } = this.#core;
    const told = kind === "exception" && !session.hasExceptions ? "fail" : kind;
    const feeder = job.worker === undefined ? undefined : this.#sessionOf(job.worker);
    writeAboutJob(session.outFor(job.serial), REPORT_TYPE[told], {
      handles,
      serial: job.serial,
      data: told === "fail" ? undefined : data,
      isConstant: feeder?.ownsPacket === true,
    });
    session.relieve(feeder);
  }

  forwardStatus(watcher: Connection, job: Job, numerator: string, denominator: string): void {
    const session = this.#sessionOf(watcher);
    if (session === undefined || session.isFinishing) return;
    const handle = this.#core.handles.text(job.serial);
    writeProgress(session.outFor(job.serial), handle, [numerator, denominator]);
    session.relieve(job.worker === undefined ? undefined : this.#sessionOf(job.worker));
  }

  lose(job: Job): void {
    const { log } = this.#core.options;
    if (!log.isOn("NOTICE")) return;
    const connection = job.worker;
    const why = connection === undefined || connection.isClosed ? "its worker has left" : "its worker did not end it";
    log.write("NOTICE", `a job was taken back: ${why}`, {
      handle: this.#core.handles.text(job.serial),
      function: showBytes(job.functionQueue.name),
      connection: connection?.index,
      retries: job.retryCount,
    });
  }

  store(job: Job): void {
    const { committer } = this.#core;
    assert(committer !== undefined, "a durable job needs a store");
    committer.add(job);
    this.#core.beginTurn();
  }

  forget(job: Job): void {
    this.#core.committer?.forget(job);
    this.#core.beginTurn();
  }

  #sessionOf(connection: Connection): Session | undefined {
    const session = this.#core.sessions[connection.index];
    return session?.connection === connection ? session : undefined;
  }
}
