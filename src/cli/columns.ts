/** Tables for people, and how names look on a terminal. */
import { isatty } from "node:tty";
import { showBytes } from "../base/shown-bytes.ts";

/** One column of a table. */
export interface Column<Row> {
  readonly title: string;
  /** True: numbers, at the right. */
  readonly isNumber?: boolean;
  text(row: Row): string;
}

/** How a table is drawn. */
export interface TableOptions<Row> {
  /** Whether terminal colours may be used; see `hasColour`. */
  readonly hasColour: boolean;
  /** Rows that stand out where there is colour. */
  isStriking?(row: Row): boolean;
}

const BOLD = "\u001b[1m";
const RED = "\u001b[31m";
const PLAIN = "\u001b[0m";

/** A longer text moves the rest of its own row alone to the right, because one name should not push all numbers off the screen. */
const TEXT_COLUMNS_MAX = 40;

/** The table: a header, then a line per row, columns two blanks apart; the last line has no end. */
export function drawTable<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  options: TableOptions<Row>,
): string {
  const cells = rows.map((row) => columns.map((column) => column.text(row)));
  const widths = columns.map(({ title, isNumber }, at) => {
    const width = cells.reduce((most, line) => Math.max(most, widthOf(line[at] ?? "")), widthOf(title));
    return isNumber === true ? width : Math.min(width, TEXT_COLUMNS_MAX);
  });
  const lineOf = (texts: readonly string[]) =>
    texts
      .map((text, at) => {
        const gap = " ".repeat(Math.max(0, (widths[at] ?? 0) - widthOf(text)));
        return columns[at]?.isNumber === true ? gap + text : text + gap;
      })
      .join("  ")
      .trimEnd();
  const paint = (text: string, colour: string) => (options.hasColour ? `${colour}${text}${PLAIN}` : text);
  const head = paint(lineOf(columns.map(({ title }) => title)), BOLD);
  const body = rows.map((row, at) => {
    const line = lineOf(cells[at] ?? []);
    return options.isStriking?.(row) === true ? paint(line, RED) : line;
  });
  return [head, ...body].join("\n");
}

/** Whether standard output takes colours: a terminal that is not dumb, and NO_COLOR is not set (https://no-color.org). */
export function hasColour(): boolean {
  return isatty(1) && (process.env["NO_COLOR"] ?? "") === "" && process.env["TERM"] !== "dumb";
}

const WIDE =
  /\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{20000}-\u{3fffd}]/u;
const segmenter = new Intl.Segmenter();

/** Columns that a text takes on a terminal. */
function widthOf(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let width = 0;
  for (const { segment } of segmenter.segment(text)) width += WIDE.test(segment) ? 2 : 1;
  return width;
}

const UNSEEN = /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** A name of one char per byte for people: as UTF-8, and what would disturb the terminal is escaped, e.g. `\x1b`. */
export function shownName(latin1: string): string {
  return shownText(showBytes(latin1));
}

/** A text for people, with what would disturb the terminal escaped. */
export function shownText(text: string): string {
  return text.replace(UNSEEN, (char) => {
    const code = char.charCodeAt(0).toString(16);
    return code.length <= 2 ? `\\x${code.padStart(2, "0")}` : `\\u${code}`;
  });
}
