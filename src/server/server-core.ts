/** What the sessions of one server share: the job table, the turn of the event loop, the clock, and what must be looked at later. */
import { LIMITS } from "../base/limits.ts";
import type { LogFields } from "../base/log.ts";
import { showBytes } from "../base/shown-bytes.ts";
import { Connection } from "../job/connection.ts";
import { HandleFormat } from "../job/handle.ts";
import { JobTable } from "../job/job-table.ts";
import type { JobStore } from "../store/job-store.ts";
import { BufferBudget } from "./buffer-budget.ts";
import { Committer } from "./committer.ts";
import { GrabCounter } from "./grab-counter.ts";
import { LongReplies } from "./long-replies.ts";
import { ReaderPool } from "./reader-pool.ts";
import { ServerEffects } from "./server-effects.ts";
import type { ServerOptions } from "./server-options.ts";
import { Session } from "./session.ts";
import { LINGER_MS, Sweeper } from "./sweeper.ts";
import type { Wire } from "./wire.ts";

/** Longest delay a timer of the runtimes can hold, ms. */
const TIMER_MS_MAX = 2 ** 31 - 1;

/** What a core is made with besides its options. */
export interface CoreParts {
  readonly handlePrefix: string;
  readonly firstSerial: number;
  /** Where durable jobs go; undefined: no job is durable. */
  readonly store: JobStore | undefined;
  /** How long the store may take for an add, ms. */
  readonly commitMsMax: number;
  /** The text command `shutdown` came. */
  readonly onShutdown: (mode: "now" | "graceful") => void;
}

/** The inside of a job server, without its listeners. */
export class ServerCore {
  readonly options: ServerOptions;
  readonly handles: HandleFormat;
  readonly table: JobTable;
  readonly budget: BufferBudget;
  readonly readers: ReaderPool;
  readonly committer: Committer | undefined;
  readonly onShutdown: (mode: "now" | "graceful") => void;
  /** Open sessions by the index of their connection. */
  readonly sessions: (Session | undefined)[] = [];
  sessionCount = 0;
  /** Sessions that are not read on. */
  readonly held = new Set<Session>();
  /** Submits are refused, because the server is about to stop. */
  isStopping = false;
  /** Monotonic time of this turn, ms. */
  nowMs: number;
  readonly longReplies: LongReplies;
  /** Where GRAB_JOBs stand for a moment. */
  readonly counter: GrabCounter;
  readonly #sweeper: Sweeper;
  readonly #freeIndexes: number[] = [];
  #dirty: Session[] = [];
  #resumed: Session[] = [];
  readonly #doomed = new Set<Session>();
  #isTurnOpen = false;
  #timer: ReturnType<typeof setTimeout> | undefined = undefined;
  #timerAtMs = Number.POSITIVE_INFINITY;

  constructor(options: ServerOptions, parts: CoreParts) {
    this.options = options;
    this.onShutdown = parts.onShutdown;
    this.handles = new HandleFormat(parts.handlePrefix);
    this.nowMs = options.clock.nowMs();
    this.budget = new BufferBudget(options.bufferBytesMax);
    this.readers = new ReaderPool(options.bodyBytesMax);
    this.#sweeper = new Sweeper(this);
    this.counter = new GrabCounter(this);
    this.longReplies = new LongReplies(this);
    this.table = new JobTable(
      {
        firstSerial: parts.firstSerial,
        priorityScope: options.priorityScope,
        isRoundRobin: options.isRoundRobin,
        assignmentsMax: Math.max(1, options.retriesMax),
        functionsMax: LIMITS.functionsMax,
        memoryBytesMax: options.memoryBytesMax,
        wakeupsPerJob: options.wakeupsPerJob,
        wakeOvertakeMs: LIMITS.wakeOvertakeMs,
      },
      new ServerEffects(this),
    );
    const { store } = parts;
    if (store === undefined) this.committer = undefined;
    else {
      this.committer = new Committer({
        store,
        clock: options.clock,
        commitMsMax: parts.commitMsMax,
        answer: (job, refusal) => {
          this.beginTurn();
          this.table.answer(job, refusal, this.nowMs);
        },
        failed: (error) => this.log("ERROR", `the store failed, the batch is tried again: ${String(error)}`, {}),
      });
    }
  }

  log(level: "ERROR" | "WARNING" | "NOTICE" | "INFO" | "DEBUG", text: string, fields: LogFields): void {
    this.options.log.write(level, text, fields);
  }

  /** A new connection; the listener hands its events to the session. */
  accept(wire: Wire): Session {
    this.beginTurn();
    const index = this.#freeIndexes.pop() ?? this.sessions.length;
    const session = new Session(this, wire, new Connection(index));
    this.sessions[index] = session;
    this.sessionCount++;
    if (this.options.log.isOn("DEBUG")) {
      this.log("DEBUG", "a connection was opened", { connection: index, peer: wire.remoteAddress });
    }
    return session;
  }

  /** The session takes part no more, though its last replies may still be on their way. */
  leave(session: Session): void {
    if (!session.connection.isClosed) this.table.close(session.connection, this.nowMs);
    this.counter.dismiss(session);
    this.held.delete(session);
  }

  /** The session's socket is closed. */
  remove(session: Session): void {
    const { index } = session.connection;
    this.sessions[index] = undefined;
    this.#freeIndexes.push(index);
    this.sessionCount--;
    this.#sweeper.forget(session);
    if (this.options.log.isOn("DEBUG")) this.log("DEBUG", "a connection was closed", { connection: index });
  }

  // ---- the turn

  /** Something has happened: reads the clock, and `endTurn` will come before the event loop waits again. */
  beginTurn(): void {
    if (this.#isTurnOpen) return;
    this.#isTurnOpen = true;
    this.nowMs = this.options.clock.nowMs();
    setImmediate(this.#endTurn);
  }

  readonly #endTurn = (): void => {
    this.#isTurnOpen = false;
    this.nowMs = this.options.clock.nowMs();
    if (this.#resumed.length > 0) this.#runResumed();
    for (const session of this.#doomed) session.destroy();
    this.#doomed.clear();
    this.counter.turn();
    this.longReplies.turn();
    this.committer?.turn();
    const dirty = this.#dirty;
    this.#dirty = [];
    for (const session of dirty) session.flush();
    this.armTimer();
    if (this.longReplies.isPending) this.beginTurn();
  };

  markDirty(session: Session): void {
    if (session.isDirty) return;
    session.isDirty = true;
    this.#dirty.push(session);
    this.beginTurn();
  }

  /** Nothing holds the session any more: what it has read already is run at the end of the turn. */
  resume(session: Session): void {
    this.#resumed.push(session);
    this.beginTurn();
  }

  #runResumed(): void {
    for (const session of this.#resumed.splice(0)) {
      if (session.isClosed || session.isHeld) continue;
      session.process();
      if (!session.isHeld && !session.isClosed) session.wire.resume();
    }
  }

  /** The session is closed at the end of the turn, its unsent bytes are dropped. May be called in an effect of the table. */
  doom(session: Session, reason: string): void {
    if (session.isClosed || this.#doomed.has(session)) return;
    this.log("WARNING", `a connection is closed: ${reason}`, this.about(session));
    session.drop();
    this.#doomed.add(session);
    this.beginTurn();
  }

  /** A DEBUG line about a job that is live; while they are off it costs one comparison. */
  trace(text: string, session: Session, serial: number): void {
    if (!this.options.log.isOn("DEBUG")) return;
    const job = this.table.find(serial);
    if (job === undefined) return;
    const name = showBytes(job.functionQueue.name);
    this.log("DEBUG", text, { ...this.about(session), handle: this.handles.text(serial), function: name });
  }

  /** What log lines say of a connection. */
  about(session: Session): LogFields {
    return { connection: session.connection.index, peer: session.wire.remoteAddress, clientId: session.clientId };
  }

  // ---- time

  armTimer(): void {
    const dueAtMs = this.table.nextDueAtMs;
    if (dueAtMs >= this.#timerAtMs) return;
    clearTimeout(this.#timer);
    this.#timerAtMs = dueAtMs;
    const delayMs = Math.min(TIMER_MS_MAX, Math.max(1, Math.ceil(dueAtMs - this.nowMs)));
    this.#timer = setTimeout(this.#onTimer, delayMs);
  }

  readonly #onTimer = (): void => {
    this.#timer = undefined;
    this.#timerAtMs = Number.POSITIVE_INFINITY;
    this.beginTurn();
    this.nowMs = this.options.clock.nowMs();
    this.table.advance(this.nowMs);
    this.armTimer();
  };

  noteRead(session: Session): void {
    this.#sweeper.noteRead(session);
  }

  noteBlocked(session: Session, isBlocked: boolean): void {
    this.#sweeper.noteBlocked(session, isBlocked);
  }

  linger(session: Session): void {
    this.#sweeper.linger(session);
  }

  /** Ends every session and timer: peers get what the kernel has taken, then FIN; who keeps the connection open gets RST. */
  close(): void {
    clearTimeout(this.#timer);
    this.#timerAtMs = Number.NEGATIVE_INFINITY;
    this.#sweeper.close();
    this.counter.close();
    this.committer?.close();
    const open = this.sessions.filter((session) => session !== undefined);
    for (const session of open) {
      session.closed();
      session.wire.finish();
    }
    setTimeout(() => {
      for (const { wire } of open) wire.destroy();
    }, LINGER_MS).unref();
  }
}
