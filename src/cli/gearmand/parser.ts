/** Reads gearmand's command line and configuration file by the rules of its parser, boost's program_options. */
import { FLAG_ROWS, type FlagName, type GearmandFlag } from "./flags.ts";

/** The words that were given; a switch is an empty text. */
export type GivenFlags = ReadonlyMap<FlagName, string>;

/** What was read, and one sentence for each mistake. */
export interface ParsedFlags {
  readonly flags: GivenFlags;
  readonly mistakes: readonly string[];
}

type Row = readonly [FlagName, GearmandFlag];

const BY_LONG: ReadonlyMap<string, Row> = new Map(FLAG_ROWS.map((row) => [`--${row[0]}`, row]));
const BY_SHORT: ReadonlyMap<string, Row> = new Map(
  FLAG_ROWS.flatMap((row) => (row[1].short === undefined ? [] : [[`-${row[1].short}`, row]])),
);

interface State {
  readonly words: string[];
  readonly flags: Map<FlagName, string>;
  readonly mistakes: string[];
  /** True in a configuration file: words that are no options are skipped. */
  readonly isLenient: boolean;
}

/**
 * Reads words: `--name value`, `--name=value`, `-xvalue`, `-x value`, switches of one letter together; no abbreviations.
 *
 * `lenient`: a word that does not begin with a dash is skipped, as gearmand does in its configuration file.
 */
export function parseGearmandFlags(words: readonly string[], mode: "strict" | "lenient"): ParsedFlags {
  const state: State = { words: [...words], flags: new Map(), mistakes: [], isLenient: mode === "lenient" };
  for (let word = state.words.shift(); word !== undefined; word = state.words.shift()) {
    if (word === "--") readRest(state);
    else if (word.startsWith("--")) readLong(word, state);
    else if (word.startsWith("-") && word.length > 1) readShort(word, state);
    else if (!state.isLenient) state.mistakes.push(`unrecognised option '${word}'`);
  }
  return { flags: state.flags, mistakes: state.mistakes };
}

function readRest(state: State): void {
  for (const word of state.words.splice(0)) {
    if (!state.isLenient) state.mistakes.push(`unrecognised option '${word}'`);
  }
}

function readLong(word: string, state: State): void {
  const at = word.indexOf("=");
  const row = BY_LONG.get(at < 0 ? word : word.slice(0, at));
  if (row === undefined) {
    state.mistakes.push(`unrecognised option '${word}'`);
    return;
  }
  const [name, flag] = row;
  if (flag.value === undefined) {
    if (at < 0) take(row, "", state);
    else state.mistakes.push(`option '--${name}' does not take any arguments`);
  } else if (at < 0) {
    takeNext(row, state);
  } else if (at === word.length - 1) {
    state.mistakes.push(`the argument for option '--${name}' should follow immediately after the equal sign`);
  } else {
    take(row, word.slice(at + 1), state);
  }
}

function readShort(word: string, state: State): void {
  for (let at = 1; at < word.length; at += 1) {
    const row = BY_SHORT.get(`-${word[at]}`);
    if (row === undefined) {
      state.mistakes.push(`unrecognised option '-${word.slice(at)}'`);
      return;
    }
    if (row[1].value !== undefined) {
      if (at + 1 < word.length) take(row, word.slice(at + 1), state);
      else takeNext(row, state);
      return;
    }
    take(row, "", state);
  }
}

function takeNext(row: Row, state: State): void {
  const [next] = state.words;
  if (next === undefined || isKnown(next)) {
    state.mistakes.push(`the required argument for option '--${row[0]}' is missing`);
    return;
  }
  state.words.shift();
  take(row, next, state);
}

// A word that is itself an option is not taken as the value of the one before it; `-1` is no option.
function isKnown(word: string): boolean {
  const [long = ""] = word.split("=");
  return BY_LONG.has(long) || (!word.startsWith("--") && BY_SHORT.has(word.slice(0, 2)));
}

function take([name, flag]: Row, text: string, state: State): void {
  if (state.flags.has(name)) state.mistakes.push(`option '--${name}' cannot be specified more than once`);
  else if (flag.value === "integer" && !isInt32(text)) {
    state.mistakes.push(`the argument ('${text}') for option '--${name}' is invalid`);
  }
  state.flags.set(name, text);
}

function isInt32(text: string): boolean {
  return /^[+-]?\d{1,10}$/.test(text) && Number(text) >= -(2 ** 31) && Number(text) < 2 ** 32;
}
