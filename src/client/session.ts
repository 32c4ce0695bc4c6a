/**
 * A client's dealings with one server: requests that wait for their answer, in order, and jobs that wait for their end, by handle.
 *
 * A connection that submits one unique twice gets everything of that job twice, once for each; so each of the two is told once.
 */
import { GearError } from "../base/errors.ts";
import { Fifo } from "../base/fifo.ts";
import { LIMITS } from "../base/limits.ts";
import { HandleMap } from "../link/handle-map.ts";
import { Line, type LineOwner } from "../link/line.ts";
import type { ServerAddress } from "../link/server-address.ts";
import type { PacketReader } from "../protocol/packet-reader.ts";
import { PACKET_NAMES, PACKETS } from "../protocol/packets.ts";
import { textError } from "./job-errors.ts";
import type { Request } from "./request.ts";

/** A job that a server has taken and whose end somebody waits for. */
export interface AttachedJob {
  /** WORK_STATUS, WORK_DATA or WORK_WARNING. */
  updated(reader: PacketReader): void;
  /** WORK_COMPLETE, WORK_FAIL or WORK_EXCEPTION. */
  ended(reader: PacketReader): void;
  /** Its connection was lost. */
  lost(error: GearError): void;
  /** It ends without its result. */
  fail(error: GearError): void;
}

/** Jobs of one handle: one for each time that the connection submitted it; undefined where nobody waits any more. */
interface Attached {
  readonly jobs: (AttachedJob | undefined)[];
  /** Places where nobody waits any more. */
  goneCount: number;
  /** Whose copy of the next update comes. */
  next: number;
}

/** What a lost session leaves. */
export interface Left {
  /** Not answered, and to be sent again. */
  readonly unsent: readonly Request[];
  /** Taken, and not over. */
  readonly jobs: readonly AttachedJob[];
}

/** What a session asks of its client. */
export interface SessionOwner {
  /** It can be asked. */
  sessionOpened(session: Session): void;
  /** It is lost or could not be opened. */
  sessionLost(session: Session, error: GearError, left: Left): void;
  /** Its queue does not take `request`; another server's may. */
  sessionRefused(session: Session, request: Request, error: GearError): void;
}

/** How a session is made. */
export interface SessionOptions {
  readonly address: ServerAddress;
  readonly owner: SessionOwner;
  readonly connectMs: number;
  /** How long an answer may take, ms. */
  readonly replyMs: number;
}

/** A packet of a job's end. */
const ENDS = new Set<number>([PACKETS.WORK_COMPLETE.type, PACKETS.WORK_FAIL.type, PACKETS.WORK_EXCEPTION.type]);
const UPDATES = new Set<number>([PACKETS.WORK_STATUS.type, PACKETS.WORK_DATA.type, PACKETS.WORK_WARNING.type]);
const { ERROR, OPTION_REQ, OPTION_RES } = PACKETS;
/** Looks at the reply time at least this many times before it is over. */
const LOOKS = 8;

/** Clients hear exceptions only if they ask for them; a server that does not know the option says ERROR, which is no harm. */
const WITH_EXCEPTIONS: Request = {
  type: OPTION_REQ.type,
  head: "",
  data: new TextEncoder().encode("exceptions"),
  answers: [OPTION_RES.type],
  turn: 0,
  isPinned: true,
  isOver: true,
  refusals: [],
  answered: () => {},
  unanswered: () => false,
  fail: () => {},
};

/** One server as a client sees it. */
export class Session implements LineOwner {
  readonly line: Line;
  /** Not tried before this time of the monotonic clock, ms; undefined: it has not failed since it was last open. */
  retryAtMs: number | undefined = undefined;
  /** When it was last lost or could not be opened, ms of the monotonic clock. */
  lostAtMs = Number.NEGATIVE_INFINITY;
  /** Whether requests may be sent to it: it has answered on this connection, which what only accepts and closes never does. */
  isReady = false;
  readonly #owner: SessionOwner;
  /** Sent, not answered. */
  readonly #asked = new Fifo<Request>();
  /** Of this server alone and not sent: it is not open yet, or its connection is full. */
  readonly #backlog = new Fifo<Request>();
  readonly #jobs = new HandleMap<AttachedJob | Attached>();
  /** The request that was next to be answered at the last look, and for how many looks it has been. */
  #oldest: Request | undefined = undefined;
  #looks = 0;
  readonly #replyMs: number;
  readonly #connectMs: number;
  readonly #tickMs: number;
  /** Until the first answer. */
  #timer: ReturnType<typeof setTimeout> | undefined = undefined;

  constructor(options: SessionOptions) {
    this.#owner = options.owner;
    this.#replyMs = options.replyMs;
    this.#connectMs = options.connectMs;
    const { address, connectMs } = options;
    this.#tickMs = Math.min(5_000, Math.ceil(options.replyMs / LOOKS));
    this.line = new Line({ address, owner: this, connectMs, tickMs: this.#tickMs });
  }

  /** The server, as it was given. */
  get name(): string {
    return this.line.name;
  }

  /** Requests that are not answered or not sent yet. */
  get heldCount(): number {
    return this.#asked.length + this.#backlog.length;
  }

  /** Sends `request`, or keeps it until the server is ready and takes more. */
  ask(request: Request): void {
    if (!this.isReady || this.line.isHigh) this.#backlog.push(request);
    else this.#send(request);
  }

  /** `job` waits for what comes of `handle`; undefined: nobody does any more, but the server says everything for it too. */
  attach(handle: string, job: AttachedJob | undefined): void {
    const there = this.#jobs.get(handle);
    if (there === undefined) this.#jobs.set(handle, job ?? givenUp());
    else if (isAttached(there)) {
      there.jobs.push(job);
      if (job === undefined) this.#gone(there);
    } else this.#jobs.set(handle, { jobs: [there, job], goneCount: job === undefined ? 1 : 0, next: 0 });
  }

  /**
   * Nobody waits for `job` any more; what still comes of it is dropped. A job that may be submitted once more (`hasUnique`) keeps
   * its place until its end, because its copies keep coming.
   */
  detach(handle: string, job: AttachedJob, hasUnique: boolean): void {
    const there = this.#jobs.get(handle);
    if (there === job) {
      if (hasUnique) this.#jobs.set(handle, givenUp());
      else this.#jobs.delete(handle);
    } else if (there !== undefined && isAttached(there)) {
      there.jobs[there.jobs.indexOf(job)] = undefined;
      this.#gone(there);
    }
  }

  /** One more place is empty: it costs a copy of all that comes, and goes only with the job or the connection. */
  #gone(there: Attached): void {
    there.goneCount += 1;
    if (there.goneCount > LIMITS.copiesMax) this.line.fail(tooManyCopies(this.name));
  }

  /** Ends the connection, and whatever waits for it with `error`. */
  close(error: GearError): void {
    this.isReady = false;
    clearTimeout(this.#timer);
    const requests = [...this.#asked.takeAll(), ...this.#backlog.takeAll()];
    const jobs = this.#takeJobs();
    this.line.end();
    for (const request of requests) request.fail(error);
    for (const job of jobs) job.fail(error);
  }

  opened(): void {
    this.#send(WITH_EXCEPTIONS);
    this.#timer = setTimeout(() => {
      this.line.fail(new GearError("NO_SERVER", `${this.name} did not answer at once, within ${this.#connectMs} ms`));
    }, this.#connectMs);
    this.#timer.unref();
  }

  packet(line: Line, reader: PacketReader): void {
    const { type } = reader;
    if (ENDS.has(type)) this.#ended(reader);
    else if (UPDATES.has(type)) this.#updated(reader);
    else {
      const request = this.#asked.first;
      if (request === undefined || (type !== ERROR.type && !request.answers.includes(type))) {
        const name = PACKET_NAMES[type] ?? `packet ${type}`;
        line.fail(new GearError("PROTOCOL_ERROR", `${this.name} sent ${name}, for which nobody asked`));
        return;
      }
      this.#asked.shift();
      if (!this.isReady) this.#answered();
      else if (type === ERROR.type) this.#refused(request, reader);
      else request.answered(this, reader);
    }
  }

  lost(_line: Line, error: GearError): void {
    this.isReady = false;
    this.lostAtMs = performance.now();
    clearTimeout(this.#timer);
    const unsent: Request[] = [];
    for (const request of this.#asked.takeAll()) {
      if (!request.isOver && request.unanswered(error)) unsent.push(request);
    }
    for (const request of this.#backlog.takeAll()) {
      if (request.isPinned) request.fail(error);
      else if (!request.isOver) unsent.push(request);
    }
    this.#owner.sessionLost(this, error, { unsent, jobs: this.#takeJobs() });
  }

  writable(): void {
    this.#sendBacklog();
  }

  /** A server that answers other things may still never answer one: then the connection is given up. */
  tick(line: Line): boolean {
    const oldest = this.#asked.first;
    if (oldest === undefined || oldest !== this.#oldest) this.#looks = 0;
    else this.#looks += 1;
    this.#oldest = oldest;
    if (this.#looks * this.#tickMs >= this.#replyMs) {
      this.#looks = 0;
      line.fail(new GearError("CONNECTION_LOST", `${this.name} did not answer within ${this.#replyMs} ms`));
    }
    return oldest !== undefined || this.#jobs.size > 0;
  }

  /** A queue that is full, or a server that shuts down: another server may still take the job. */
  #refused(request: Request, reader: PacketReader): void {
    const error = textError(this.name, reader);
    const isForAnother = !request.isPinned && !request.isOver && reader.text(0) === "QUEUE_ERROR";
    if (isForAnother) this.#owner.sessionRefused(this, request, error);
    else request.fail(error);
  }

  /** The first answer, to WITH_EXCEPTIONS. */
  #answered(): void {
    clearTimeout(this.#timer);
    this.isReady = true;
    this.#sendBacklog();
    this.#owner.sessionOpened(this);
  }

  #send(request: Request): void {
    // In this order: what cannot be laid down, for want of memory, is not waited for.
    this.line.send(request.type, request.head, request.data);
    this.#asked.push(request);
  }

  #sendBacklog(): void {
    while (this.#backlog.length > 0 && this.isReady && !this.line.isHigh) {
      const request = this.#backlog.shift();
      if (request !== undefined && !request.isOver) this.#send(request);
    }
  }

  #updated(reader: PacketReader): void {
    const there = this.#jobs.get(reader.text(0));
    if (there === undefined) return;
    if (!isAttached(there)) {
      there.updated(reader);
      return;
    }
    const job = there.jobs[there.next];
    there.next = (there.next + 1) % there.jobs.length;
    job?.updated(reader);
  }

  /** The first copy of the end is the end for all; the other copies find nobody. */
  #ended(reader: PacketReader): void {
    const handle = reader.text(0);
    const there = this.#jobs.get(handle);
    if (there === undefined) return;
    this.#jobs.delete(handle);
    if (!isAttached(there)) there.ended(reader);
    else {
      // Each of them gets data of its own.
      reader.ownsBytes = false;
      for (const job of there.jobs) job?.ended(reader);
    }
  }

  #takeJobs(): readonly AttachedJob[] {
    const jobs = this.#jobs.values().flatMap((there) => (isAttached(there) ? there.jobs : [there]));
    this.#jobs.clear();
    return jobs.filter((job) => job !== undefined);
  }
}

/** A job that nobody waits for, and that may be submitted once more. */
function givenUp(): Attached {
  return { jobs: [undefined], goneCount: 1, next: 0 };
}

function tooManyCopies(server: string): GearError {
  const text = `one unique was submitted and given up more than ${LIMITS.copiesMax} times while its job lived; the connection to ${server} begins anew`;
  return new GearError("CONNECTION_LOST", text);
}

function isAttached(there: AttachedJob | Attached): there is Attached {
  return "jobs" in there;
}
