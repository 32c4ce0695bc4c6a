/** Reads all settings: flag over environment over file over default, and every mistake of all of them at once. */
import { readFileSync } from "node:fs";
import { type Given, readEnvironment, readFlags, readToml, type Source } from "./given.ts";
import { KINDS } from "./kinds.ts";
import { mistakesTogether } from "./rules.ts";
import type { Mistake } from "./setting.ts";
import { SETTING_NAMES, SETTINGS, type SettingName, type Settings } from "./table.ts";

/** Where settings come from. */
export interface SettingsInput {
  /** What follows the command on the command line. */
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** The settings, or what is wrong; never both. */
export type SettingsOutcome =
  | { readonly settings: Settings; readonly mistakes: readonly [] }
  | { readonly settings: undefined; readonly mistakes: readonly Mistake[] };

/** Reads flags, environment and the file that they name. Never throws: what cannot be read is a mistake. */
export function readSettings(input: SettingsInput): SettingsOutcome {
  const flags = readFlags(input.args);
  const environment = readEnvironment(input.environment);
  const file = readFile([...flags.given, ...environment.given].find(({ name }) => name === "config"));
  const sources = [flags, environment, file];
  const mistakes = sources.flatMap((source) => source.mistakes);
  const values: Partial<Record<SettingName, unknown>> = {};
  for (const name of SETTING_NAMES) values[name] = resolve(name, sources, mistakes);
  const settings = values as Settings;
  if (mistakes.length === 0) mistakes.push(...mistakesTogether(settings));
  return mistakes.length === 0 ? { settings, mistakes: [] } : { settings: undefined, mistakes };
}

function readFile(config: Given | undefined): Source {
  if (config === undefined) return { given: [], mistakes: [] };
  try {
    return readToml(readFileSync(config.text, "utf8"), config.text);
  } catch (error) {
    const reason = error instanceof Error && "code" in error ? String(error.code) : String(error);
    const what = `${config.text} cannot be read (${reason})`;
    return { given: [], mistakes: [{ where: config.where, what, fix: "name a file that the server may read" }] };
  }
}

/** The value of the highest source; the texts of the others are read too, for their mistakes. */
function resolve(name: SettingName, sources: readonly Source[], mistakes: Mistake[]): unknown {
  const { kind } = SETTINGS[name];
  const found = sources.map(({ given }) =>
    given.filter((one) => one.name === name).flatMap((one) => readValue(one, mistakes)),
  );
  const winner = found.find((values) => values.length > 0);
  if (winner !== undefined) return kind === "addresses" ? winner : winner[0];
  const text = SETTINGS[name].default;
  return text === undefined ? undefined : readValue({ name, text, where: "default" }, mistakes)[0];
}

function readValue({ name, text, where }: Given, mistakes: Mistake[]): readonly unknown[] {
  const parsed = KINDS[SETTINGS[name].kind].parse(text, SETTINGS[name]);
  if ("value" in parsed) return [parsed.value];
  mistakes.push({ where, what: parsed.what, fix: parsed.fix });
  return [];
}
