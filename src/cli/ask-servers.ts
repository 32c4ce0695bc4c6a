/** Asks every job server the same admin commands, and says which could not be asked. */
import { GearError } from "../base/errors.ts";
import { serverAddresses } from "../link/server-address.ts";
import { askServer, type TextQuestion, type TextReply } from "../link/text-line.ts";
import { shownName } from "./columns.ts";
import { EXIT } from "./command-form.ts";
import { failureSentence } from "./failure.ts";
import { complain } from "./terminal.ts";

/** Longest reply of a server, bytes: some five million jobs. */
const REPLY_BYTES_MAX = 256 * 2 ** 20;

/** Whom to ask what. */
export interface AskOptions {
  readonly servers: readonly string[];
  readonly timeoutMs: number;
  readonly questions: readonly TextQuestion[];
}

/** What came of it. */
export interface Answers<Row> {
  /** The rows of all servers that answered. */
  readonly rows: readonly Row[];
  /** How many servers answered. */
  readonly answerCount: number;
  /** The exit status: 0, or 3 or 1 when a server could not be asked or gave nonsense. */
  readonly status: number;
}

/**
 * Asks all servers at once and reads what each answers into rows.
 *
 * `read` gets one reply per question, a refused one as a GearError, and may throw a GearError. What goes wrong with a server is
 * complained of, and the others are gone on with.
 */
export async function askServers<Row>(
  options: AskOptions,
  read: (replies: readonly (TextReply | GearError)[], server: string) => readonly Row[],
): Promise<Answers<Row>> {
  const { timeoutMs, questions } = options;
  const outcomes = await Promise.all(
    serverAddresses(options.servers).map(async (server) => {
      try {
        const replies = await askServer({ server, timeoutMs, replyBytesMax: REPLY_BYTES_MAX }, questions);
        return { rows: read(replies, server.name), status: EXIT.done };
      } catch (error) {
        complain(failureSentence(error));
        return { rows: undefined, status: statusOfError(error) };
      }
    }),
  );
  return {
    rows: outcomes.flatMap(({ rows }) => rows ?? []),
    answerCount: outcomes.filter(({ rows }) => rows !== undefined).length,
    status: Math.max(...outcomes.map(({ status }) => status)),
  };
}

function statusOfError(error: unknown): number {
  if (!(error instanceof GearError)) throw error;
  return ["NO_SERVER", "CONNECTION_LOST", "TIMED_OUT"].includes(error.code) ? EXIT.noServer : EXIT.mistake;
}

/** The lines of a reply that must be there; throws the refusal. */
export function linesOf(reply: TextReply | GearError | undefined): TextReply {
  if (reply instanceof GearError) throw reply;
  return reply ?? [];
}

/**
 * Lines put together again that are one entry, because names may hold newlines. `isEnd`: whether an entry ends with `line`, in
 * view of the line behind it.
 */
export function entriesOf(lines: TextReply, isEnd: (line: string, next: string) => boolean): TextReply {
  const entries: string[] = [];
  let start = 0;
  for (const [at, line] of lines.entries()) {
    const next = lines[at + 1];
    if (next !== undefined && !isEnd(line, next)) continue;
    entries.push(start === at ? line : lines.slice(start, at + 1).join("\n"));
    start = at + 1;
  }
  return entries;
}

/** The error for a line that no job server answers with. */
export function strangeLine(server: string, line: string): GearError {
  return new GearError(
    "PROTOCOL_ERROR",
    `${server} does not answer as a job server does ("${shownName(line.slice(0, 60).trim())}"); is it one?`,
  );
}

/** JSON for programs: an array with one object a line. */
export function jsonText(rows: readonly object[]): string {
  return rows.length === 0 ? "[]" : `[\n${rows.map((row) => JSON.stringify(row)).join(",\n")}\n]`;
}
