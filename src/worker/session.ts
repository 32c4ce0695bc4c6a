/**
 * A worker's dealings with one server: registers, asks for jobs, sleeps, and holds the jobs that came by the connection.
 *
 * ```text
 *            opened               NO_JOB and no question is open: PRE_SLEEP
 *   closed ---------> awake -----------------------------------------------> asleep
 *     ^                 ^                      NOOP, can()                      |
 *     '---- lost        '-------------------------------------------------------'
 * ```
 *
 * Awake, it has at most `window` questions open: one at first and after NO_JOB, twice as many after each job that came. So an idle
 * worker of many slots asks once for one job, and a full queue fills all slots within a few round trips.
 *
 * A question that was not answered for LIMITS.grabReplyMs is late: its slot is for the other servers, and no other is asked until
 * its answer has come, which takes the slot back.
 */
import { GearError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import { tell } from "../base/tell.ts";
import { HandleMap } from "../link/handle-map.ts";
import { Line, type LineOwner } from "../link/line.ts";
import type { ServerAddress } from "../link/server-address.ts";
import { isShortText } from "../protocol/byte-runs.ts";
import type { PacketReader } from "../protocol/packet-reader.ts";
import { PACKET_NAMES, PACKETS } from "../protocol/packets.ts";
import type { Ability, Registration } from "./ability.ts";
import { type JobHome, RunningJob } from "./running-job.ts";
import type { Asker, Slots } from "./slots.ts";
import type { WorkerEvent } from "./worker-options.ts";
import type { WorkerSettings } from "./worker-settings.ts";

const { CANT_DO, SET_CLIENT_ID, PRE_SLEEP, NOOP, NO_JOB, ERROR, ECHO_RES } = PACKETS;
const { GRAB_JOB_ALL, GRAB_JOB_UNIQ, GRAB_JOB, JOB_ASSIGN_ALL, JOB_ASSIGN_UNIQ, JOB_ASSIGN } = PACKETS;

/** Ways to ask, the one that tells most first. The Perl server knows only the last. */
const GRABS: readonly number[] = [GRAB_JOB_ALL.type, GRAB_JOB_UNIQ.type, GRAB_JOB.type];
/** ERRORs that are no answer to a question for jobs. */
const OTHER_ERRORS: ReadonlySet<string> = new Set(["JOB_NOT_FOUND", "QUEUE_ERROR"]);

/** What all servers of a running worker share. */
export interface Shared {
  readonly settings: WorkerSettings;
  /** By wire name. */
  readonly abilities: ReadonlyMap<string, Ability>;
  readonly slots: Slots;
  /** A connection is closed and will not be opened again, or a job is over while the worker stops. */
  progressed(): void;
}

/** One server of a running worker. */
export class Session implements LineOwner, Asker, JobHome {
  readonly name: string;
  readonly #shared: Shared;
  readonly #line: Line;
  /** Jobs that came by this connection and are not over, or not reported. */
  readonly #jobs = new HandleMap<RunningJob>();
  #isAsleep = false;
  /** Questions that are open, and how many of them are late. */
  #grabs = 0;
  #late = 0;
  /** Whether a question was open at the last tick and no answer has come since. */
  #isOverdue = false;
  #window = 1;
  /** Which of GRABS is used, and whether the server has answered it otherwise than with ERROR. */
  #grab = 0;
  #isGrabKnown = false;
  /** The function of the last job: most often that of the next. */
  #lastAbility: Ability | undefined = undefined;
  #retry: ReturnType<typeof setTimeout> | undefined = undefined;
  /** A server that stays away is told of once. */
  #isLossTold = false;
  #isStopping = false;
  #isLeaving = false;

  constructor(shared: Shared, address: ServerAddress) {
    this.#shared = shared;
    this.name = address.name;
    this.#line = new Line({ address, owner: this, connectMs: shared.settings.connectMs, tickMs: LIMITS.grabReplyMs });
  }

  /** Whether there is a connection. */
  get isBusy(): boolean {
    return this.#line.isBusy;
  }

  /** The Perl server: its WORK_EXCEPTION does not end a job. */
  get needsFail(): boolean {
    return this.#grab === GRABS.length - 1;
  }

  get isHigh(): boolean {
    return this.#line.isHigh;
  }

  get isFull(): boolean {
    return this.#line.unsentBytes > LIMITS.sendHardBytes;
  }

  get canAsk(): boolean {
    if (this.#isAsleep || this.#grabs >= this.#window || this.#late > 0) return false;
    return this.#line.isOpen && !this.#line.isHigh;
  }

  ask(): void {
    this.#grabs += 1;
    this.#line.send(GRABS[this.#grab] as number, "");
  }

  /** Opens the connection. */
  start(): void {
    this.#line.connect();
  }

  /** A function was registered, which `packets` tell of. The server may not wake a sleeper for that, so it is asked. */
  register(packets: readonly Registration[]): void {
    this.#lastAbility = undefined;
    if (packets.length === 0 || !this.#line.isOpen) return;
    for (const { type, head } of packets) this.#line.send(type, head);
    this.#isAsleep = false;
  }

  /** A function was given up: the server gives its jobs to others. */
  unregister(ability: Ability): void {
    this.#line.send(CANT_DO.type, ability.wire);
    this.#lastAbility = undefined;
    const error = new GearError("CLOSED", `the worker gave up the function ${ability.name}`);
    for (const job of this.#jobs.values()) if (job.function === ability.name) job.abort(error);
  }

  /** No jobs are asked for any more; the connection ends once those in hand are over. */
  stop(): void {
    this.#isStopping = true;
    clearTimeout(this.#retry);
    this.#endIfIdle();
  }

  /** Aborts the jobs in hand; the connection ends once their handlers have settled. */
  abortJobs(error: GearError): void {
    this.#isLeaving = true;
    for (const job of this.#jobs.values()) job.abort(error);
    this.#endIfIdle();
  }

  /** Ends the connection at once. */
  fail(error: GearError): void {
    if (this.#line.isBusy) this.#line.fail(error);
  }

  opened(line: Line): void {
    this.#isAsleep = false;
    this.#window = 1;
    this.#grab = 0;
    this.#isGrabKnown = false;
    line.send(SET_CLIENT_ID.type, this.#shared.settings.clientId);
    for (const { packet } of this.#shared.abilities.values()) line.send(packet.type, packet.head);
    this.#shared.slots.fill();
    this.#tell({ kind: "connected", server: this.name });
  }

  packet(line: Line, reader: PacketReader): void {
    if (!line.isOpen) return;
    const type = reader.type;
    if (type === JOB_ASSIGN_UNIQ.type || type === JOB_ASSIGN.type || type === JOB_ASSIGN_ALL.type)
      this.#assigned(reader);
    else if (type === NO_JOB.type) this.#foundNone();
    else if (type === NOOP.type) this.#woken();
    else if (type === ERROR.type) this.#refused(reader);
    else if (type !== ECHO_RES.type) this.#unexpected(reader);
  }

  lost(_line: Line, error: GearError, wasOpen: boolean): void {
    const grabs = this.#grabs - this.#late;
    this.#grabs = 0;
    this.#late = 0;
    this.#isOverdue = false;
    const jobs = this.#jobs.values();
    this.#jobs.clear();
    const retryInMs = this.#isStopping ? undefined : this.#line.retry.nextMs();
    if (retryInMs !== undefined) this.#retry = setTimeout(() => this.#line.connect(), retryInMs);
    for (const job of jobs) job.detach(error.code === "CLOSED" ? error : lostError(this.name, error));
    if (wasOpen || !this.#isLossTold) this.#tell({ kind: "disconnected", server: this.name, error, retryInMs });
    this.#isLossTold = true;
    this.#shared.slots.free(grabs);
    this.#shared.slots.fill();
    this.#shared.progressed();
  }

  writable(): void {
    for (const job of this.#jobs.values()) job.resume();
    this.#shared.slots.fill();
  }

  /** With jobs in hand a server may be silent: a slow one is better waited for than given up with its jobs. */
  tick(): boolean {
    if (this.#grabs > this.#late) {
      // Where this process was busy, the answer may have come long ago: it is read first, on Bun by the second round only.
      if (this.#isOverdue) setImmediate(() => setImmediate(() => this.#passOver()));
      this.#isOverdue = true;
    }
    return this.#jobs.size === 0;
  }

  send(type: number, head: string, data: Uint8Array): void {
    this.#line.send(type, head, data);
  }

  over(job: RunningJob): void {
    if (!job.isReporting) this.reported(job);
    this.#shared.slots.free(1);
    if (this.#isStopping) {
      this.#endIfIdle();
      this.#shared.progressed();
    } else this.#shared.slots.fill();
  }

  reported(job: RunningJob): void {
    if (this.#jobs.get(job.handle) === job) this.#jobs.delete(job.handle);
  }

  failed(job: RunningJob, error: unknown): void {
    this.#tell({ kind: "failed", server: this.name, function: job.function, handle: job.handle, error });
  }

  #assigned(reader: PacketReader): void {
    if (this.#grabs === 0) {
      this.#unexpected(reader);
      return;
    }
    this.#answered();
    this.#isGrabKnown = true;
    this.#window = Math.min(this.#window * 2, this.#shared.settings.concurrency);
    const ability = this.#abilityOf(reader);
    const startedAtMs = Date.now();
    if (ability === undefined) {
      // It was on its way when the function was given up. CANT_DO, said again, makes the server give it to another.
      this.#line.send(CANT_DO.type, reader.text(1));
      this.#shared.slots.free(1);
    } else this.#begin(reader, ability);
    if (this.#isStopping) this.#endIfIdle();
    else this.#shared.slots.fill();
    // A handler that took its time without a promise: its result must not wait for the jobs that came with this one.
    if (Date.now() !== startedAtMs) this.#line.flush();
  }

  #begin(reader: PacketReader, ability: Ability): void {
    const handle = reader.text(0);
    const last = reader.argCount - 1;
    const job = new RunningJob({
      home: this,
      ability,
      handle,
      unique: last > 2 ? unicodeOf(reader.text(2)) : "",
      reducer: last > 3 ? unicodeOf(reader.text(3)) : "",
    });
    const workload = reader.ownData(last);
    // The server took the job back and gave it again: what the first run still says would be taken for the second's.
    const earlier = this.#jobs.get(handle);
    this.#jobs.set(handle, job);
    earlier?.detach(new GearError("TIMED_OUT", `${this.name} has given the job out again`));
    job.start(workload);
  }

  #abilityOf(reader: PacketReader): Ability | undefined {
    const last = this.#lastAbility;
    if (
      last !== undefined &&
      isShortText(reader.bytes, reader.starts[1] as number, reader.ends[1] as number, last.wire)
    ) {
      return last;
    }
    this.#lastAbility = this.#shared.abilities.get(reader.text(1));
    return this.#lastAbility;
  }

  #foundNone(): void {
    if (this.#grabs === 0) {
      this.#line.fail(new GearError("PROTOCOL_ERROR", `${this.name} sent NO_JOB although it was not asked for a job`));
      return;
    }
    this.#answered();
    this.#isGrabKnown = true;
    this.#window = 1;
    this.#shared.slots.free(1);
    if (this.#isStopping) {
      this.#endIfIdle();
      return;
    }
    if (this.#grabs === 0) {
      this.#isAsleep = true;
      this.#line.send(PRE_SLEEP.type, "");
    }
    this.#shared.slots.fill();
  }

  /** An open question is none any more. */
  #answered(): void {
    this.#grabs -= 1;
    this.#isOverdue = false;
    if (this.#late === 0) return;
    this.#late -= 1;
    this.#shared.slots.retake();
  }

  /** The open questions are late, unless an answer has just come: the other servers are asked. */
  #passOver(): void {
    if (!this.#isOverdue) return;
    this.#isOverdue = false;
    this.#shared.slots.free(this.#grabs - this.#late);
    this.#late = this.#grabs;
    if (this.#isStopping) this.#endIfIdle();
    else this.#shared.slots.fill();
  }

  #woken(): void {
    this.#isAsleep = false;
    this.#shared.slots.fill();
  }

  /** A late word about a job is refused, which is as it should be; a refused question is asked in another way. */
  #refused(reader: PacketReader): void {
    const code = reader.text(0);
    if (this.#isGrabKnown || this.#grabs === 0 || OTHER_ERRORS.has(code)) return;
    if (this.#grab === GRABS.length - 1) {
      this.#line.fail(new GearError("PROTOCOL_ERROR", `${this.name} gives no jobs: ${code} ${reader.text(1)}`));
      return;
    }
    this.#grab += 1;
    this.#answered();
    this.#shared.slots.free(1);
    if (this.#isStopping) this.#endIfIdle();
    else this.#shared.slots.fill();
  }

  #unexpected(reader: PacketReader): void {
    const name = PACKET_NAMES[reader.type] ?? `a packet of type ${reader.type}`;
    this.#line.fail(new GearError("PROTOCOL_ERROR", `${this.name} sent ${name} although nothing was asked of it`));
  }

  #endIfIdle(): void {
    const line = this.#line;
    if (line.isOpen) {
      if (this.#grabs > this.#late && !this.#isLeaving) return;
      for (const job of this.#jobs.values()) if (!job.isOver) return;
    }
    line.end();
  }

  #tell(event: WorkerEvent): void {
    tell(this.#shared.settings.onEvent, event);
  }
}

function lostError(server: string, cause: GearError): GearError {
  return cause.code === "CONNECTION_LOST"
    ? cause
    : new GearError("CONNECTION_LOST", `the connection to ${server} was lost: ${cause.message}`, { cause });
}

/** Names come as bytes of UTF-8, one char each. */
function unicodeOf(wire: string): string {
  for (let index = 0; index < wire.length; index++) {
    if (wire.charCodeAt(index) > 127) return Buffer.from(wire, "latin1").toString("utf8");
  }
  return wire;
}
