/** Collects measured figures and says their median and spread. */
import type { ServerName } from "./servers.ts";

/** What is measured; each is a row of the table of results. */
export type Measure =
  | "echo16"
  | "echo8x64"
  | "drain"
  | "submit"
  | "uniques"
  | "bytesPerJob"
  | "bytesPerUniqueJob"
  | "idleMegabytes"
  | "startMs"
  | "burstMs";

/** Median, least and greatest of a list of values. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly count: number;
}

/** The spread of `values`, which must not be empty. */
function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((left, right) => left - right);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle];
  const lower = sorted[sorted.length % 2 === 0 ? middle - 1 : middle];
  if (upper === undefined || lower === undefined) throw new Error("no values");
  return { median: (upper + lower) / 2, min: sorted[0] ?? upper, max: sorted.at(-1) ?? upper, count: sorted.length };
}

/** All values of one run, by measure and server. */
export class Figures {
  readonly #values = new Map<string, number[]>();
  readonly #notes: string[] = [];

  add(measure: Measure, server: ServerName, value: number): void {
    const key = `${measure} ${server}`;
    const values = this.#values.get(key) ?? [];
    values.push(value);
    this.#values.set(key, values);
  }

  /** A sentence for the report. */
  addNote(note: string): void {
    if (!this.#notes.includes(note)) this.#notes.push(note);
  }

  get notes(): readonly string[] {
    return this.#notes;
  }

  /** Undefined when this was not measured. */
  spread(measure: Measure, server: ServerName): Spread | undefined {
    const values = this.#values.get(`${measure} ${server}`);
    return values === undefined ? undefined : spreadOf(values);
  }

  /** The greater median of gearmand `-t 0` and `-t 4`; undefined when neither was measured. */
  betterGearmand(measure: Measure): number | undefined {
    const medians = (["gearmand-t0", "gearmand-t4"] as const).flatMap((name) => {
      const spread = this.spread(measure, name);
      return spread === undefined ? [] : [spread.median];
    });
    return medians.length === 0 ? undefined : Math.max(...medians);
  }
}
