/** Chance from a seed, so that a run of the fuzzer can be played again. */

/** A stream of numbers that depends on nothing but its seed. Source: mulberry32. */
export class Chance {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** From 0 to below 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from 0 to below `count`. */
  below(count: number): number {
    return Math.floor(this.next() * count);
  }

  /** True once in `count`. */
  oneIn(count: number): boolean {
    return this.below(count) === 0;
  }

  /** One of a list that is not empty. */
  of<Item>(list: readonly Item[]): Item {
    const item = list[this.below(list.length)];
    if (item === undefined) throw new Error("the list is empty");
    return item;
  }

  /** Random bytes as a string of one char per byte; none of them NUL unless `hasNul`. */
  bytes(count: number, hasNul: boolean): string {
    let text = "";
    for (let index = 0; index < count; index += 1)
      text += String.fromCharCode(hasNul ? this.below(256) : 1 + this.below(255));
    return text;
  }

  /** Another stream, for one part of a run. */
  fork(): Chance {
    return new Chance(this.below(2 ** 32));
  }
}
