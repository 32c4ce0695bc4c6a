/** The admin text commands, answered from the job table. */
import type { FunctionQueue } from "../job/function-queue.ts";
import {
  ADMIN_REPLY,
  formatPriorityStatus,
  formatShowJobs,
  formatShowUniqueJobs,
  formatStatus,
  formatValue,
  formatWorkers,
  type PriorityStatusRow,
  type ShowJobsRow,
  type StatusRow,
  type WorkersRow,
} from "../protocol/admin-replies.ts";
import { type AdminRequest, parseAdminLine } from "../protocol/admin-text.ts";
import { writeText } from "./replies.ts";
import type { ServerCore } from "./server-core.ts";
import type { Session } from "./session.ts";

/** Answers a text line; "close" asks to close the connection without a word. */
export function answerAdmin(core: ServerCore, session: Session, line: string): "close" | "answered" {
  const request = line === "gearwright counts" ? "counts" : parseAdminLine(line);
  if (request === "close") return "close";
  const text = request === "counts" ? countsText(core) : replyTo(core, request);
  writeText(session.reply(), text);
  if (request !== "counts" && request.command === "shutdown") core.onShutdown("now");
  if (request !== "counts" && request.command === "shutdown graceful") core.onShutdown("graceful");
  return "answered";
}

/** What the server holds, as one line of JSON; all but functions and connections are 0 when nothing goes on. */
function countsText(core: ServerCore): string {
  return `${JSON.stringify({ ...core.table.counts(), connections: core.sessionCount })}\n`;
}

function replyTo(core: ServerCore, request: AdminRequest): string {
  switch (request.command) {
    case "refused":
      return request.reply;
    case "version":
      return formatValue(core.options.versionText);
    case "verbose":
      return formatValue(core.options.verboseText);
    case "getpid":
      return formatValue(process.pid);
    case "status":
      return formatStatus(statusRows(core));
    case "prioritystatus":
      return formatPriorityStatus(priorityRows(core));
    case "workers":
      return formatWorkers(workerRows(core));
    case "show jobs":
      return formatShowJobs(jobRows(core));
    case "show unique jobs":
      return formatShowUniqueJobs(uniques(core));
    case "shutdown":
    case "shutdown graceful":
      return ADMIN_REPLY.shutdown;
    default:
      return change(core, request);
  }
}

type Change = Extract<AdminRequest, { command: "maxqueue" | "create function" | "drop function" | "cancel job" }>;

function change(core: ServerCore, request: Change): string {
  if (request.command === "cancel job") {
    const isKnown = core.table.cancel(core.handles.serialOf(request.handle), core.nowMs);
    return isKnown ? ADMIN_REPLY.ok : ADMIN_REPLY.unknownJob;
  }
  if (request.command === "drop function") return dropFunction(core, request.functionName);
  const functionQueue = core.table.functions.obtain(request.functionName);
  if (functionQueue === undefined) return "ERR there are too many functions\r\n";
  if (request.command === "maxqueue") {
    const { high, normal, low } = request.queueMax;
    const isLimited = high + normal + low > 0;
    functionQueue.queueMax = isLimited ? [high || Infinity, normal || Infinity, low || Infinity] : undefined;
    core.table.functions.note(functionQueue);
  }
  return ADMIN_REPLY.ok;
}

function dropFunction(core: ServerCore, name: string): string {
  const functionQueue = core.table.functions.findAnyCase(name);
  if (functionQueue === undefined) return ADMIN_REPLY.functionNotFound;
  if (functionQueue.workerCount > 0 || functionQueue.runningCount > 0) return ADMIN_REPLY.functionInUse;
  if (functionQueue.totalCount > 0) return ADMIN_REPLY.functionHasJobs;
  core.table.functions.drop(functionQueue);
  return ADMIN_REPLY.ok;
}

function* statusRows(core: ServerCore): Generator<StatusRow> {
  for (const { name, totalCount, runningCount, workerCount } of core.table.functions) {
    yield { name, total: totalCount, running: runningCount, workers: workerCount };
  }
}

function* priorityRows(core: ServerCore): Generator<PriorityStatusRow> {
  for (const functionQueue of core.table.functions) yield priorityRow(functionQueue);
}

function priorityRow(functionQueue: FunctionQueue): PriorityStatusRow {
  const [high, normal, low] = [0, 1, 2] as const;
  return {
    name: functionQueue.name,
    high: functionQueue.waitingCount(high),
    normal: functionQueue.waitingCount(normal),
    low: functionQueue.waitingCount(low),
    workers: functionQueue.workerCount,
  };
}

function* workerRows(core: ServerCore): Generator<WorkersRow> {
  for (const session of core.sessions) {
    if (session === undefined) continue;
    const { connection, clientId, wire } = session;
    const functions = connection.functionNames();
    yield { connectionId: connection.index, address: wire.remoteAddress, clientId, functions };
  }
}

function* jobRows(core: ServerCore): Generator<ShowJobsRow> {
  for (const job of core.table.jobs()) {
    yield {
      handle: core.handles.text(job.serial),
      retries: job.retryCount,
      isIgnored: !job.isWanted,
      isBackground: job.isBackground,
    };
  }
}

function* uniques(core: ServerCore): Generator<string> {
  for (const job of core.table.jobs()) yield job.unique;
}
