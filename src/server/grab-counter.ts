/**
 * Where a GRAB_JOB that finds nothing stands for a moment: a job that comes now is handed over at once, and NO_JOB, PRE_SLEEP, NOOP
 * and a second GRAB_JOB are saved. To the job table such a worker sleeps, as the first to be woken.
 */
import { LIMITS } from "../base/limits.ts";
import type { Job } from "../job/job.ts";
import { PACKETS } from "../protocol/packets.ts";
import { type AssignForm, writeAssign, writeEmpty } from "./replies.ts";
import type { ServerCore } from "./server-core.ts";
import type { Session } from "./session.ts";

/** The standing GRAB_JOBs of one server. */
export class GrabCounter {
  readonly #core: ServerCore;
  /** Since when each stands, ms; the longest comes first. */
  readonly #standing = new Map<Session, number>();
  #served: Session[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined = undefined;
  #isClosed = false;

  constructor(core: ServerCore) {
    this.#core = core;
  }

  /** GRAB_JOB in any form: a job at once, or the worker stands. */
  grab(session: Session, form: AssignForm): void {
    const job = this.#core.table.grab(session.connection, this.#core.nowMs);
    if (job !== undefined) this.#assign(session, job, form);
    else {
      session.standing = form;
      this.#standing.set(session, this.#core.nowMs);
      this.#core.table.sleep(session.connection, true, this.#core.nowMs);
    }
  }

  /** The table wants to wake this standing worker: it is handed a job at the end of the turn. */
  serve(session: Session): void {
    this.#served.push(session);
    this.#core.beginTurn();
  }

  /** Answers a standing GRAB_JOB now, with a job or with NO_JOB. */
  settle(session: Session): void {
    const form = session.standing;
    if (form === undefined) return;
    this.leave(session);
    const job = this.#core.table.grab(session.connection, this.#core.nowMs);
    if (job === undefined) writeEmpty(session.reply(), PACKETS.NO_JOB.type);
    else this.#assign(session, job, form);
  }

  #assign(session: Session, job: Job, form: AssignForm): void {
    this.#core.trace("a job was assigned", session, job.serial);
    writeAssign(session.reply(), this.#core.handles, job, form);
  }

  /** The worker stands no more. */
  leave(session: Session): void {
    if (session.standing === undefined) return;
    session.standing = undefined;
    this.#standing.delete(session);
  }

  /** The worker leaves: it is sent away without looking for a job. */
  dismiss(session: Session): void {
    if (session.standing === undefined) return;
    this.leave(session);
    writeEmpty(session.reply(), PACKETS.NO_JOB.type);
  }

  /** At the end of a turn: hands jobs over, and sends away who has stood long enough. */
  turn(): void {
    while (this.#served.length > 0) for (const session of this.#served.splice(0)) this.settle(session);
    if (this.#standing.size === 0) return;
    for (const [session, sinceMs] of this.#standing) {
      if (this.#core.nowMs - sinceMs < LIMITS.grabStandMs) break;
      this.settle(session);
    }
    if (this.#standing.size > 0 && this.#timer === undefined && !this.#isClosed) {
      this.#timer = setTimeout(this.#onTimer, LIMITS.grabStandMs);
    }
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  readonly #onTimer = (): void => {
    this.#timer = undefined;
    this.#core.beginTurn();
  };
}
