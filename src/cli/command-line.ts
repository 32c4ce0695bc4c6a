/** Reads a command's words by its table; what is wrong with them is said as for the settings of the job server. */
import { parseArgs } from "node:util";
import { LIMITS } from "../base/limits.ts";
import { nearestName } from "../settings/nearest-name.ts";
import { type Mistake, showMistake } from "../settings/setting.ts";
import { type CommandForm, type FlagRow, type FlagTable, placeholderOf } from "./command-form.ts";
import { commandHelp } from "./command-help.ts";
import { type FlagValues, parseFlagValue } from "./flag-values.ts";
import { complain, say } from "./terminal.ts";

/** The value of each flag: switches are booleans, durations ms; undefined is not given and without a default. */
type Values<Flags extends FlagTable> = {
  readonly [Name in keyof Flags]: Flags[Name]["kind"] extends "switch"
    ? boolean
    : Flags[Name] extends { readonly default: string }
      ? FlagValues[Flags[Name]["kind"]]
      : FlagValues[Flags[Name]["kind"]] | undefined;
};

/** What a command was given. */
export interface Given<Flags extends FlagTable> {
  readonly flags: Values<Flags>;
  readonly words: readonly string[];
  /** What follows `--`, where the form has a command. */
  readonly command: readonly string[];
}

type Token = NonNullable<ReturnType<typeof parseArgs>["tokens"]>[number];
type OptionToken = Extract<Token, { kind: "option" }>;

/** Reads `args` and runs the command with them, or says its help or what is wrong. Returns the exit status. */
export async function runForm<const Flags extends FlagTable>(
  form: CommandForm<Flags>,
  args: readonly string[],
  run: (given: Given<Flags>) => Promise<number>,
): Promise<number> {
  const tokens = tokensOf(form, args);
  if (tokens.some((token) => token.kind === "option" && token.name === "help")) {
    say(commandHelp(form));
    return 0;
  }
  const { given, mistakes } = readTokens(form, tokens);
  for (const mistake of mistakes) complain(showMistake(mistake));
  return mistakes.length > 0 ? 1 : run(given);
}

function tokensOf(form: CommandForm, args: readonly string[]): readonly Token[] {
  const options = Object.entries(form.flags).map(([name, { kind }]) => [
    name,
    { type: kind === "switch" ? "boolean" : "string" } as const,
  ]);
  const parsed = parseArgs({
    args: [...args],
    options: { ...Object.fromEntries(options), help: { type: "boolean", short: "h" } },
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  return parsed.tokens ?? [];
}

function readTokens<Flags extends FlagTable>(
  form: CommandForm<Flags>,
  tokens: readonly Token[],
): { readonly given: Given<Flags>; readonly mistakes: readonly Mistake[] } {
  const mistakes: Mistake[] = [];
  const values = new Map<string, unknown>();
  // Letters of one word, such as -xyz, are one flag that is not there and not three.
  const options = tokens
    .filter((token) => token.kind === "option")
    .filter((token, at, all) => token.index !== all[at - 1]?.index);
  for (const token of options) {
    const row = rowOf(form, token);
    const mistake = row === undefined ? unknownFlag(form, token) : readFlag(token, row, values);
    if (mistake !== undefined) mistakes.push(mistake);
  }
  const { words, command } = wordsOf(form, tokens);
  // What follows an unknown flag is most likely its value, and not a mistake of its own.
  if (options.every((token) => rowOf(form, token) !== undefined)) mistakes.push(...wordMistakes(form, words, command));
  const entries = Object.entries<FlagRow>(form.flags).map(([name, row]) => {
    const value = values.get(name) ?? (row.kind === "servers" ? environmentServers(row, mistakes) : defaultOf(row));
    return [name, value];
  });
  return { given: { flags: Object.fromEntries(entries) as Values<Flags>, words, command }, mistakes };
}

function rowOf(form: CommandForm, { name }: OptionToken): FlagRow | undefined {
  return Object.hasOwn(form.flags, name) ? form.flags[name] : undefined;
}

function unknownFlag(form: CommandForm, { rawName }: OptionToken): Mistake {
  const near = nearestName(rawName, [...Object.keys(form.flags).map((name) => `--${name}`), "--help"]);
  const fix = near === undefined ? `see gearwright ${form.name} --help` : `did you mean ${near}?`;
  return { where: rawName, what: "there is no such flag", fix };
}

/** Puts the value of a flag into `values`, or says what is wrong with it. */
function readFlag(token: OptionToken, row: FlagRow, values: Map<string, unknown>): Mistake | undefined {
  const { name, rawName: where, value: text } = token;
  const before = values.get(name);
  if (before !== undefined && row.kind !== "servers") {
    return { where, what: "it is given more than once", fix: "write it once" };
  }
  if (row.kind === "switch") {
    if (text !== undefined) return { where, what: "it takes no value", fix: `write ${where} alone` };
    values.set(name, true);
    return undefined;
  }
  // A flag in the place of a value is the next flag, unless it is written with =.
  if (text === undefined || (text.startsWith("--") && token.inlineValue !== true)) {
    return { where, what: "its value is missing", fix: `write ${where} ${placeholderOf(row)}` };
  }
  const parsed = parseFlagValue(text, row);
  if ("what" in parsed) return { where, ...parsed };
  const { value } = parsed;
  values.set(name, Array.isArray(before) && Array.isArray(value) ? unlike([...before, ...value]) : value);
  return row.kind === "servers" ? tooMany(where, values.get(name)) : undefined;
}

function unlike(servers: readonly unknown[]): readonly unknown[] {
  return [...new Set(servers)];
}

function tooMany(where: string, servers: unknown): Mistake | undefined {
  const isTooMany = Array.isArray(servers) && servers.length > LIMITS.serversMax;
  return isTooMany ? { where, what: "there are too many", fix: `write at most ${LIMITS.serversMax}` } : undefined;
}

/** The servers of GEARWRIGHT_SERVERS, or else the default. */
function environmentServers(row: FlagRow, mistakes: Mistake[]): unknown {
  const where = "GEARWRIGHT_SERVERS";
  const texts = (process.env[where] ?? "").split(",").map((text) => text.trim());
  const named = texts.filter((text) => text !== "");
  if (named.length === 0) return defaultOf(row);
  for (const text of named) {
    const parsed = parseFlagValue(text, row);
    if ("what" in parsed) mistakes.push({ where, ...parsed });
  }
  const mistake = tooMany(where, unlike(named));
  if (mistake !== undefined) mistakes.push(mistake);
  return unlike(named);
}

function defaultOf(row: FlagRow): unknown {
  if (row.kind === "switch") return false;
  if (row.default === undefined) return undefined;
  const parsed = parseFlagValue(row.default, row);
  if ("what" in parsed) throw new Error(`broken invariant: the default ${row.default}: ${parsed.what}`);
  return parsed.value;
}

/** The words, apart from those of the command to run. */
function wordsOf(form: CommandForm, tokens: readonly Token[]): Pick<Given<FlagTable>, "words" | "command"> {
  const end = tokens.find((token) => token.kind === "option-terminator")?.index ?? Number.POSITIVE_INFINITY;
  const words = tokens.filter((token) => token.kind === "positional");
  const texts = (some: typeof words) => some.map(({ value }) => value);
  if (form.hasCommand !== true) return { words: texts(words), command: [] };
  return {
    words: texts(words.filter(({ index }) => index < end)),
    command: texts(words.filter(({ index }) => index > end)),
  };
}

function wordMistakes(form: CommandForm, words: readonly string[], command: readonly string[]): readonly Mistake[] {
  const [min, max] = form.wordCount;
  const fix = `write gearwright ${form.name} ${form.words}`.trim();
  const mistakes: Mistake[] = [];
  if (words.length < min) {
    const name = form.words.split(" ")[words.length] ?? "word";
    mistakes.push({ where: form.name, what: `its ${name} is missing`, fix });
  }
  for (const word of words.slice(max)) mistakes.push({ where: `"${word}"`, what: "nothing is expected here", fix });
  if (form.hasCommand === true && command.length === 0 && words.length >= min) {
    mistakes.push({ where: form.name, what: "the command to run is missing", fix });
  }
  if (words.slice(0, max).includes("")) mistakes.push({ where: '""', what: "it is empty", fix });
  return mistakes;
}
