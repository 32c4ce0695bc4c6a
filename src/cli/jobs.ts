/** `gearwright jobs`: the jobs that job servers hold. */
import type { GearError } from "../base/errors.ts";
import { showBytes } from "../base/shown-bytes.ts";
import type { TextReply } from "../link/text-line.ts";
import { askServers, jsonText, linesOf, strangeLine } from "./ask-servers.ts";
import { type Column, drawTable, hasColour, shownName, shownText } from "./columns.ts";
import { ADMIN_EXITS, ANSWER_TIMEOUT_FLAG, type CommandForm, JSON_FLAG, SERVER_FLAG } from "./command-form.ts";
import { runForm } from "./command-line.ts";
import { complain, report } from "./terminal.ts";

/** The table of the command. */
export const JOBS_FORM = {
  name: "jobs",
  words: "",
  wordCount: [0, 0],
  about: [
    "Shows the jobs that job servers hold, waiting and running ones: handle, how often it was given to a worker again, whether it is a background job, and whether it is still wanted (a foreground job whose clients have gone, or a cancelled one, is not).",
    "With --uniques it shows the uniques of these jobs instead. Servers tell them as a list of its own, and no server says which unique belongs to which handle, which function a job is of, or whether it runs.",
    "An object of --json has server (where several were asked), and handle, retries, isBackground and isWanted, or else unique.",
  ],
  flags: {
    uniques: { kind: "switch", help: "Shows the uniques instead; jobs without one are left out." },
    limit: {
      kind: "count",
      default: "100",
      range: ["1", "10000000"],
      help: "How many are shown at most; how many more there are is said.",
    },
    server: SERVER_FLAG,
    json: JSON_FLAG,
    timeout: ANSWER_TIMEOUT_FLAG,
  },
  exits: ADMIN_EXITS,
} as const satisfies CommandForm;

interface JobRow {
  readonly server: string;
  /** One char per byte, as all texts of servers. */
  readonly handle: string;
  readonly retries: number;
  readonly isBackground: boolean;
  readonly isWanted: boolean;
}

interface UniqueRow {
  readonly server: string;
  readonly unique: string;
}

/** Runs the command; returns the exit status. */
export function jobs(args: readonly string[]): Promise<number> {
  return runForm(JOBS_FORM, args, async ({ flags }) => {
    const shown = {
      servers: flags.server,
      timeoutMs: flags.timeout,
      countMax: flags.limit,
      isJson: flags.json,
      isSeveral: flags.server.length > 1,
    };
    return flags.uniques ? await showUniques(shown) : await showJobs(shown);
  });
}

interface Shown {
  readonly servers: readonly string[];
  readonly timeoutMs: number;
  readonly countMax: number;
  readonly isJson: boolean;
  readonly isSeveral: boolean;
}

async function showJobs(shown: Shown): Promise<number> {
  const questions = [{ command: "show jobs", reply: "list" }] as const;
  const { rows, answerCount, status } = await askServers({ ...shown, questions }, jobRows);
  const first = [...rows].sort((one, other) => byNumbers(one.handle, other.handle)).slice(0, shown.countMax);
  const columns: Column<JobRow>[] = [
    { title: "HANDLE", text: ({ handle }) => shownName(handle) },
    { title: "RETRIES", isNumber: true, text: ({ retries }) => String(retries) },
    { title: "BACKGROUND", text: ({ isBackground }) => (isBackground ? "yes" : "no") },
    { title: "WANTED", text: ({ isWanted }) => (isWanted ? "yes" : "no") },
  ];
  const json = ({ server, handle, ...rest }: JobRow) => ({
    ...(shown.isSeveral && { server }),
    handle: showBytes(handle),
    ...rest,
  });
  print(shown, { rows: first, columns, json, moreCount: rows.length - first.length, isAnswered: answerCount > 0 });
  return status;
}

async function showUniques(shown: Shown): Promise<number> {
  const questions = [{ command: "show unique jobs", reply: "list" }] as const;
  const { rows, answerCount, status } = await askServers({ ...shown, questions }, uniqueRows);
  const first = [...rows].sort((one, other) => byNumbers(one.unique, other.unique)).slice(0, shown.countMax);
  const columns: Column<UniqueRow>[] = [{ title: "UNIQUE", text: ({ unique }) => shownName(unique) }];
  const json = ({ server, unique }: UniqueRow) => ({ ...(shown.isSeveral && { server }), unique: showBytes(unique) });
  print(shown, { rows: first, columns, json, moreCount: rows.length - first.length, isAnswered: answerCount > 0 });
  return status;
}

interface Printed<Row> {
  readonly rows: readonly Row[];
  readonly columns: readonly Column<Row>[];
  readonly json: (row: Row) => object;
  readonly moreCount: number;
  readonly isAnswered: boolean;
}

function print<Row extends { readonly server: string }>(shown: Shown, printed: Printed<Row>): void {
  const { rows, moreCount } = printed;
  const more = `… and ${moreCount} more; --limit ${rows.length + moreCount} shows them`;
  if (shown.isJson) {
    report(jsonText(rows.map(printed.json)));
    if (moreCount > 0) complain(more);
    return;
  }
  const where = shownText(shown.servers.join(" and "));
  if (rows.length === 0) {
    if (printed.isAnswered) report(`No such job is held by ${where}. To submit one: gearwright submit FUNCTION DATA`);
    return;
  }
  const server: Column<Row> = { title: "SERVER", text: (row) => shownText(row.server) };
  const columns = shown.isSeveral ? [server, ...printed.columns] : printed.columns;
  report(drawTable(columns, rows, { hasColour: hasColour() }));
  if (moreCount > 0) report(more);
}

function jobRows(replies: readonly (TextReply | GearError)[], server: string): readonly JobRow[] {
  return linesOf(replies[0]).map((line) => {
    // HANDLE RETRIES IGNORED QUEUED
    const match = /^(.*)\t(\d{1,10})\t([01])\t([01])$/s.exec(line);
    if (match === null) throw strangeLine(server, line);
    const [, handle = "", retries, ignored, queued] = match;
    return { server, handle, retries: Number(retries), isBackground: queued === "1", isWanted: ignored === "0" };
  });
}

function uniqueRows(replies: readonly (TextReply | GearError)[], server: string): readonly UniqueRow[] {
  return linesOf(replies[0])
    .filter((unique) => unique !== "")
    .map((unique) => ({ server, unique }));
}

const collator = new Intl.Collator("en", { numeric: true });

/** H:host:9 stands before H:host:10. */
function byNumbers(one: string, other: string): number {
  return collator.compare(one, other);
}
