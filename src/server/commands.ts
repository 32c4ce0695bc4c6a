/** What each packet does: a table of rows, one handler each. A packet becomes a call on the job table here and nowhere else. */
import { type ByteRange, NO_BYTES } from "../base/byte-range.ts";
import { LIMITS } from "../base/limits.ts";
import { showBytes } from "../base/shown-bytes.ts";
import type { Refusal, ReportKind } from "../job/effects.ts";
import { type Job, type Priority, type Submission, workloadKey } from "../job/job.ts";
import type { ReportAnswer } from "../job/job-table.ts";
import { isHttpLine } from "../protocol/admin-text.ts";
import type { PacketReader } from "../protocol/packet-reader.ts";
import { PACKET_NAMES, PACKETS, type PacketName } from "../protocol/packets.ts";
import { answerAdmin } from "./admin.ts";
import { writeBytes, writeTexts } from "./replies.ts";
import type { ServerCore } from "./server-core.ts";
import { REFUSAL_TEXT } from "./server-effects.ts";
import type { Session } from "./session.ts";

type Handler = (core: ServerCore, session: Session, packet: PacketReader) => void;

/** What the kinds of submit differ in; `epoch` and `reducer` are indexes of arguments or -1, the workload is always the last. */
interface SubmitKind {
  readonly priority: Priority;
  readonly isBackground: boolean;
  readonly epoch: number;
  readonly reducer: number;
}

const FOREGROUND_HIGH: SubmitKind = { priority: 0, isBackground: false, epoch: -1, reducer: -1 };
const FOREGROUND: SubmitKind = { priority: 1, isBackground: false, epoch: -1, reducer: -1 };
const FOREGROUND_LOW: SubmitKind = { priority: 2, isBackground: false, epoch: -1, reducer: -1 };
const BACKGROUND_HIGH: SubmitKind = { priority: 0, isBackground: true, epoch: -1, reducer: -1 };
const BACKGROUND: SubmitKind = { priority: 1, isBackground: true, epoch: -1, reducer: -1 };
const BACKGROUND_LOW: SubmitKind = { priority: 2, isBackground: true, epoch: -1, reducer: -1 };
const EPOCH: SubmitKind = { priority: 1, isBackground: true, epoch: 2, reducer: -1 };
const REDUCE: SubmitKind = { priority: 1, isBackground: false, epoch: -1, reducer: 2 };
const REDUCE_BACKGROUND: SubmitKind = { priority: 1, isBackground: true, epoch: -1, reducer: 2 };

const NOT_IN_RESULT = "Job given in work result not found";
const NOT_ON_SERVER = "Job does not exist on server";
const NO_EXCEPTION_JOB = "An exception was received for a job that does not exist";
const HANDLE_TOO_LARGE = "Error occurred due to GEARMAND_JOB_HANDLE_SIZE being too small from snprintf";

/** Every packet that a client or a worker may send; any other gets INVALID_COMMAND. */
// biome-ignore format: a table
const COMMANDS: Partial<Record<PacketName, Handler>> = {
  CAN_DO:             (core, session, packet) => canDo(core, session, packet.text(0), undefined),
  CAN_DO_TIMEOUT:     (core, session, packet) => canDo(core, session, packet.text(0), workerTimeoutMs(packet.text(1))),
  CANT_DO:            (core, session, packet) => core.table.cannot(session.connection, packet.text(0), core.nowMs),
  RESET_ABILITIES:    (core, session) => core.table.resetAbilities(session.connection, core.nowMs),
  PRE_SLEEP:          (core, session) => core.table.sleep(session.connection, false, core.nowMs),
  ALL_YOURS:          () => {},
  SET_CLIENT_ID:      (_core, session, packet) => { session.clientId = packet.text(0).slice(0, LIMITS.clientIdBytesMax); },
  GRAB_JOB:           (core, session) => core.counter.grab(session, "plain"),
  GRAB_JOB_UNIQ:      (core, session) => core.counter.grab(session, "unique"),
  GRAB_JOB_ALL:       (core, session) => core.counter.grab(session, "all"),
  WORK_DATA:          (core, session, packet) => report(core, session, packet, "data"),
  WORK_WARNING:       (core, session, packet) => report(core, session, packet, "warning"),
  WORK_STATUS:        progress,
  WORK_COMPLETE:      (core, session, packet) => report(core, session, packet, "complete"),
  WORK_FAIL:          fail,
  WORK_EXCEPTION:     (core, session, packet) => report(core, session, packet, "exception"),
  SUBMIT_JOB:         (core, session, packet) => submit(core, session, packet, FOREGROUND),
  SUBMIT_JOB_HIGH:    (core, session, packet) => submit(core, session, packet, FOREGROUND_HIGH),
  SUBMIT_JOB_LOW:     (core, session, packet) => submit(core, session, packet, FOREGROUND_LOW),
  SUBMIT_JOB_BG:      (core, session, packet) => submit(core, session, packet, BACKGROUND),
  SUBMIT_JOB_HIGH_BG: (core, session, packet) => submit(core, session, packet, BACKGROUND_HIGH),
  SUBMIT_JOB_LOW_BG:  (core, session, packet) => submit(core, session, packet, BACKGROUND_LOW),
  SUBMIT_JOB_EPOCH:   (core, session, packet) => submit(core, session, packet, EPOCH),
  SUBMIT_REDUCE_JOB:  (core, session, packet) => submit(core, session, packet, REDUCE),
  SUBMIT_REDUCE_JOB_BACKGROUND: (core, session, packet) => submit(core, session, packet, REDUCE_BACKGROUND),
  GET_STATUS:         getStatus,
  GET_STATUS_UNIQUE:  getStatusUnique,
  ECHO_REQ:           (_core, session, packet) => writeBytes(session.reply(), PACKETS.ECHO_RES.type, packet.data(0), packet.ownsBytes),
  OPTION_REQ:         option,
};

/** The handlers by type. */
const HANDLERS: readonly (Handler | undefined)[] = PACKET_NAMES.map((name) => name && COMMANDS[name]);

/** 1 for what a worker says of jobs in hand, by type: it does not disturb a GRAB_JOB that stands. */
const IS_REPORT = Uint8Array.from(PACKET_NAMES, (name) => (name?.startsWith("WORK_") === true ? 1 : 0));

/** Runs the packet that the session's reader has just read. */
export function runCommand(core: ServerCore, session: Session): void {
  const packet = session.reader;
  const handler = HANDLERS[packet.type];
  if (!packet.isRequest) session.replyError("INVALID_MAGIC", "Request magic expected");
  else if (handler === undefined) session.replyError("INVALID_COMMAND", "Command not expected");
  else {
    if (session.standing !== undefined && IS_REPORT[packet.type] === 0) core.counter.settle(session);
    handler(core, session, packet);
  }
}

/** Runs a text line; what looks like a web browser is closed. */
export function runLine(core: ServerCore, session: Session, line: string): void {
  if (isHttpLine(line)) {
    core.log("WARNING", "a connection is closed: it speaks HTTP on the Gearman port", core.about(session));
    session.destroy();
  } else if (answerAdmin(core, session, line) === "close") session.finish();
}

/** What came cannot be read on. */
export function runFault(core: ServerCore, session: Session): void {
  const { fault } = session.reader;
  if (core.options.log.isOn("INFO")) core.log("INFO", `a connection is closed: ${fault}`, core.about(session));
  if (fault === "tooFewArguments") session.replyError("INVALID_PACKET", "Too few arguments");
  if (fault === "bodyTooLarge") {
    session.replyError("ARGUMENT_TOO_LARGE", `The packet is over the limit of ${core.options.bodyBytesMax} bytes`);
  }
  session.finish();
}

// ---- workers

function canDo(core: ServerCore, session: Session, functionName: string, timeoutMs: number | undefined): void {
  if (!core.table.can(session.connection, functionName, timeoutMs, core.nowMs)) {
    session.replyError("QUEUE_ERROR", `There are too many functions: ${LIMITS.functionsMax} are in use`);
  }
}

/** Milliseconds with a floor; 0, negative, text and more than 20 digits mean no timeout. Source: gearmand. */
function workerTimeoutMs(word: string): number {
  const timeoutMs = word.length > 20 ? 0 : Number.parseInt(word, 10);
  return timeoutMs > 0 ? Math.max(timeoutMs, LIMITS.workerTimeoutMsMin) : 0;
}

function serialOf(core: ServerCore, packet: PacketReader): number {
  return core.handles.parse(packet.bytes, packet.starts[0] ?? 0, packet.ends[0] ?? 0);
}

/** For the log; the connection need not be the one that holds the job. */
// biome-ignore format: a table
const REPORT_TEXT: Readonly<Record<ReportKind, string>> = {
  data:      "data of a job came",
  warning:   "a warning of a job came",
  complete:  "the result of a job came",
  fail:      "the failure of a job came",
  exception: "the exception of a job came",
};

/** The data of the report that is being run; one object serves all. */
const said: { bytes: Uint8Array; start: number; end: number } = { ...NO_BYTES };

function dataOf(packet: PacketReader): ByteRange {
  said.bytes = packet.bytes;
  said.start = packet.starts[1] ?? 0;
  said.end = packet.ends[1] ?? 0;
  return said;
}

function report(core: ServerCore, session: Session, packet: PacketReader, kind: ReportKind): void {
  const serial = serialOf(core, packet);
  core.trace(REPORT_TEXT[kind], session, serial);
  const answer = core.table.report(session.connection, serial, kind, dataOf(packet));
  // The chunk is not to be kept for it.
  said.bytes = NO_BYTES.bytes;
  if (answer !== "unknown") return;
  if (kind === "exception") session.replyError("JOB_NOT_FOUND", NO_EXCEPTION_JOB);
  else session.replyError("JOB_NOT_FOUND", kind === "complete" ? NOT_IN_RESULT : NOT_ON_SERVER);
}

function progress(core: ServerCore, session: Session, packet: PacketReader): void {
  const words = [packet.text(1), packet.text(2)] as const;
  refuseUnknown(session, core.table.progress(session.connection, serialOf(core, packet), words));
}

function fail(core: ServerCore, session: Session, packet: PacketReader): void {
  if ((packet.ends[0] ?? 0) - (packet.starts[0] ?? 0) > LIMITS.handleBytesMax) {
    session.replyError("ARGUMENT_TOO_LARGE", HANDLE_TOO_LARGE);
  } else {
    const serial = serialOf(core, packet);
    core.trace(REPORT_TEXT.fail, session, serial);
    refuseUnknown(session, core.table.report(session.connection, serial, "fail", NO_BYTES));
  }
}

function refuseUnknown(session: Session, answer: ReportAnswer): void {
  if (answer === "unknown") session.replyError("JOB_NOT_FOUND", NOT_IN_RESULT);
}

// ---- clients

function submit(core: ServerCore, session: Session, packet: PacketReader, kind: SubmitKind): void {
  const unique = packet.text(1);
  if (unique.length > LIMITS.uniqueBytesMax) session.replyError("ARGUMENT_TOO_LARGE", "Unique value too large");
  else if (core.isStopping) session.replyError("QUEUE_ERROR", "The server is shutting down");
  else {
    const submission = submissionOf(core, packet, unique, kind);
    const answer = core.table.submit(session.connection, submission, session.ticket, core.nowMs);
    if (answer === "waits") session.holdReply();
    else if (typeof answer === "string") refuse(core, session, submission, answer);
    else {
      core.trace("a job was submitted, or joined", session, answer.serial);
      session.replyCreated(answer.serial);
    }
  }
}

function refuse(core: ServerCore, session: Session, { functionName }: Submission, refusal: Refusal): void {
  if (core.options.log.isOn("INFO")) {
    core.log("INFO", `a job was refused: ${REFUSAL_TEXT[refusal]}`, {
      ...core.about(session),
      function: showBytes(functionName),
    });
  }
  session.replyError("QUEUE_ERROR", REFUSAL_TEXT[refusal]);
}

function submissionOf(core: ServerCore, packet: PacketReader, unique: string, kind: SubmitKind): Submission {
  const workload = packet.ownData(packet.argCount - 1);
  return {
    functionName: packet.text(0),
    uniqueKey: unique === "-" ? workloadKey(digestOf(workload)) : unique,
    workload,
    priority: kind.priority,
    isBackground: kind.isBackground,
    isDurable: kind.isBackground && core.committer !== undefined,
    reducer: kind.reducer < 0 ? undefined : packet.text(kind.reducer),
    dueAtMs: kind.epoch < 0 ? 0 : dueAtMs(core, packet.text(kind.epoch)),
  };
}

/** Of unique `-` the workload is the key, by its digest; an empty one never coalesces. */
function digestOf(workload: Uint8Array): string {
  if (workload.length === 0) return "";
  // Most servers never need it; a server that loads it at its start is 0.4 to 3 MB larger.
  return process.getBuiltinModule("node:crypto").createHash("sha256").update(workload).digest("latin1");
}

/** Seconds since 1970 on the wall to ms on the table's clock; what is no number, or past, means at once. */
function dueAtMs(core: ServerCore, word: string): number {
  const epoch = Number.parseInt(word, 10);
  const waitMs = Number.isNaN(epoch) ? 0 : epoch * 1000 - core.options.clock.wallMs();
  return waitMs > 0 ? core.nowMs + waitMs : 0;
}

/** Known, running, numerator and denominator, as both STATUS_RES packets say them. */
function stateTexts(job: Job | undefined): readonly string[] {
  if (job === undefined) return ["0", "0", "0", "0"];
  return ["1", job.state === "running" ? "1" : "0", `${job.numerator}`, `${job.denominator}`];
}

function getStatus(core: ServerCore, session: Session, packet: PacketReader): void {
  const job = core.table.find(serialOf(core, packet));
  writeTexts(session.reply(), PACKETS.STATUS_RES.type, [packet.text(0), ...stateTexts(job)]);
}

function getStatusUnique(core: ServerCore, session: Session, packet: PacketReader): void {
  const unique = packet.text(0);
  const job = core.table.findUnique(unique);
  const clients = `${job?.watchers?.length ?? 0}`;
  writeTexts(session.reply(), PACKETS.STATUS_RES_UNIQUE.type, [unique, ...stateTexts(job), clients]);
}

function option(_core: ServerCore, session: Session, packet: PacketReader): void {
  if (packet.text(0).toLowerCase() !== "exceptions") {
    session.replyError("UNKNOWN_OPTION", "Server does not recognize given option");
    return;
  }
  session.hasExceptions = true;
  writeBytes(session.reply(), PACKETS.OPTION_RES.type, packet.data(0), false);
}
