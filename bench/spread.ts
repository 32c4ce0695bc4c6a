/** Median, least and greatest of measured values. */

/** Median, least and greatest of a list of values. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly count: number;
}

/** The spread of `values`, which must not be empty. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((left, right) => left - right);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle];
  const lower = sorted[sorted.length % 2 === 0 ? middle - 1 : middle];
  if (upper === undefined || lower === undefined) throw new Error("no values");
  return { median: (upper + lower) / 2, min: sorted[0] ?? upper, max: sorted.at(-1) ?? upper, count: sorted.length };
}

/** A number with commas and this many digits behind the point. */
export function shownNumber(value: number, digits: number): string {
  return value.toLocaleString("en-GB", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** The median and, of more than one value, the least and the greatest in brackets; a dash for none. */
export function shownSpread(spread: Spread | undefined, digits: number): string {
  if (spread === undefined) return "–";
  const median = shownNumber(spread.median, digits);
  return spread.count === 1
    ? median
    : `${median} (${shownNumber(spread.min, digits)}–${shownNumber(spread.max, digits)})`;
}
