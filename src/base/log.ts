/** The log: lines with a level and fields, as JSON or as text for people, handed to a sink that never throws. */
import type { Clock } from "./clock.ts";
import type { LogSink } from "./log-sink.ts";

/** gearmand's levels, gravest first. */
export const LOG_LEVELS = ["FATAL", "ALERT", "CRITICAL", "ERROR", "WARNING", "NOTICE", "INFO", "DEBUG"] as const;

/** One of gearmand's levels. */
export type LogLevel = (typeof LOG_LEVELS)[number];

/** `json`: one object per line; `text`: for people. */
export type LogFormat = "json" | "text";

/** What a line is about, e.g. `{ connection: 7, handle: "H:host:1" }`; a field that is undefined is left out. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>> & {
  readonly time?: never;
  readonly level?: never;
  readonly text?: never;
};

const RANK: Readonly<Record<LogLevel, number>> = {
  FATAL: 0,
  ALERT: 1,
  CRITICAL: 2,
  ERROR: 3,
  WARNING: 4,
  NOTICE: 5,
  INFO: 6,
  DEBUG: 7,
};

/** What a log is made of. */
export interface LogOptions {
  /** Lines of a lesser level are dropped. */
  readonly level: LogLevel;
  readonly format: LogFormat;
  readonly sink: LogSink;
  readonly clock: Clock;
}

/**
 * A log. Ask `isOn` before building costly text or fields. Writing never throws: a full or broken disk costs lines,
 * never the server.
 */
export class Log {
  #rank: number;
  #level: LogLevel;
  readonly #format: LogFormat;
  readonly #sink: LogSink;
  readonly #clock: Clock;
  #droppedCount = 0;

  constructor(options: LogOptions) {
    this.#level = options.level;
    this.#rank = RANK[options.level];
    this.#format = options.format;
    this.#sink = options.sink;
    this.#clock = options.clock;
  }

  /** The least grave level that is still written. */
  get level(): LogLevel {
    return this.#level;
  }

  /** Changes the level from the next line on. */
  setLevel(level: LogLevel): void {
    this.#level = level;
    this.#rank = RANK[level];
  }

  /** Whether a line of this level would be written; one comparison. */
  isOn(level: LogLevel): boolean {
    return RANK[level] <= this.#rank;
  }

  /** Writes a line: `text` is a plain sentence, `fields` say what it is about. Control characters are escaped. */
  write(level: LogLevel, text: string, fields?: LogFields): void {
    if (this.isOn(level)) this.announce(level, text, fields);
  }

  /** Writes a line whatever the level of the log is: for the few facts about its start that an operator must not miss. */
  announce(level: LogLevel, text: string, fields?: LogFields): void {
    if (this.#droppedCount > 0) {
      const isTaken = this.#put("WARNING", "lines are missing here, the log was not written fast enough", {
        lines: this.#droppedCount,
      });
      if (isTaken) this.#droppedCount = 0;
    }
    if (!this.#put(level, text, fields)) this.#droppedCount += 1;
  }

  #put(level: LogLevel, text: string, fields: LogFields | undefined): boolean {
    const time = new Date(this.#clock.wallMs()).toISOString();
    const line = this.#format === "json" ? jsonLine(time, level, text, fields) : textLine(time, level, text, fields);
    return this.#sink.write(level, line);
  }

  /** Opens the file again under its name, after a rotation. */
  reopen(): void {
    this.#sink.reopen();
  }

  /** Writes what is buffered and closes the sink; resolves after at most a second whatever the disk does. */
  close(): Promise<void> {
    return this.#sink.close();
  }
}

function jsonLine(time: string, level: LogLevel, text: string, fields: LogFields | undefined): string {
  return `${escapeControls(JSON.stringify({ time, level, text, ...fields }))}\n`;
}

function textLine(time: string, level: LogLevel, text: string, fields: LogFields | undefined): string {
  let line = `${time} ${level.padEnd(8)} ${escapeControls(text)}`;
  for (const [name, value] of Object.entries(fields ?? {})) {
    if (value !== undefined) line += ` ${name}=${fieldText(value)}`;
  }
  return `${line}\n`;
}

function fieldText(value: string | number | boolean): string {
  const text = String(value);
  return /^[^\s"=\p{Cc}]+$/u.test(text) ? text : escapeControls(JSON.stringify(text));
}

// Terminals act on control characters, and names of functions come from peers.
function escapeControls(text: string): string {
  return text.replace(/\p{Cc}/gu, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
