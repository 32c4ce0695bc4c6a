/** `gearwright status`: the functions of job servers, with their jobs and workers. */

import type { GearError } from "../base/errors.ts";
import { showBytes } from "../base/shown-bytes.ts";
import type { TextReply } from "../link/text-line.ts";
import { askServers, entriesOf, jsonText, linesOf, strangeLine } from "./ask-servers.ts";
import { type Column, drawTable, hasColour, shownName, shownText } from "./columns.ts";
import { ADMIN_EXITS, ANSWER_TIMEOUT_FLAG, type CommandForm, JSON_FLAG, SERVER_FLAG } from "./command-form.ts";
import { runForm } from "./command-line.ts";
import { report } from "./terminal.ts";

/** The table of the command. */
export const STATUS_FORM = {
  name: "status",
  words: "[PATTERN]",
  wordCount: [0, 1],
  about: [
    "Shows the functions that job servers know: jobs that wait, by priority, jobs that run, and connected workers that can do the function. With a PATTERN only the functions of that name; in it * stands for any text and ? for one character.",
    "Waiting jobs that no worker can do are marked.",
    "Jobs for later (--at) count as waiting, and with gearmand cancelled jobs too.",
    "An object of --json has server (where several were asked), function, waiting, high, normal, low (null from a server that does not tell), running and workers.",
  ],
  flags: { server: SERVER_FLAG, json: JSON_FLAG, timeout: ANSWER_TIMEOUT_FLAG },
  exits: ADMIN_EXITS,
} as const satisfies CommandForm;

interface FunctionRow {
  readonly server: string;
  /** One char per byte. */
  readonly name: string;
  readonly waiting: number;
  readonly running: number;
  readonly workers: number;
  /** High, normal, low; undefined: the server does not tell. */
  readonly priorities: readonly [number, number, number] | undefined;
}

/** Runs the command; returns the exit status. */
export function status(args: readonly string[]): Promise<number> {
  return runForm(STATUS_FORM, args, async ({ flags, words }) => {
    const isWanted = patternOf(words[0]);
    const questions = [
      { command: "status", reply: "list" },
      { command: "prioritystatus", reply: "list" },
    ] as const;
    const ask = { servers: flags.server, timeoutMs: flags.timeout, questions };
    const { rows, answerCount, status } = await askServers(ask, functionRows);
    const wanted = rows.filter(({ name }) => isWanted(showBytes(name))).sort(byName);
    const isSeveral = flags.server.length > 1;
    if (flags.json) report(jsonText(wanted.map((row) => jsonOf(row, isSeveral))));
    else if (wanted.length > 0) report(tableOf(wanted, isSeveral));
    else if (answerCount > 0) report(emptyText(flags.server, rows.length > 0 ? words[0] : undefined));
    return status;
  });
}

function functionRows(replies: readonly (TextReply | GearError)[], server: string): readonly FunctionRow[] {
  const [totals, queued] = replies;
  const isTold = Array.isArray(queued);
  const priorities = new Map(
    entriesOf(isTold ? linesOf(queued) : [], (line) => /(?:\t\d{1,15}){4}$/.test(line)).map((line) => {
      const [name, high, normal, low] = fieldsOf(line, { server, count: 4 });
      return [name, [high, normal, low] as const];
    }),
  );
  return entriesOf(linesOf(totals), (line) => /(?:\t\d{1,15}){3}$/.test(line)).map((line) => {
    const [name, total, running, workers] = fieldsOf(line, { server, count: 3 });
    return {
      server,
      name,
      waiting: Math.max(0, total - running),
      running,
      workers,
      // The two replies are of different moments, so a function may be in one of them alone.
      priorities: isTold ? (priorities.get(name) ?? [0, 0, 0]) : undefined,
    };
  });
}

/** A function's name and `count` numbers, the last of them left out where they are more than three. */
function fieldsOf(
  line: string,
  { server, count }: { readonly server: string; readonly count: number },
): [string, number, number, number] {
  const fields = line.split("\t");
  // A name may hold tabs; the numbers are the last fields.
  const numbers = fields.slice(-count);
  if (fields.length <= count || !numbers.every((text) => /^\d{1,15}$/.test(text))) throw strangeLine(server, line);
  const [one = 0, two = 0, three = 0] = numbers.map(Number);
  return [fields.slice(0, -count).join("\t"), one, two, three];
}

/** Whether a name is wanted: `*` is any text, `?` one character. */
function patternOf(pattern: string | undefined): (name: string) => boolean {
  if (pattern === undefined) return () => true;
  const parts = [...pattern].map((char) =>
    char === "*" ? ".*" : char === "?" ? "." : char.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&"),
  );
  const expression = new RegExp(`^${parts.join("").replace(/(?:\.\*)+/g, ".*")}$`, "su");
  return (name) => expression.test(name);
}

function byName(one: FunctionRow, other: FunctionRow): number {
  if (one.name === other.name) return 0;
  return one.name < other.name ? -1 : 1;
}

function jsonOf({ server, name, waiting, running, workers, priorities }: FunctionRow, isSeveral: boolean): object {
  const [high = null, normal = null, low = null] = priorities ?? [];
  return { ...(isSeveral && { server }), function: showBytes(name), waiting, high, normal, low, running, workers };
}

function isStuck({ waiting, workers }: FunctionRow): boolean {
  return waiting > 0 && workers === 0;
}

function tableOf(rows: readonly FunctionRow[], isSeveral: boolean): string {
  const priority = (at: 0 | 1 | 2) => (row: FunctionRow) => String(row.priorities?.[at] ?? "?");
  const columns: Column<FunctionRow>[] = [
    ...(isSeveral ? [{ title: "SERVER", text: ({ server }: FunctionRow) => shownText(server) }] : []),
    { title: "FUNCTION", text: ({ name }) => shownName(name) },
    { title: "WAITING", isNumber: true, text: ({ waiting }) => String(waiting) },
    { title: "HIGH", isNumber: true, text: priority(0) },
    { title: "NORMAL", isNumber: true, text: priority(1) },
    { title: "LOW", isNumber: true, text: priority(2) },
    { title: "RUNNING", isNumber: true, text: ({ running }) => String(running) },
    { title: "WORKERS", isNumber: true, text: ({ workers }) => String(workers) },
  ];
  if (rows.some(isStuck)) columns.push({ title: "", text: (row) => (isStuck(row) ? "no worker" : "") });
  return drawTable(columns, rows, { hasColour: hasColour(), isStriking: isStuck });
}

function emptyText(servers: readonly string[], pattern: string | undefined): string {
  const where = shownText(servers.join(" and "));
  if (pattern !== undefined) return `No function of ${where} matches ${shownText(pattern)}; without it all are shown.`;
  return `No functions: no worker and no job has come to ${where} yet. A worker for a try: gearwright work up -- tr a-z A-Z`;
}
