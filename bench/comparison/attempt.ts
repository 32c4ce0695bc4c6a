/** Runs one load and notes what it told, or that it failed. */

import type { Board } from "../board.ts";
import type { LoadResult } from "../program-run.ts";

/** Where a result belongs. */
export interface Cell {
  readonly board: Board;
  readonly measure: string;
  readonly column: string;
  /** What the report calls the column. */
  readonly title: string;
  readonly say: (line: string) => void;
}

/** Chars of an error that a report takes. */
const ERROR_CHARS_MAX = 200;

/** What an error says, in one line; of a program's stack the line that names the error. */
function shortened(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const named = /^\w*Error: .*$/m.exec(text)?.[0];
  return (named ?? text.replaceAll(/\s+/g, " ")).slice(0, ERROR_CHARS_MAX);
}

/** The result of `one`; undefined when it failed, which the report then tells. */
export async function attempt(cell: Cell, one: () => Promise<LoadResult>): Promise<LoadResult | undefined> {
  const { board, measure, column } = cell;
  try {
    const result = await one();
    board.add(measure, column, result.perSecond);
    cell.say(`${measure.padEnd(10)} ${column.padEnd(20)} ${result.perSecond.toFixed(0)}`);
    return result;
  } catch (error) {
    const text = shortened(error);
    board.addNote(`${cell.title}: ${measure} failed: ${text}`);
    cell.say(`${measure.padEnd(10)} ${column.padEnd(20)} ${text}`);
    return undefined;
  }
}

/** Notes p50 and p99 of a result that has them. */
export function noteLatencies(board: Board, measure: string, column: string, result: LoadResult | undefined): void {
  if (result?.medianUs !== undefined) board.add(`${measure}P50`, column, result.medianUs);
  if (result?.p99Us !== undefined) board.add(`${measure}P99`, column, result.p99Us);
}
