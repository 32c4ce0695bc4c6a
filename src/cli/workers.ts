/** `gearwright workers`: the connections of job servers and the functions that they can do. */
import type { GearError } from "../base/errors.ts";
import { showBytes } from "../base/shown-bytes.ts";
import type { TextReply } from "../link/text-line.ts";
import { askServers, entriesOf, jsonText, linesOf, strangeLine } from "./ask-servers.ts";
import { type Column, drawTable, hasColour, shownName, shownText } from "./columns.ts";
import { ADMIN_EXITS, ANSWER_TIMEOUT_FLAG, type CommandForm, JSON_FLAG, SERVER_FLAG } from "./command-form.ts";
import { runForm } from "./command-line.ts";
import { report } from "./terminal.ts";

/** The table of the command. */
export const WORKERS_FORM = {
  name: "workers",
  words: "",
  wordCount: [0, 0],
  about: [
    "Shows the connected workers of job servers: client id, address, number of the connection, and the functions that each can do.",
    "A connection that can do no function is a client, or a worker that has not registered yet; those are left out without --all.",
    "An object of --json has server (where several were asked), clientId (null where none was set), address, connection (a number of the server's own) and functions.",
  ],
  flags: {
    all: { kind: "switch", help: "Shows also connections that can do no function." },
    server: SERVER_FLAG,
    json: JSON_FLAG,
    timeout: ANSWER_TIMEOUT_FLAG,
  },
  exits: ADMIN_EXITS,
} as const satisfies CommandForm;

interface WorkerRow {
  readonly server: string;
  readonly connection: number;
  readonly address: string;
  /** One char per byte; "-" where none was set. */
  readonly clientId: string;
  /** One char per byte each. */
  readonly functions: readonly string[];
}

/** Runs the command; returns the exit status. */
export function workers(args: readonly string[]): Promise<number> {
  return runForm(WORKERS_FORM, args, async ({ flags }) => {
    const questions = [{ command: "workers", reply: "list" }] as const;
    const ask = { servers: flags.server, timeoutMs: flags.timeout, questions };
    const { rows, answerCount, status } = await askServers(ask, workerRows);
    const wanted = rows.filter(({ functions }) => flags.all || functions.length > 0).sort(byClientId);
    const isSeveral = flags.server.length > 1;
    if (flags.json) report(jsonText(wanted.map((row) => jsonOf(row, isSeveral))));
    else if (wanted.length > 0) report(tableOf(wanted, isSeveral));
    else if (answerCount > 0) {
      const where = shownText(flags.server.join(" and "));
      report(`No worker is connected to ${where}. One for a try: gearwright work up -- tr a-z A-Z`);
    }
    return status;
  });
}

function workerRows(replies: readonly (TextReply | GearError)[], server: string): readonly WorkerRow[] {
  return entriesOf(linesOf(replies[0]), (_line, next) => /^-?\d+ \S* /.test(next)).map((line) => {
    // CONNECTION ADDRESS ID : FUNCTION..., and servers let an id hold blanks
    const match = /^(-?\d+) (\S*) (.*?) :(?: (.*))?$/s.exec(line);
    if (match === null) throw strangeLine(server, line);
    const [, connection, address = "", clientId = "", functions] = match;
    const names = (functions ?? "").split(" ").filter((name) => name !== "");
    return { server, connection: Number(connection), address, clientId, functions: names.sort() };
  });
}

function byClientId(one: WorkerRow, other: WorkerRow): number {
  if (one.clientId !== other.clientId) return one.clientId < other.clientId ? -1 : 1;
  return one.connection - other.connection;
}

function jsonOf({ server, connection, address, clientId, functions }: WorkerRow, isSeveral: boolean): object {
  return {
    ...(isSeveral && { server }),
    clientId: clientId === "-" ? null : showBytes(clientId),
    address,
    connection,
    functions: functions.map(showBytes),
  };
}

function tableOf(rows: readonly WorkerRow[], isSeveral: boolean): string {
  const columns: Column<WorkerRow>[] = [
    ...(isSeveral ? [{ title: "SERVER", text: ({ server }: WorkerRow) => shownText(server) }] : []),
    { title: "CLIENT ID", text: ({ clientId }) => shownName(clientId) },
    { title: "ADDRESS", text: ({ address }) => shownName(address) },
    { title: "CONNECTION", isNumber: true, text: ({ connection }) => String(connection) },
    { title: "FUNCTIONS", text: ({ functions }) => functions.map(shownName).join(" ") },
  ];
  return drawTable(columns, rows, { hasColour: hasColour() });
}
