/** How the value of a flag of each kind is read. */
import { LIMITS } from "../base/limits.ts";
import { KINDS } from "../settings/kinds.ts";
import type { Setting } from "../settings/setting.ts";
import { parseDuration } from "../settings/units.ts";
import type { FlagKind, FlagRow } from "./command-form.ts";

/** What a value of each kind becomes: durations are ms, servers are as they were written. */
export interface FlagValues {
  readonly count: number;
  readonly duration: number;
  readonly servers: readonly string[];
  readonly switch: boolean;
  readonly text: string;
  readonly when: Date;
  readonly word: string;
}

/** A value, or what is wrong with the text and what to write instead. */
type Parsed = { readonly value: unknown } | { readonly what: string; readonly fix: string };

type Parse = (text: string, row: Setting) => Parsed;

// biome-ignore format: a table
const PARSERS: Readonly<Record<FlagKind, Parse>> = {
  count:    KINDS.count.parse,
  duration: KINDS.duration.parse,
  servers:  parseServer,
  switch:   KINDS.switch.parse,
  text:     KINDS.path.parse,
  when:     (text) => parseWhen(text, Date.now()),
  word:     KINDS.text.parse,
};

/** Reads the value of one flag; `servers` becomes a list of one. */
export function parseFlagValue(text: string, row: FlagRow): Parsed {
  const kind = row.kind === "count" ? "count" : row.kind === "duration" ? "duration" : "text";
  const range = row.range === undefined ? {} : { range: row.range };
  return PARSERS[row.kind](text, {
    flag: "--",
    kind,
    default: undefined,
    isReloadable: false,
    help: row.help,
    ...range,
  });
}

function parseServer(text: string, row: Setting): Parsed {
  const parsed = KINDS.addresses.parse(text, row);
  if ("what" in parsed) return parsed;
  const { value } = parsed;
  if (typeof value === "object" && value !== null && "port" in value && value.port === 0) {
    return { what: `"${text}" names no server`, fix: "its port is a number from 1 to 65535" };
  }
  return { value: [text] };
}

const ISO = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)(Z|[+-]\d\d:\d\d)?)?$/i;

/** Reads `+10m`, `@1767225600` or `2026-01-01T12:00Z`; without a zone it is this machine's time. */
export function parseWhen(text: string, nowMs: number): Parsed {
  const waitMs = text.startsWith("+") ? parseDuration(text.slice(1)) : undefined;
  if (waitMs !== undefined) return whenOf(nowMs + waitMs, text);
  if (/^@\d{1,12}$/.test(text)) return whenOf(Number(text.slice(1)) * 1_000, text);
  const match = ISO.exec(text);
  if (match === null) return noTime(text);
  const [, year, month, day, time = "00:00", zone = ""] = match;
  // Engines differ in what they make of the 31st of a shorter month.
  const lastDay = new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate();
  const ms = Date.parse(`${year}-${month}-${day}T${time}${zone}`);
  return Number.isNaN(ms) || Number(day) > lastDay ? noTime(text) : whenOf(ms, text);
}

function whenOf(ms: number, text: string): Parsed {
  const maxMs = LIMITS.epochSecondsMax * 1_000;
  if (ms <= maxMs) return { value: new Date(ms) };
  const last = new Date(maxMs).toISOString().replace(/\.\d+/, "");
  return { what: `${text} is too late for a job server`, fix: `write one until ${last}` };
}

function noTime(text: string): Parsed {
  return { what: `"${text}" is no time`, fix: "write +10m, 2026-12-31T18:00 or @1767225600" };
}
