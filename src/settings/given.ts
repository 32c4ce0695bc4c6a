/** What was given on the command line, in the environment and in the file, before any value is read. */
import { parse } from "smol-toml";
import { nearestName } from "./nearest-name.ts";
import { environmentName, type Mistake, type Setting, tomlKey } from "./setting.ts";
import { SETTING_NAMES, SETTINGS, type SettingName } from "./table.ts";

/** One value that somebody wrote, and where. */
export interface Given {
  readonly name: SettingName;
  readonly text: string;
  readonly where: string;
}

/** What one source gave, and what is wrong with its form. */
export interface Source {
  readonly given: readonly Given[];
  readonly mistakes: readonly Mistake[];
}

const ROWS: readonly (readonly [SettingName, Setting])[] = SETTING_NAMES.map((name) => [name, SETTINGS[name]]);
const FLAGS: ReadonlyMap<string, SettingName> = new Map(ROWS.map(([name, row]) => [row.flag, name]));
const PREFIX = "GEARWRIGHT_";
const LEVEL_BY_COUNT = ["NOTICE", "INFO", "DEBUG"];

/** Reads flags: `--name value`, `--name=value`, `--switch`, `-v` up to `-vv`. */
export function readFlags(args: readonly string[]): Source {
  const given: Given[] = [];
  const mistakes: Mistake[] = [];
  const words = [...args];
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    const short = /^-(v+)$/.exec(word)?.[1];
    if (short !== undefined) {
      given.push({ name: "verbose", text: LEVEL_BY_COUNT[short.length] ?? "DEBUG", where: word });
      continue;
    }
    const [flag = "", inline] = splitOnce(word, "=");
    const name = FLAGS.get(flag);
    if (name === undefined) {
      mistakes.push(unknownFlag(word, flag));
      // What follows an unknown flag is most likely its value, and not a mistake of its own.
      if (word.startsWith("-") && inline === undefined && words[0]?.startsWith("-") === false) words.shift();
      continue;
    }
    const isSwitch = SETTINGS[name].kind === "switch";
    const text = inline ?? (isSwitch ? "on" : words.shift());
    if (text === undefined) mistakes.push({ where: flag, what: "its value is missing", fix: `write ${flag} VALUE` });
    else given.push({ name, text, where: flag });
  }
  return { given, mistakes: [...mistakes, ...repeats(given)] };
}

function unknownFlag(word: string, flag: string): Mistake {
  if (!word.startsWith("-")) {
    return { where: `"${word}"`, what: "nothing is expected here", fix: "settings are written as --name VALUE" };
  }
  const near = nearestName(flag, [...FLAGS.keys()]);
  return {
    where: flag,
    what: "there is no such flag",
    fix: near === undefined ? "see gearwright serve --help" : `did you mean ${near}?`,
  };
}

function repeats(given: readonly Given[]): Mistake[] {
  const seen = new Set<SettingName>();
  const mistakes: Mistake[] = [];
  for (const { name, where } of given) {
    if (seen.has(name) && SETTINGS[name].kind !== "addresses") {
      mistakes.push({ where, what: "it is given more than once", fix: "write it once" });
    }
    seen.add(name);
  }
  return mistakes;
}

/** Reads `GEARWRIGHT_…` variables; an empty one counts as not set. */
export function readEnvironment(environment: Readonly<Record<string, string | undefined>>): Source {
  const given: Given[] = [];
  const mistakes: Mistake[] = [];
  const names = new Map(
    ROWS.filter(([, row]) => row.sources !== "flag").map(([name, row]) => [environmentName(row), name]),
  );
  for (const [where, text] of Object.entries(environment)) {
    if (text === undefined || text === "" || !where.startsWith(PREFIX)) continue;
    const name = names.get(where);
    if (name === undefined) {
      const near = nearestVariable(where, [...names.keys(), "GEARWRIGHT_RUNTIME"]);
      // Other programs put variables of this prefix there too, so only what looks like a slip is a mistake.
      if (near !== undefined && near !== "GEARWRIGHT_RUNTIME" && !isFromKubernetes(where, text)) {
        mistakes.push({ where, what: "there is no such setting", fix: `did you mean ${near}?` });
      }
    } else if (!isFromKubernetes(where, text)) {
      const texts = SETTINGS[name].kind === "addresses" ? text.split(",").map((part) => part.trim()) : [text];
      for (const part of texts) given.push({ name, text: part, where });
    }
  }
  return { given, mistakes };
}

/** As near as the flags would be: the prefix, which all variables share, would make any two of them look alike. */
function nearestVariable(where: string, names: readonly string[]): string | undefined {
  const asFlag = (name: string) => `--${name.slice(PREFIX.length)}`;
  const near = nearestName(asFlag(where), names.map(asFlag));
  return names.find((name) => asFlag(name) === near);
}

// Kubernetes sets GEARWRIGHT_PORT=tcp://10.0.0.1:4730 and the like in every pod beside a service of the name gearwright.
function isFromKubernetes(where: string, text: string): boolean {
  return (
    /^GEARWRIGHT_(PORT|SERVICE)(_|$)/.test(where) && (where !== "GEARWRIGHT_PORT" || /^(tcp|udp|sctp):\/\//.test(text))
  );
}

/** Reads the text of a TOML file; `path` is only for saying where a mistake is. */
export function readToml(text: string, path: string): Source {
  let table: Record<string, unknown>;
  try {
    table = parse(text);
  } catch (error) {
    const what = error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
    const line = error instanceof Error && "line" in error ? `, line ${String(error.line)}` : "";
    return { given: [], mistakes: [{ where: `${path}${line}`, what: `it is not TOML: ${what}`, fix: "correct it" }] };
  }
  const given: Given[] = [];
  const mistakes: Mistake[] = [];
  const names = new Map(ROWS.filter(([, row]) => row.sources === undefined).map(([name, row]) => [tomlKey(row), name]));
  for (const [key, value] of Object.entries(table)) {
    const where = `${path}, ${key}`;
    const name = names.get(key);
    const texts = textsOf(value);
    if (name === undefined) {
      const near = nearestName(key, [...names.keys()]);
      mistakes.push({
        where,
        what: "there is no such setting",
        fix: near === undefined ? "remove it" : `did you mean ${near}?`,
      });
    } else if (texts === undefined || (Array.isArray(value) && SETTINGS[name].kind !== "addresses")) {
      mistakes.push({ where, what: "this is not one value", fix: `write ${key} = "VALUE"` });
    } else {
      for (const part of texts) given.push({ name, text: part, where });
    }
  }
  return { given, mistakes };
}

function textsOf(value: unknown): readonly string[] | undefined {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  const texts = list.map((item) =>
    ["string", "number", "boolean", "bigint"].includes(typeof item) ? String(item) : undefined,
  );
  return texts.every((text) => text !== undefined) ? texts : undefined;
}

function splitOnce(text: string, mark: string): readonly [string, string | undefined] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + mark.length)];
}
