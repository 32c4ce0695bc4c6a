/** Writes what the comparisons measured as Markdown: figures, ratios and targets. */

import type { Board } from "../board.ts";
import { shownSpread } from "../spread.ts";
import type { Row } from "./rows.ts";
import { libraryVerdicts } from "./targets.ts";

/** A column of a table. */
export interface Column {
  readonly name: string;
  readonly title: string;
}

/** One comparison in a report. */
export interface Section {
  readonly heading: string;
  /** What was done and what is not alike, a paragraph each. */
  readonly prose: readonly string[];
  readonly rows: readonly Row[];
  readonly columns: readonly Column[];
  /** The columns of ours; the first is what ratios are of. */
  readonly ours: readonly Column[];
  readonly board: Board;
  readonly hasTargets: boolean;
}

function tableLines(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  plainCount: number,
): readonly string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const rule = head.map((_, index) => (index < plainCount ? "---" : "---:"));
  return [line(head), line(rule), ...rows.map(line)];
}

/** How many times better ours is: rates as ours to the peer's, latencies and memory the other way round. */
export function ratioOf(board: Board, row: Row, ours: string, peer: string): number | undefined {
  const own = board.median(row.measure, ours);
  const other = board.median(row.measure, peer);
  if (own === undefined || other === undefined || own === 0 || other === 0) return undefined;
  return row.isLessBetter === true ? other / own : own / other;
}

function figures({ board, rows, columns }: Section): readonly string[] {
  const cells = rows.map((row) => [
    row.title,
    row.unit,
    ...columns.map(({ name }) => shownSpread(board.spread(row.measure, name), row.digits)),
  ]);
  const measured = cells.filter(([, , ...values]) => values.some((value) => value !== "–"));
  return tableLines(["load", "unit", ...columns.map(({ title }) => title)], measured, 2);
}

function ratios({ board, rows, columns, ours }: Section): readonly string[] {
  const [first] = ours;
  if (first === undefined || !columns.some(({ name }) => name === first.name)) return [];
  const peers = columns.filter(({ name }) => !ours.some((own) => own.name === name));
  const cells = rows.map((row) => [
    row.title,
    ...peers.map(({ name }) => {
      const ratio = ratioOf(board, row, first.name, name);
      return ratio === undefined ? "–" : `${ratio.toFixed(2)}×`;
    }),
  ]);
  const measured = cells.filter(([, ...values]) => values.some((value) => value !== "–"));
  if (peers.length === 0 || measured.length === 0) return [];
  return [
    `How many times better ${first.title} is than each (rates: ours to theirs; latencies and memory: theirs to ours):`,
    "",
    ...tableLines(["load", ...peers.map(({ title }) => title)], measured, 1),
    "",
  ];
}

function targets(section: Section): readonly string[] {
  const rows = section.ours.flatMap(({ name, title }) =>
    libraryVerdicts(section.board, name).map((verdict) => {
      const peer = section.columns.find((column) => column.name === verdict.peer)?.title ?? verdict.peer;
      const word = verdict.ratio >= verdict.ratioMin ? "kept" : "**missed**";
      return [title, verdict.title, `≥ ${verdict.ratioMin}×`, `${verdict.ratio.toFixed(2)}×`, peer, word];
    }),
  );
  if (rows.length === 0) return [];
  return [...tableLines(["target", "at", "asked", "figure", "nearest peer", ""], rows, 6), ""];
}

/** One comparison as Markdown. */
export function sectionLines(section: Section): readonly string[] {
  const notes = section.board.notes.map((note) => `- ${note}`);
  return [
    `## ${section.heading}`,
    "",
    ...section.prose.flatMap((paragraph) => [paragraph, ""]),
    ...figures(section),
    "",
    ...ratios(section),
    ...(section.hasTargets ? targets(section) : []),
    ...(notes.length === 0 ? [] : [...notes, ""]),
  ];
}

/** The whole report. `facts` is a line on machine and versions. */
export function comparisonReport(sections: readonly Section[], facts: string): string {
  const lines = [
    "# Results of the comparison",
    "",
    facts,
    "",
    "Made by `npm run bench`. Everything runs on one machine over loopback TCP, nothing pinned, nothing durable, workloads of 64",
    "bytes. Each load has a time, not a number of jobs; rounds of all columns are interleaved; a cell is the median of the rounds",
    "and, in brackets, the least and the greatest.",
    "",
    ...sections.flatMap(sectionLines),
  ];
  return `${lines.join("\n").trimEnd()}\n`;
}
