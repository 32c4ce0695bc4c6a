/**
 * Values by handle, for handles that come and go by the hundred thousand a second.
 *
 * A Map makes a new table every few deletions, and the old tables keep what they held until the next full collection: a third of
 * a busy client's time was the collector's. Here nothing is made while the count stays: one array each of keys and values, a
 * power of two long and at most half full; a key lies at its hash or, where that is taken, right behind.
 */
const SIZE_MIN = 64;
/** Handles differ at their end. */
const HASHED_CHARS = 12;

/** A map from handles to values. */
export class HandleMap<Value> {
  #keys: (string | undefined)[] = new Array(SIZE_MIN).fill(undefined);
  #values: (Value | undefined)[] = new Array(SIZE_MIN).fill(undefined);
  #size = 0;

  /** How many handles there are. */
  get size(): number {
    return this.#size;
  }

  get(handle: string): Value | undefined {
    return this.#values[this.#indexOf(handle)];
  }

  set(handle: string, value: Value): void {
    let index = this.#indexOf(handle);
    if (this.#keys[index] === undefined) {
      if ((this.#size + 1) * 2 > this.#keys.length) {
        this.#resize(this.#keys.length * 2);
        index = this.#indexOf(handle);
      }
      this.#keys[index] = handle;
      this.#size += 1;
    }
    this.#values[index] = value;
  }

  delete(handle: string): void {
    let hole = this.#indexOf(handle);
    const keys = this.#keys;
    if (keys[hole] === undefined) return;
    const mask = keys.length - 1;
    this.#size -= 1;
    // What stands behind moves up, unless it would then stand before its own hash.
    for (let index = (hole + 1) & mask; ; index = (index + 1) & mask) {
      const key = keys[index];
      if (key === undefined) break;
      if (((index - hashOf(key)) & mask) < ((index - hole) & mask)) continue;
      keys[hole] = key;
      this.#values[hole] = this.#values[index];
      hole = index;
    }
    keys[hole] = undefined;
    this.#values[hole] = undefined;
    if (keys.length > SIZE_MIN && this.#size * 8 < keys.length) this.#resize(keys.length / 2);
  }

  /** All values, in no order. */
  values(): readonly Value[] {
    return this.#values.filter((value) => value !== undefined);
  }

  clear(): void {
    this.#keys = new Array(SIZE_MIN).fill(undefined);
    this.#values = new Array(SIZE_MIN).fill(undefined);
    this.#size = 0;
  }

  /** Where the handle is, or the free place where it would be. */
  #indexOf(handle: string): number {
    const keys = this.#keys;
    const mask = keys.length - 1;
    let index = hashOf(handle) & mask;
    while (keys[index] !== undefined && keys[index] !== handle) index = (index + 1) & mask;
    return index;
  }

  #resize(length: number): void {
    const [keys, values] = [this.#keys, this.#values];
    this.#keys = new Array(length).fill(undefined);
    this.#values = new Array(length).fill(undefined);
    for (const [index, key] of keys.entries()) {
      if (key === undefined) continue;
      const place = this.#indexOf(key);
      this.#keys[place] = key;
      this.#values[place] = values[index];
    }
  }
}

function hashOf(handle: string): number {
  let hash = 0;
  for (let index = Math.max(0, handle.length - HASHED_CHARS); index < handle.length; index++) {
    hash = (Math.imul(hash, 31) + handle.charCodeAt(index)) | 0;
  }
  return hash ^ (hash >>> 15);
}
