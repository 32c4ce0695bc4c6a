/** Sizes and durations as people write them: `64MiB`, `500ms`, `60s`, `5m`, `24h`. */

const SIZE_UNITS = {
  B: 1,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
};
const SIZE_BY_TEXT = new Map<string, number>(
  Object.entries({
    ...SIZE_UNITS,
    K: SIZE_UNITS.KiB,
    M: SIZE_UNITS.MiB,
    G: SIZE_UNITS.GiB,
    T: SIZE_UNITS.TiB,
    "": 1,
  }).map(([name, factor]) => [name.toLowerCase(), factor]),
);
const DURATION_UNITS: ReadonlyMap<string, number> = new Map([
  ["ms", 1],
  ["s", 1_000],
  ["m", 60_000],
  ["h", 3_600_000],
]);

/** Bytes, or undefined if `text` is not a size. A bare number is bytes; `64M` and `64MiB` are the same, `64MB` is decimal. */
export function parseSize(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text);
  const factor = SIZE_BY_TEXT.get((match?.[2] ?? "?").toLowerCase());
  return match === null || factor === undefined ? undefined : Math.floor(Number(match[1]) * factor);
}

/** Milliseconds, or undefined if `text` is not a duration. A unit is needed, except for 0. */
export function parseDuration(text: string): number | undefined {
  if (text === "0") return 0;
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]+)$/.exec(text);
  const factor = DURATION_UNITS.get(match?.[2] ?? "?");
  return match === null || factor === undefined ? undefined : Math.round(Number(match[1]) * factor);
}

/** The shortest exact way to write a size. */
export function showSize(bytes: number): string {
  for (const unit of ["TiB", "GiB", "MiB", "KiB"] as const) {
    if (bytes > 0 && bytes % SIZE_UNITS[unit] === 0) return `${bytes / SIZE_UNITS[unit]}${unit}`;
  }
  return `${bytes}B`;
}

/** A duration in seconds where it is whole ones, else in ms. */
export function showDuration(ms: number): string {
  return ms % 1_000 === 0 ? `${ms / 1_000}s` : `${ms}ms`;
}
