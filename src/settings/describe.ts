/** Texts made from the settings table: the list in `--help` and the table in docs/configuration.md. */
import { KINDS } from "./kinds.ts";
import { environmentName, type Setting, tomlKey } from "./setting.ts";
import { SETTING_NAMES, SETTINGS } from "./table.ts";

/** Columns of a terminal that every help text fits. */
export const HELP_COLUMNS = 80;
const INDENT = 26;

/** The flags of `gearwright serve`, wrapped for a terminal. */
export function describeFlags(): string {
  return SETTING_NAMES.map((name) => describeFlag(SETTINGS[name])).join("\n");
}

function describeFlag(setting: Setting): string {
  const head = `  ${setting.flag}${valueText(setting) === "" ? "" : ` ${valueText(setting)}`}`;
  const text = `${setting.help} Default: ${defaultText(setting)}.`;
  const lines = wrapText(text, HELP_COLUMNS - INDENT).map((line) => " ".repeat(INDENT) + line);
  const first = lines.shift() ?? "";
  return [head.length < INDENT ? head + first.slice(head.length) : `${head}\n${first}`, ...lines].join("\n");
}

/** Breaks `text` at blanks into lines of at most `columnsMax`; a longer word has a line of its own. */
export function wrapText(text: string, columnsMax: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > columnsMax) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}

/** The settings as a table in Markdown. */
export function settingsMarkdown(): string {
  const head = ["Flag", "Environment", "In the file", "Default", "Range", "SIGHUP", "Meaning"];
  const rows = SETTING_NAMES.map((name) => markdownCells(SETTINGS[name]));
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function markdownCells(setting: Setting): string[] {
  const value = valueText(setting);
  return [
    `\`${setting.flag}${value === "" ? "" : ` ${value.replaceAll("|", "\\|")}`}\``,
    setting.sources === "flag" ? "–" : `\`${environmentName(setting)}\``,
    setting.sources === undefined ? `\`${tomlKey(setting)}\`` : "–",
    setting.default === undefined ? defaultText(setting) : `\`${setting.default}\``,
    rangeText(setting),
    setting.isReloadable ? "reloaded" : "restart",
    setting.help,
  ];
}

function valueText(setting: Setting): string {
  return setting.kind === "choice" ? (setting.choices ?? []).join("|") : KINDS[setting.kind].placeholder;
}

function defaultText(setting: Setting): string {
  return setting.default ?? setting.defaultText ?? "none";
}

function rangeText(setting: Setting): string {
  if (setting.kind === "level") return (setting.choices ?? []).join(", ");
  if (setting.range === undefined) return "–";
  const [min, max] = setting.range;
  if (setting.kind === "path" || setting.kind === "text") return `${min} to ${max} bytes`;
  return `${min} to ${max}${setting.kind === "limit" ? ", or `unlimited`" : ""}`;
}
