/** What a comparison has measured: values by measure and column, and sentences for its report. */
import { type Spread, spreadOf } from "../spread.ts";

/** All values of one comparison. */
export class Board {
  readonly #values = new Map<string, number[]>();
  readonly #notes: string[] = [];

  add(measure: string, column: string, value: number): void {
    const key = `${measure} ${column}`;
    const values = this.#values.get(key) ?? [];
    values.push(value);
    this.#values.set(key, values);
  }

  /** A sentence for the report; the same one counts once. */
  addNote(note: string): void {
    if (!this.#notes.includes(note)) this.#notes.push(note);
  }

  get notes(): readonly string[] {
    return this.#notes;
  }

  /** Undefined when this was not measured. */
  spread(measure: string, column: string): Spread | undefined {
    const values = this.#values.get(`${measure} ${column}`);
    return values === undefined ? undefined : spreadOf(values);
  }

  /** Undefined when this was not measured. */
  median(measure: string, column: string): number | undefined {
    return this.spread(measure, column)?.median;
  }
}
