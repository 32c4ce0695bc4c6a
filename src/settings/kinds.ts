/** How a value of each kind is read from text, and what is said when it cannot be. */
import { parseListenAddress } from "../base/listen-address.ts";
import { nearestName } from "./nearest-name.ts";
import type { KindName, Setting } from "./setting.ts";
import { parseDuration, parseSize } from "./units.ts";

/** A value, or what is wrong with the text and what to write instead. */
type Parsed = { readonly value: unknown } | { readonly what: string; readonly fix: string };

interface Kind {
  /** What stands for the value in help. */
  readonly placeholder: string;
  parse(text: string, setting: Setting): Parsed;
}

const SWITCH_WORDS: ReadonlyMap<string, boolean> = new Map([
  ["on", true],
  ["true", true],
  ["yes", true],
  ["1", true],
  ["off", false],
  ["false", false],
  ["no", false],
  ["0", false],
]);

/** Every kind by name. */
export const KINDS: Readonly<Record<KindName, Kind>> = {
  addresses: { placeholder: "ADDRESS", parse: parseAddress },
  choice: { placeholder: "WORD", parse: parseChoice },
  count: {
    placeholder: "N",
    parse: (text, setting) => parseNumber(text, setting, { read: readCount, example: "a whole number" }),
  },
  duration: {
    placeholder: "TIME",
    parse: (text, setting) =>
      parseNumber(text, setting, { read: parseDuration, example: "a time with its unit, such as 60s or 500ms" }),
  },
  level: { placeholder: "LEVEL", parse: (text, setting) => parseChoice(text.toUpperCase(), setting) },
  limit: { placeholder: "N", parse: parseLimit },
  path: { placeholder: "PATH", parse: parseText },
  size: {
    placeholder: "SIZE",
    parse: (text, setting) => parseNumber(text, setting, { read: parseSize, example: "a size, such as 64MiB" }),
  },
  switch: { placeholder: "", parse: parseSwitch },
  text: { placeholder: "TEXT", parse: parseText },
};

function readCount(text: string): number | undefined {
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

function parseNumber(
  text: string,
  setting: Setting,
  form: { readonly read: (text: string) => number | undefined; readonly example: string },
): Parsed {
  const value = form.read(text);
  if (value === undefined) return { what: `"${text}" is not ${form.example}`, fix: `write ${rangeText(setting)}` };
  const min = form.read(setting.range?.[0] ?? "") ?? 0;
  const max = form.read(setting.range?.[1] ?? "") ?? Number.MAX_SAFE_INTEGER;
  if (value < min || value > max) return { what: `${text} is out of range`, fix: `write ${rangeText(setting)}` };
  return { value };
}

function rangeText(setting: Setting): string {
  return setting.range === undefined ? "one" : `one from ${setting.range[0]} to ${setting.range[1]}`;
}

function parseLimit(text: string, setting: Setting): Parsed {
  if (text === "unlimited") return { value: Number.POSITIVE_INFINITY };
  const parsed = parseNumber(text, setting, { read: readCount, example: "a whole number" });
  return "value" in parsed ? parsed : { what: parsed.what, fix: `${parsed.fix}, or unlimited` };
}

function parseChoice(text: string, setting: Setting): Parsed {
  const choices = setting.choices ?? [];
  if (choices.includes(text)) return { value: text };
  const near = nearestName(text, choices);
  const list = choices.length === 1 ? `only ${choices[0]} is possible` : `write one of ${choices.join(", ")}`;
  const what =
    setting.later === undefined ? `"${text}" is not possible` : `"${text}" is not possible yet, ${setting.later}`;
  return { what, fix: near === undefined ? list : `did you mean ${near}? ${list}` };
}

function parseSwitch(text: string): Parsed {
  const value = SWITCH_WORDS.get(text.toLowerCase());
  return value === undefined ? { what: `"${text}" is neither on nor off`, fix: "write on or off" } : { value };
}

function parseText(text: string, setting: Setting): Parsed {
  const bytesMax = Number(setting.range?.[1] ?? "4095");
  if (text === "") return { what: "it is empty", fix: "write a value or leave it out" };
  if (/\p{Cc}/u.test(text)) return { what: "it has control characters", fix: "write it without them" };
  if (setting.kind === "text" && /\s/.test(text))
    return { what: `"${text}" has blanks`, fix: "write it without blanks" };
  if (Buffer.byteLength(text) > bytesMax) {
    return { what: `it has ${Buffer.byteLength(text)} bytes`, fix: `write at most ${bytesMax}` };
  }
  return { value: text };
}

function parseAddress(text: string): Parsed {
  const parsed = parseListenAddress(text);
  if (typeof parsed === "string") return { what: `"${text}" is no address`, fix: parsed };
  return { value: parsed };
}
