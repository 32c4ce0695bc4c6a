/**
 * Replies to admin text commands, byte for byte those of gearmand; strings of one char per byte.
 *
 * Line ends differ on purpose: \n after values and in lists, \r\n after OK and ERR. Source: gearmand 1.1.20 and 2.0, observed.
 */

/** Replies that are always the same. */
// biome-ignore format: a table
export const ADMIN_REPLY = {
  /** The command was obeyed. */
  ok:                   "OK\r\n",
  /** The server ends. Source: the Perl server; gearmand has no such command. */
  shutdown:             "OK\n",
  /** `show` with words it does not know. */
  unknownShowArguments: "ERR UNKNOWN_SHOW_ARGUMENTS\r\n",
  /** `cancel job` of a handle that is not known. */
  unknownJob:           "ERR UNKNOWN_JOB\r\n",
  /** `cancel` of something that is not a job. */
  unknownError:         "ERR UNKNOWN_ERROR\r\n",
  /** `drop function` of a name that is not known. */
  functionNotFound:     "ERR function not found\r\n",
  /** `drop function` while a worker can do it or a job of it runs. */
  functionInUse:        "ERR there are still connected workers or executing clients\r\n",
  /** `drop function` with queued jobs, which gearmand leaves dangling. */
  functionHasJobs:      "ERR there are still queued jobs\r\n",
} as const;

/** The last line of every list. */
export const LIST_END = ".\n";

/** A function with its jobs: all of them, those that run, and the workers able to do it. */
export interface StatusRow {
  readonly name: string;
  readonly total: number;
  readonly running: number;
  readonly workers: number;
}

/** A function with its queued jobs by priority, and the workers able to do it. */
export interface PriorityStatusRow {
  readonly name: string;
  readonly high: number;
  readonly normal: number;
  readonly low: number;
  readonly workers: number;
}

/** A connection; `clientId` is "-" unless it was set, `functions` has the newest first. */
export interface WorkersRow {
  readonly connectionId: number;
  readonly address: string;
  readonly clientId: string;
  readonly functions: Iterable<string>;
}

/** A job; `isIgnored` says that nobody waits for it any more, `isBackground` that it was submitted in the background. */
export interface ShowJobsRow {
  readonly handle: string;
  readonly retries: number;
  readonly isIgnored: boolean;
  readonly isBackground: boolean;
}

/** The reply to `version`, `verbose` and `getpid`. */
export function formatValue(value: string | number): string {
  return `OK ${value}\n`;
}

/** The reply to a word that is no command; it stands behind the text without a gap, as sent. */
export function formatUnknownCommand(word: string): string {
  return `ERR UNKNOWN_COMMAND Unknown+server+command${word}\r\n`;
}

/** The reply to a command that lacks words. */
export function formatIncomplete(command: "maxqueue" | "create" | "drop"): string {
  return `ERR INVALID_ARGUMENTS An+incomplete+set+of+arguments+was+sent+to+this+command+${command}\r\n`;
}

/** A line of the reply to `status`. */
export function formatStatusRow({ name, total, running, workers }: StatusRow): string {
  return `${name}\t${total}\t${running}\t${workers}\n`;
}

/** A line of the reply to `prioritystatus`. */
export function formatPriorityStatusRow({ name, high, normal, low, workers }: PriorityStatusRow): string {
  return `${name}\t${high}\t${normal}\t${low}\t${workers}\n`;
}

/** A line of the reply to `workers`, which lists every connection; in pieces, because it may be longer than a string can be. */
export function* formatWorkersRow({ connectionId, address, clientId, functions }: WorkersRow): Generator<string> {
  yield `${connectionId} ${address} ${clientId} :`;
  for (const name of functions) yield ` ${name}`;
  yield "\n";
}

/** A line of the reply to `show jobs`. */
export function formatShowJobsRow({ handle, retries, isIgnored, isBackground }: ShowJobsRow): string {
  return `${handle}\t${retries}\t${isIgnored ? 1 : 0}\t${isBackground ? 1 : 0}\n`;
}

/** A line of the reply to `show unique jobs`; empty for a job without unique. */
export function formatShowUniqueJobsRow(unique: string): string {
  return `${unique}\n`;
}
