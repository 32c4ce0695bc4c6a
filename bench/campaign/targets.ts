/** What is promised of each figure, and whether a run keeps it. */

import type { ServerName } from "../servers.ts";
import type { Figures, Measure } from "./figures.ts";

/** A row of the report. */
export interface MeasureRow {
  readonly title: string;
  readonly unit: string;
  /** Digits behind the point. */
  readonly digits: number;
  /** Our figure divided by the better gearmand's must be at least this. */
  readonly ratioMin?: number;
  /** Our figure must be at most this. */
  readonly valueMax?: number;
  /** Of whom the target speaks. */
  readonly of: readonly ServerName[];
  /** What would be better than the target. */
  readonly better?: string;
}

const SPEED = { unit: "jobs/s", digits: 0, of: ["ours-bun"] } as const;
const BOTH = ["ours-bun", "ours-node"] as const;

/** Every measure with its target. */
// biome-ignore format: a table
export const MEASURES: Readonly<Record<Measure, MeasureRow>> = {
  echo16:            { ...SPEED, title: "16 clients × 1 in flight, 16 workers", ratioMin: 1 },
  echo8x64:          { ...SPEED, title: "8 clients × 64 in flight, 16 workers", ratioMin: 1.25, better: "≥ 1.4×" },
  drain:             { ...SPEED, title: "drain of queued jobs, 16 workers", ratioMin: 1.5, better: "≥ 1.8×" },
  submit:            { ...SPEED, title: "background submits, no unique", ratioMin: 0.8 },
  uniques:           { ...SPEED, title: "background submits, each its own unique", ratioMin: 40 },
  bytesPerJob:       { title: "memory per queued job of 64 bytes, no unique", unit: "bytes", digits: 0, valueMax: 600, of: ["ours-bun"] },
  bytesPerUniqueJob: { title: "memory per queued job of 64 bytes, with unique", unit: "bytes", digits: 0, valueMax: 800, of: ["ours-bun"] },
  idleMegabytes:     { title: "resident memory with 10,000 idle workers", unit: "MB", digits: 1, valueMax: 80, of: ["ours-bun"] },
  startMs:           { title: "`gearmand -p P` until its port answers", unit: "ms", digits: 0, valueMax: 300, of: BOTH },
  burstMs:           { title: "10,000 connects at once, all accepted", unit: "ms", digits: 0, valueMax: 2000, of: BOTH },
};

/** How one server did on one measure. */
export interface Verdict {
  readonly measure: Measure;
  readonly server: ServerName;
  /** For people: `1.31× (target ≥ 1.25×)`. */
  readonly text: string;
  /** Part of the target that was reached; 1 and more is kept. */
  readonly share: number;
}

function verdictOf(figures: Figures, measure: Measure, server: ServerName): Verdict | undefined {
  const row = MEASURES[measure];
  const median = figures.spread(measure, server)?.median;
  if (median === undefined) return undefined;
  if (row.valueMax !== undefined) {
    const text = `${median.toFixed(row.digits)} ${row.unit} (target ≤ ${row.valueMax})`;
    return { measure, server, text, share: row.valueMax / median };
  }
  const peer = figures.betterGearmand(measure);
  if (row.ratioMin === undefined || peer === undefined) return undefined;
  const better = row.better === undefined ? "" : `, better ${row.better}`;
  const text = `${(median / peer).toFixed(2)}× (target ≥ ${row.ratioMin}×${better})`;
  return { measure, server, text, share: median / peer / row.ratioMin };
}

/** The verdicts of everything that was measured and has a target. */
export function verdicts(figures: Figures): readonly Verdict[] {
  return (Object.keys(MEASURES) as Measure[]).flatMap((measure) =>
    MEASURES[measure].of.flatMap((server) => verdictOf(figures, measure, server) ?? []),
  );
}
