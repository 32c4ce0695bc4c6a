/**
 * The words of a scenario's steps: text form ⇄ canonical form, and the comparison of what was expected with what came.
 *
 * Canonical words are strings of one char per byte in which `${H1}` stands for the first handle.
 */

/** In canonical form: any bytes without a line end. */
export const ANY_TEXT = `\${*}`;
/** In canonical form: any word. */
const ANY_WORD = `\${**}`;

/** Something a connection gets: a packet's name and arguments, `text` and its reply, `closed`, or `nothing`. */
export interface Thing {
  readonly name: string;
  readonly words: readonly string[];
}

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", "\\": "\\", '"': '"', "0": "\0" };
const ESCAPES_BACK: Readonly<Record<string, string>> = {
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\\": "\\\\",
  '"': '\\"',
};
const LONG_WORD_CHARS = 40;
const PERIOD_CHARS_MAX = 16;
const SHOWN_CHARS_MAX = 400;

/** Reads a quoted word; `start` is the char after its opening quote. Returns the word and the char after its closing quote. */
function readQuoted(text: string, start: number): { readonly word: string; readonly end: number } {
  let word = "";
  let at = start;
  while (text[at] !== '"') {
    const char = text[at];
    if (char === undefined) throw new Error(`a quote is not closed: ${text}`);
    if (char !== "\\") {
      word += char;
      at += 1;
    } else if (text[at + 1] === "x") {
      word += String.fromCharCode(Number.parseInt(text.slice(at + 2, at + 4), 16));
      at += 4;
    } else {
      const meaning = ESCAPES[text[at + 1] ?? ""];
      if (meaning === undefined) throw new Error(`no such escape: ${text.slice(at, at + 2)}`);
      word += meaning;
      at += 2;
    }
  }
  return { word, end: at + 1 };
}

function bareWord(bare: string): string {
  if (/^H\d+$/.test(bare)) return `\${${bare}}`;
  if (bare === "*") return ANY_WORD;
  if (/^@now[+-]\d+$/.test(bare)) return String(Math.floor(Date.now() / 1000) + Number(bare.slice(4)));
  return bare;
}

/** Text form → canonical words. */
export function splitWords(text: string): string[] {
  const words: string[] = [];
  let repeat = 1;
  let at = 0;
  while (at < text.length) {
    if (text[at] === " ") {
      at += 1;
      continue;
    }
    let word: string;
    if (text[at] === '"') {
      ({ word, end: at } = readQuoted(text, at + 1));
    } else {
      const blank = text.indexOf(" ", at);
      const bare = text.slice(at, blank < 0 ? text.length : blank);
      at += bare.length;
      if (/^\*\d+$/.test(bare)) {
        repeat = Number(bare.slice(1));
        continue;
      }
      word = bareWord(bare);
    }
    words.push(word.repeat(repeat));
    repeat = 1;
  }
  return words;
}

/** A name and words in text form → the thing that they describe. */
export function readThing(text: string): Thing {
  const blank = text.indexOf(" ");
  if (blank < 0) return { name: text, words: [] };
  return { name: text.slice(0, blank), words: splitWords(text.slice(blank + 1)) };
}

function quoteChar(char: string): string {
  const code = char.charCodeAt(0);
  return ESCAPES_BACK[char] ?? (code >= 32 && code < 127 ? char : `\\x${code.toString(16).padStart(2, "0")}`);
}

/** A canonical word → text form. */
export function quoteWord(word: string): string {
  const handle = /^\$\{(H\d+)\}$/.exec(word)?.[1];
  if (handle !== undefined) return handle;
  if (word === ANY_WORD) return "*";
  if (word.length > LONG_WORD_CHARS) {
    for (let period = 1; period <= PERIOD_CHARS_MAX; period += 1) {
      const count = word.length / period;
      if (Number.isInteger(count) && word === word.slice(0, period).repeat(count)) {
        return `*${count} ${quoteWord(word.slice(0, period))}`;
      }
    }
  }
  if (/^[A-Za-z0-9_.:/+=-]+$/.test(word) && !/^H\d+$/.test(word)) return word;
  return `"${[...word].map(quoteChar).join("")}"`;
}

/** A thing in text form, cut to 400 chars. */
export function showThing(thing: Thing): string {
  const text = [thing.name, ...thing.words.map(quoteWord)].join(" ");
  return text.length < SHOWN_CHARS_MAX ? text : `${text.slice(0, SHOWN_CHARS_MAX)}...`;
}

function isSameWord(want: string, have: string): boolean {
  if (want === ANY_WORD || want === have) return true;
  if (!want.includes(ANY_TEXT)) return false;
  const parts = want.split(ANY_TEXT).map((part) => part.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&"));
  return new RegExp(`^(?:${parts.join("[^\\r\\n]*")})$`).test(have);
}

/** Whether what came is what was expected. */
export function isSameThing(want: Thing, have: Thing): boolean {
  if (want.name !== have.name || want.words.length !== have.words.length) return false;
  return want.words.every((word, index) => isSameWord(word, have.words[index] ?? ""));
}
