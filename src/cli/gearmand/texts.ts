/** Texts made from the table of gearmand's flags: `--help`, the version line and the table in docs/gearmand.md. */
import { HELP_COLUMNS, wrapText } from "../../settings/describe.ts";
import { packageVersion } from "../version.ts";
import { FLAG_ROWS, GEARMAND_ROWS, type GearmandFlag } from "./flags.ts";
import type { GearmandVersion } from "./resolve.ts";

const INDENT = 34;
const EFFECT_WORDS = { same: "same", none: "accepted, no effect", refused: "refused" } as const;
const HOME = "https://www.npmjs.com/package/gearwright";
const FULL_VERSION = { "1.1": "1.1.20", "2.0": "2.0.0-51" } as const;

/** What `gearwright gearmand --help` prints. */
export function gearmandHelp(): string {
  const working = FLAG_ROWS.filter(([, { effect }]) => effect === "same").map(([name, flag]) => helpRow(name, flag));
  const idle = FLAG_ROWS.filter(([, { effect }]) => effect === "none").map(([name]) => `--${name}`);
  const refused = FLAG_ROWS.filter(([, { effect }]) => effect === "refused").map(([name]) => `--${name}`);
  return `Usage: gearwright gearmand [FLAG]...

Runs the job server with the command line of gearmand.

${working.join("\n")}

Accepted without effect:
${wrapText(idle.join(" "), HELP_COLUMNS - 2)
  .map((line) => `  ${line}`)
  .join("\n")}
Refused:
${wrapText(refused.join(" "), HELP_COLUMNS - 2)
  .map((line) => `  ${line}`)
  .join("\n")}

SIGTERM and SIGINT stop at once. SIGUSR1 closes the listeners, and the server
ends when it holds no job. SIGHUP opens the log again.`;
}

function helpRow(name: string, flag: GearmandFlag): string {
  const short = flag.short === undefined ? "    " : `-${flag.short}, `;
  const head = `  ${short}--${name}${flag.value === undefined ? "" : ` ${flag.value === "integer" ? "N" : "WORD"}`}`;
  const text = flag.default === undefined ? flag.help : `${flag.help} Default: ${flag.default}.`;
  const [first = "", ...lines] = wrapText(text, HELP_COLUMNS - INDENT).map((line) => " ".repeat(INDENT) + line);
  return [head.length < INDENT ? head + first.slice(head.length) : `${head}\n${first}`, ...lines].join("\n");
}

/** What the text command `version` answers: the gearmand that is followed, and what follows it. */
export function gearmandVersion(version: GearmandVersion): string {
  return `${FULL_VERSION[version]}+gearwright.${packageVersion()}`;
}

/** What `--version` prints, in gearmand's form: an empty line, then name, version and address. */
export function gearmandVersionLine(version: GearmandVersion): string {
  return `\ngearmand ${gearmandVersion(version)} - ${HOME}`;
}

/** Every flag as a table in Markdown. */
export function gearmandMarkdown(): string {
  const head = ["gearmand's flag", "Gearwright", "Meaning", "Remarks"];
  const rows = GEARMAND_ROWS.map(([name, flag]) => [
    `${flag.short === undefined ? "" : `\`-${flag.short}\` `}\`--${name}\``,
    EFFECT_WORDS[flag.effect],
    flag.help.replaceAll("|", "\\|"),
    [flag.note, flag.default === undefined ? undefined : `default \`${flag.default}\``].filter(Boolean).join("; "),
  ]);
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
