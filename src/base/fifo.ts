/** A first-in, first-out list whose ends both cost the same however long it is. */

const COMPACT_AT = 1024;

/** Items in order; `undefined` is no item. */
export class Fifo<Item> {
  #items: (Item | undefined)[] = [];
  #head = 0;

  /** How many items wait. */
  get length(): number {
    return this.#items.length - this.#head;
  }

  /** The item that is next; undefined: none. */
  get first(): Item | undefined {
    return this.#items[this.#head];
  }

  /** The item that was added last; undefined: none. */
  get last(): Item | undefined {
    return this.length === 0 ? undefined : this.#items[this.#items.length - 1];
  }

  /** Adds an item at the end. */
  push(item: Item): void {
    this.#items.push(item);
  }

  /** Puts `item` in the place of the last one. */
  replaceLast(item: Item): void {
    if (this.length > 0) this.#items[this.#items.length - 1] = item;
  }

  /** Takes the next item; undefined: there is none. */
  shift(): Item | undefined {
    const head = this.#head;
    if (head === this.#items.length) return undefined;
    const item = this.#items[head];
    this.#items[head] = undefined;
    this.#head = head + 1;
    if (this.#head === this.#items.length) {
      this.#items.length = 0;
      this.#head = 0;
    } else if (this.#head >= COMPACT_AT && this.#head * 2 >= this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }

  /** Takes all items. */
  takeAll(): Item[] {
    const items = this.#items.slice(this.#head) as Item[];
    this.#items = [];
    this.#head = 0;
    return items;
  }
}
