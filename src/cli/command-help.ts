/** Texts made from a command's table: its help, and its section of docs/command-line.md. */
import { HELP_COLUMNS, wrapText } from "../settings/describe.ts";
import { type CommandForm, type FlagRow, placeholderOf } from "./command-form.ts";

const FLAG_INDENT = 26;
const EXIT_INDENT = 7;

/** What `gearwright help NAME` and `gearwright NAME --help` print. */
export function commandHelp(form: CommandForm): string {
  const about = form.about.map((paragraph) => wrapText(paragraph, HELP_COLUMNS).join("\n")).join("\n\n");
  const flags = Object.entries(form.flags).map(([name, row]) => entry(flagText(name, row), flagMeaning(row)));
  const exits = form.exits.map(([status, meaning]) => entry(String(status), meaning, EXIT_INDENT));
  return `${usageOf(form)}

${about}

${[...flags, entry("--help", "Prints this.")].join("\n")}

Exit status:
${exits.join("\n")}`;
}

function usageOf({ name, words }: CommandForm): string {
  return `Usage: gearwright ${name} [FLAG]... ${words}`.trimEnd();
}

function flagText(name: string, row: FlagRow): string {
  return `--${name} ${placeholderOf(row)}`.trimEnd();
}

function flagMeaning({ help, default: standard, range }: FlagRow): string {
  const hasValues = range !== undefined && /^\d/.test(range[0]) && standard !== undefined;
  const span = hasValues ? ` (${range[0]} to ${range[1]})` : "";
  return standard === undefined ? help : `${help} Default: ${standard}${span}.`;
}

function entry(head: string, text: string, indent = FLAG_INDENT): string {
  const lines = wrapText(text, HELP_COLUMNS - indent).map((line) => " ".repeat(indent) + line);
  const first = lines.shift() ?? "";
  const flag = `  ${head}`;
  return [flag.length < indent ? flag + first.slice(flag.length) : `${flag}\n${first}`, ...lines].join("\n");
}

/** The command's section of docs/command-line.md, without its heading and examples. */
export function commandMarkdown(form: CommandForm): string {
  const flags = Object.entries(form.flags).map(
    ([name, row]) => `| \`${escapeBars(flagText(name, row))}\` | ${escapeBars(flagMeaning(row))} |`,
  );
  const exits = form.exits.map(([status, meaning]) => `| ${status} | ${escapeBars(meaning)} |`);
  return [
    `\`\`\`text\n${usageOf(form)}\n\`\`\``,
    ...form.about,
    ["| Flag | Meaning |", "| --- | --- |", ...flags].join("\n"),
    ["| Exit status | |", "| --- | --- |", ...exits].join("\n"),
  ].join("\n\n");
}

function escapeBars(text: string): string {
  return text.replaceAll("|", "\\|");
}
