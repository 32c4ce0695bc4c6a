/** Draws the tables of docs/interop.md and puts them between its markers. */
import { COLUMNS, FEATURE_NAMES } from "./columns.ts";
import { FEATURES } from "./feature.ts";
import { PAIR_TRIALS, PAIRS, pairTitle } from "./pairs.ts";
import { TOOL_PAIRS } from "./tool-pairs.ts";

const BEGIN = "<!-- generated: interop -->";
const END = "<!-- end generated: interop -->";

/** Whether a trial that ran has failed; the arguments are the titles of column and row. */
export type HasFailed = (column: string, row: string) => boolean;

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`);
  return lines.join("\n");
}

/** Both tables as Markdown. */
export function drawTables(hasFailed: HasFailed): string {
  const cell = (column: string, row: string) => (hasFailed(column, row) ? "**fails**" : "ok");
  const matrix = table(
    ["", ...COLUMNS.map(({ title }) => title)],
    FEATURE_NAMES.map((feature) => {
      const row = FEATURES[feature];
      const cells = COLUMNS.map(({ title, lacks }) => lacks[feature] ?? cell(title, row));
      return [row, ...cells];
    }),
  );
  const pairs = table(
    ["", ...PAIRS.map(pairTitle), ...TOOL_PAIRS.map(({ title }) => title)],
    Object.keys(PAIR_TRIALS).map((row) => [
      row,
      ...PAIRS.map((pair) => cell(pairTitle(pair), row)),
      ...TOOL_PAIRS.map(({ title, lacks }) => lacks[row] ?? cell(title, row)),
    ]),
  );
  return `${matrix}\n\nClient → worker, with nothing between them but the server:\n\n${pairs}`;
}

/** The document with new tables; throws when it has no markers. */
export function withTables(document: string, tables: string): string {
  const begin = document.indexOf(BEGIN);
  const end = document.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`docs/interop.md has no ${BEGIN} … ${END}`);
  return `${document.slice(0, begin + BEGIN.length)}\n\n${tables}\n\n${document.slice(end)}`;
}
