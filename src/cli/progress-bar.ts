/** How far a job is, redrawn in place on standard error where that is a terminal. */
import { isatty } from "node:tty";
import { sayOnError } from "./terminal.ts";

const BAR_COLUMNS_MAX = 40;
/** Width of a terminal that does not tell its own. */
const COLUMNS = 80;
const ERASE_LINE = "\r\u001b[K";

/** A bar of one line; nothing is drawn where standard error is no terminal. */
export class ProgressBar {
  readonly #isShown = isatty(2) && process.env["TERM"] !== "dumb";
  #line = "";

  /** Draws what the worker said; the same line is not drawn twice. */
  draw(numerator: number, denominator: number): void {
    if (!this.#isShown) return;
    const line = barText(numerator, denominator, process.stderr.columns || COLUMNS);
    if (line === this.#line) return;
    this.#line = line;
    sayOnError(`${ERASE_LINE}${line}`);
  }

  /** Takes the bar away, so that something else can be written. */
  clear(): void {
    if (this.#line !== "") sayOnError(ERASE_LINE);
    this.#line = "";
  }
}

/** `[#####.....]  50%  5/10`, within the width of the terminal; without a bar where the numbers make none. */
export function barText(numerator: number, denominator: number, columns: number): string {
  const counts = `${numerator}/${denominator}`;
  if (!(denominator > 0 && numerator >= 0)) return counts.slice(0, columns - 1);
  const share = Math.min(1, numerator / denominator);
  const figures = `${String(Math.floor(share * 100)).padStart(4)}%  ${counts}`;
  const barColumns = Math.min(BAR_COLUMNS_MAX, columns - figures.length - 3);
  if (barColumns < 5) return figures.trim().slice(0, columns - 1);
  const full = Math.floor(share * barColumns);
  return `[${"#".repeat(full)}${".".repeat(barColumns - full)}]${figures}`;
}
