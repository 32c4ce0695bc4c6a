/** Collects measured figures and says their median and spread. */
import type { ServerName } from "../servers.ts";
import { type Spread, spreadOf } from "../spread.ts";

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
