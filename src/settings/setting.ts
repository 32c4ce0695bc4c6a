/** What a row of the settings table is made of, and what a mistake in a setting looks like. */
import type { ListenText } from "../base/listen-address.ts";
import type { LogLevel } from "../base/log.ts";

/** How a value is written. `limit` is a count or `unlimited`; `switch` is on or off; `addresses` may be repeated. */
export type KindName =
  | "addresses"
  | "choice"
  | "count"
  | "duration"
  | "level"
  | "limit"
  | "path"
  | "size"
  | "switch"
  | "text";

/** What a value of each kind becomes: sizes are bytes, durations ms, an unlimited limit is Infinity. */
export interface KindValues {
  readonly addresses: readonly ListenText[];
  readonly choice: string;
  readonly count: number;
  readonly duration: number;
  readonly level: LogLevel;
  readonly limit: number;
  readonly path: string;
  readonly size: number;
  readonly switch: boolean;
  readonly text: string;
}

/** One row of the settings table. */
export interface Setting {
  /** `--name`; the environment variable and the TOML key are made from it. */
  readonly flag: `--${string}`;
  readonly kind: KindName;
  /** The default as one would write it; undefined: there is none, or it depends on the machine. */
  readonly default: string | undefined;
  /** What help says of the default where `default` is undefined. */
  readonly defaultText?: string;
  /** Least and greatest value as one would write them; for `text` and `path` the greatest length in bytes. */
  readonly range?: readonly [min: string, max: string];
  /** The words that a `choice` takes. */
  readonly choices?: readonly string[];
  /** What to say of another word than `choices`, where that word will have a meaning one day. */
  readonly later?: string;
  /** Where the setting may stand. `flag`: only on the command line; `start`: there and in the environment. Default: everywhere. */
  readonly sources?: "flag" | "start";
  /** True: SIGHUP takes the new value; false: it needs a restart. */
  readonly isReloadable: boolean;
  /** One or two sentences for `--help` and the docs. */
  readonly help: string;
}

/** Something wrong with what was given. */
export interface Mistake {
  /** Where it stands: a flag, an environment variable, or a file and a key. */
  readonly where: string;
  /** What is wrong. */
  readonly what: string;
  /** What to do about it. */
  readonly fix: string;
}

/** A mistake as one line. */
export function showMistake(mistake: Mistake): string {
  return `${mistake.where}: ${mistake.what}; ${mistake.fix}`;
}

/** The environment variable of a row: `--body-max` is `GEARWRIGHT_BODY_MAX`. */
export function environmentName(setting: Setting): string {
  return `GEARWRIGHT_${setting.flag.slice(2).toUpperCase().replaceAll("-", "_")}`;
}

/** The key of a row in the TOML file: `--body-max` is `body-max`. */
export function tomlKey(setting: Setting): string {
  return setting.flag.slice(2);
}
