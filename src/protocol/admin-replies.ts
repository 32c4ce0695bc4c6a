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
const LIST_END = ".\n";

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

/** The reply to `status`. */
export function formatStatus(rows: Iterable<StatusRow>): string {
  let text = "";
  for (const row of rows) text += `${row.name}\t${row.total}\t${row.running}\t${row.workers}\n`;
  return text + LIST_END;
}

/** The reply to `prioritystatus`. */
export function formatPriorityStatus(rows: Iterable<PriorityStatusRow>): string {
  let text = "";
  for (const row of rows) text += `${row.name}\t${row.high}\t${row.normal}\t${row.low}\t${row.workers}\n`;
  return text + LIST_END;
}

/** The reply to `workers`, which lists every connection. */
export function formatWorkers(rows: Iterable<WorkersRow>): string {
  let text = "";
  for (const row of rows) {
    text += `${row.connectionId} ${row.address} ${row.clientId} :`;
    for (const name of row.functions) text += ` ${name}`;
    text += "\n";
  }
  return text + LIST_END;
}

/** The reply to `show jobs`. */
export function formatShowJobs(rows: Iterable<ShowJobsRow>): string {
  let text = "";
  for (const row of rows) {
    text += `${row.handle}\t${row.retries}\t${row.isIgnored ? 1 : 0}\t${row.isBackground ? 1 : 0}\n`;
  }
  return text + LIST_END;
}

/** The reply to `show unique jobs`; a job without unique is an empty line. */
export function formatShowUniqueJobs(uniques: Iterable<string>): string {
  let text = "";
  for (const unique of uniques) text += `${unique}\n`;
  return text + LIST_END;
}
