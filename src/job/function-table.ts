/** All functions by name; bounded, the oldest that nobody would miss is forgotten first. */
import { FunctionQueue } from "./function-queue.ts";

/** The functions the table knows. Names are bytes, one char each, and may be empty. */
export class FunctionTable {
  readonly #functions = new Map<string, FunctionQueue>();
  readonly #idle = new Set<FunctionQueue>();
  readonly #countMax: number;

  constructor(countMax: number) {
    this.#countMax = countMax;
  }

  get size(): number {
    return this.#functions.size;
  }

  find(name: string): FunctionQueue | undefined {
    return this.#functions.get(name);
  }

  /** As gearmand's drop does: the exact name, or else one that differs only in the case of ASCII letters. */
  findAnyCase(name: string): FunctionQueue | undefined {
    const exact = this.#functions.get(name);
    if (exact !== undefined) return exact;
    const wanted = lowerCase(name);
    for (const functionQueue of this.#functions.values()) {
      if (lowerCase(functionQueue.name) === wanted) return functionQueue;
    }
    return undefined;
  }

  /** The function of this name, made where it is missing; undefined where there are too many and none is idle. */
  obtain(name: string): FunctionQueue | undefined {
    const known = this.#functions.get(name);
    if (known !== undefined) return known;
    if (this.#functions.size >= this.#countMax && !this.#forgetOldest()) return undefined;
    const functionQueue = new FunctionQueue(name);
    this.#functions.set(name, functionQueue);
    this.#idle.add(functionQueue);
    return functionQueue;
  }

  /** To be told whenever a function may have become idle or busy. */
  note(functionQueue: FunctionQueue): void {
    if (!functionQueue.isIdle) this.#idle.delete(functionQueue);
    else if (this.#functions.get(functionQueue.name) === functionQueue) this.#idle.add(functionQueue);
  }

  drop(functionQueue: FunctionQueue): void {
    this.#functions.delete(functionQueue.name);
    this.#idle.delete(functionQueue);
  }

  [Symbol.iterator](): IterableIterator<FunctionQueue> {
    return this.#functions.values();
  }

  #forgetOldest(): boolean {
    for (const functionQueue of this.#idle) {
      this.drop(functionQueue);
      return true;
    }
    return false;
  }
}

function lowerCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}
