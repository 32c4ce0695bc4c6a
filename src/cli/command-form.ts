/** What a command of the command line is made of: the table from which its words are read and its help is written. */

/** How a flag's value is written. `switch`: none; `text` may have blanks, a `word` has none; `servers` may be repeated. */
export type FlagKind = "count" | "duration" | "servers" | "switch" | "text" | "when" | "word";

/** One flag of a command. */
export interface FlagRow {
  readonly kind: FlagKind;
  /** What stands for the value in help, where it is not the kind's own. */
  readonly placeholder?: string;
  /** The default as one would write it. */
  readonly default?: string;
  /** Least and greatest value as one would write them; for texts their length in bytes. */
  readonly range?: readonly [min: string, max: string];
  /** A sentence or two. */
  readonly help: string;
}

/** Flags by name, without the dashes. */
export type FlagTable = Readonly<Record<string, FlagRow>>;

/** A command: what help and the docs say of it, and how its words are read. */
export interface CommandForm<Flags extends FlagTable = FlagTable> {
  readonly name: string;
  /** What follows the name and the flags, e.g. `FUNCTION [DATA|-]`. */
  readonly words: string;
  /** How many words it takes, without `--` and what follows it. */
  readonly wordCount: readonly [min: number, max: number];
  /** True: what follows `--` is a command to run, and needed. Default: words like the others. */
  readonly hasCommand?: boolean;
  /** What it does, in paragraphs. */
  readonly about: readonly string[];
  readonly flags: Flags;
  /** What each exit status means. */
  readonly exits: readonly (readonly [status: number, meaning: string])[];
}

/** The flag that every command has which talks to job servers. */
export const SERVER_FLAG = {
  kind: "servers",
  default: "127.0.0.1:4730",
  help: "A job server, as host, host:port, [IPv6]:port or unix:/path; may be repeated. GEARWRIGHT_SERVERS in the environment says the same, with commas between several.",
} as const satisfies FlagRow;

/** The switch of commands that can also print for programs. */
export const JSON_FLAG = {
  kind: "switch",
  help: "Prints for programs: an array of objects.",
} as const satisfies FlagRow;

/** How long a server may take to answer an admin command. */
export const ANSWER_TIMEOUT_FLAG = {
  kind: "duration",
  default: "10s",
  range: ["1ms", "24h"],
  help: "How long a server may take to accept the connection, and to answer.",
} as const satisfies FlagRow;

/** Exit statuses of all commands that talk to job servers. */
export const EXIT = { done: 0, mistake: 1, jobFailed: 2, noServer: 3, timedOut: 124 } as const;

/** The exit statuses of the admin commands. */
export const ADMIN_EXITS: CommandForm["exits"] = [
  [EXIT.done, "every server answered"],
  [EXIT.mistake, "a mistake in the command line, or a server refused or answered nonsense"],
  [EXIT.noServer, "a server could not be reached or did not answer; the others are shown"],
];

const PLACEHOLDERS: Readonly<Record<FlagKind, string>> = {
  count: "N",
  duration: "TIME",
  servers: "HOST:PORT",
  switch: "",
  text: "TEXT",
  when: "WHEN",
  word: "TEXT",
};

/** What stands for a flag's value in help; empty for a switch. */
export function placeholderOf(row: FlagRow): string {
  return row.placeholder ?? PLACEHOLDERS[row.kind];
}
