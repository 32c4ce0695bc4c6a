/** What a run has measured: values by measure and column, and sentences for its report. */
import { type Spread, spreadOf } from "./spread.ts";

/** All values of one run. */
export class Board<Measure extends string = string, Column extends string = string> {
  readonly #values = new Map<string, number[]>();
  readonly #notes: string[] = [];

  add(measure: Measure, column: Column, value: number): void {
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
  spread(measure: Measure, column: Column): Spread | undefined {
    const values = this.#values.get(`${measure} ${column}`);
    return values === undefined ? undefined : spreadOf(values);
  }

  /** Undefined when this was not measured. */
  median(measure: Measure, column: Column): number | undefined {
    return this.spread(measure, column)?.median;
  }
}
