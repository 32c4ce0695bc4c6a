/** Many workloads through one function: a bounded number in flight, results in the order of the workloads. */
import { GearError } from "../base/errors.ts";
import { Fifo } from "../base/fifo.ts";

/** What `mapJobs` does. */
export interface MapJobs<Item, Result> {
  readonly items: Iterable<Item> | AsyncIterable<Item>;
  readonly inFlightMax: number;
  /** Runs one; the signal aborts when nobody reads on. */
  readonly run: (item: Item, signal: AbortSignal) => Promise<Result>;
  /** Gives up the whole. */
  readonly signal: AbortSignal | undefined;
}

type Source<Item> = AsyncIterator<Item> | Iterator<Item>;

/** What a source gives next; one that fails has its failure in the place of the item. */
type Next<Item> = IteratorResult<Item> | { readonly failure: unknown };

/**
 * Yields the results in order. The next item is asked for while earlier ones run, so a slow source holds back no result.
 *
 * The first failure, of a job or of the source, is thrown in its place; then, and when the reader stops early, what is in flight
 * is aborted and the source is closed.
 */
export async function* mapJobs<Item, Result>(options: MapJobs<Item, Result>): AsyncGenerator<Result, void, undefined> {
  const stop = new AbortController();
  const wait: Wait = { giveUp: () => {} };
  const abort = (): void => {
    stop.abort(options.signal?.reason);
    wait.giveUp();
  };
  options.signal?.addEventListener("abort", abort, { once: true });
  if (options.signal?.aborted === true) abort();
  const source = sourceOf(options.items);
  const results = new Fifo<Promise<Result>>();
  let coming: Promise<Next<Item>> | undefined;
  let isAtEnd = false;
  try {
    while (!isAtEnd || results.length > 0) {
      if (stop.signal.aborted && results.length === 0) throw abortedError(options.signal);
      if (!isAtEnd && results.length < options.inFlightMax) coming ??= nextOf(source);
      const first = results.first;
      const item = coming === undefined ? undefined : await eitherOf(coming, first, wait);
      if (item === undefined) {
        void results.shift();
        if (first !== undefined) yield await first;
      } else {
        coming = undefined;
        isAtEnd = "failure" in item || item.done === true;
        if ("failure" in item) results.push(owned(Promise.reject(item.failure)));
        else if (item.done !== true) results.push(owned(options.run(item.value, stop.signal)));
      }
    }
  } finally {
    options.signal?.removeEventListener("abort", abort);
    stop.abort();
    const closing = isAtEnd ? undefined : owned(closed(source));
    // A source that is still looking for its next item closes after that, which may be never.
    if (coming === undefined) await closing;
  }
}

/** How a wait for the source ends early. */
interface Wait {
  giveUp: () => void;
}

function abortedError(signal: AbortSignal | undefined): GearError {
  return new GearError("ABORTED", "the map was given up", { cause: signal?.reason });
}

function sourceOf<Item>(items: Iterable<Item> | AsyncIterable<Item>): Source<Item> {
  const make = (items as Partial<AsyncIterable<Item>>)[Symbol.asyncIterator];
  return make === undefined ? (items as Iterable<Item>)[Symbol.iterator]() : make.call(items);
}

async function nextOf<Item>(source: Source<Item>): Promise<Next<Item>> {
  try {
    return await source.next();
  } catch (failure) {
    return { failure };
  }
}

async function closed<Item>(source: Source<Item>): Promise<void> {
  await source.return?.();
}

/** The next item, or undefined when the first result is there before it, or the whole is given up. */
function eitherOf<Item>(
  coming: Promise<Next<Item>>,
  first: Promise<unknown> | undefined,
  wait: Wait,
): Promise<Next<Item> | undefined> {
  return new Promise((resolve) => {
    const over = (): void => resolve(undefined);
    wait.giveUp = over;
    void coming.then(resolve);
    first?.then(over, over);
  });
}

/** A failure that is looked at later, or never, is not unhandled. */
function owned<Value>(promise: Promise<Value>): Promise<Value> {
  promise.catch(() => {});
  return promise;
}
