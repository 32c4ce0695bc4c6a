/** The admin text commands, answered from the job table. */
import {
  ADMIN_REPLY,
  formatPriorityStatusRow,
  formatShowJobsRow,
  formatShowUniqueJobsRow,
  formatStatusRow,
  formatValue,
  formatWorkersRow,
  LIST_END,
} from "../protocol/admin-replies.ts";
import { type AdminRequest, parseAdminLine } from "../protocol/admin-text.ts";
import { writeText } from "./replies.ts";
import type { ServerCore } from "./server-core.ts";
import type { Session } from "./session.ts";

/** Answers a text line; "close" asks to close the connection without a word. */
export function answerAdmin(core: ServerCore, session: Session, line: string): "close" | "answered" {
  const request = line === "gearwright counts" ? "counts" : parseAdminLine(line);
  if (request === "close") return "close";
  const lines = request === "counts" ? undefined : LISTS[request.command]?.(core);
  if (lines !== undefined) core.longReplies.start(session, lines);
  else writeText(session.reply(), request === "counts" ? countsText(core) : replyTo(core, request));
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
    case "shutdown":
    case "shutdown graceful":
      return ADMIN_REPLY.shutdown;
    case "cancel job":
    case "create function":
    case "drop function":
    case "maxqueue":
      return change(core, request);
    default:
      throw new Error(`broken invariant: ${request.command} is a list`);
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

/** The commands that are answered by a list, made line by line. */
// biome-ignore format: a table
const LISTS: Readonly<Partial<Record<AdminRequest["command"], (core: ServerCore) => Generator<string>>>> = {
  status:             statusLines,
  prioritystatus:     priorityStatusLines,
  workers:            workersLines,
  "show jobs":        showJobsLines,
  "show unique jobs": showUniqueJobsLines,
};

function* statusLines(core: ServerCore): Generator<string> {
  for (const { name, totalCount, runningCount, workerCount } of core.table.functions) {
    yield formatStatusRow({ name, total: totalCount, running: runningCount, workers: workerCount });
  }
  yield LIST_END;
}

function* priorityStatusLines(core: ServerCore): Generator<string> {
  const [high, normal, low] = [0, 1, 2] as const;
  for (const functionQueue of core.table.functions) {
    yield formatPriorityStatusRow({
      name: functionQueue.name,
      high: functionQueue.waitingCount(high),
      normal: functionQueue.waitingCount(normal),
      low: functionQueue.waitingCount(low),
      workers: functionQueue.workerCount,
    });
  }
  yield LIST_END;
}

function* workersLines(core: ServerCore): Generator<string> {
  for (const session of core.sessions) {
    if (session === undefined) continue;
    const { connection, clientId, wire } = session;
    // The line may take several turns, in which the worker may change.
    const functions = [...connection.functionNames()];
    yield* formatWorkersRow({ connectionId: connection.index, address: wire.remoteAddress, clientId, functions });
  }
  yield LIST_END;
}

function* showJobsLines(core: ServerCore): Generator<string> {
  for (const job of core.table.jobs()) {
    yield formatShowJobsRow({
      handle: core.handles.text(job.serial),
      retries: job.retryCount,
      isIgnored: !job.isWanted,
      isBackground: job.isBackground,
    });
  }
  yield LIST_END;
}

function* showUniqueJobsLines(core: ServerCore): Generator<string> {
  for (const job of core.table.jobs()) yield formatShowUniqueJobsRow(job.unique);
  yield LIST_END;
}
