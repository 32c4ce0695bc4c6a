/** Counts timers and listeners that were made and not given back, whatever runtime it is. */

const { setTimeout: start, clearTimeout: stop, setInterval: startInterval, clearInterval: stopInterval } = globalThis;

/** The timers of the program itself, which are not counted. */
export const uncounted = {
  setTimeout: start,
  clearTimeout: stop,
  setInterval: startInterval,
  clearInterval: stopInterval,
};

const timers = new Map<unknown, string>();

type AnyCallback = (...args: unknown[]) => void;

function countedTimeout(callback: AnyCallback, ms?: number, ...args: unknown[]): unknown {
  const ended = (...given: unknown[]): void => {
    timers.delete(timer);
    callback(...given);
  };
  const timer: unknown = start(ended, ms, ...args);
  timers.set(timer, `timeout of ${ms} ms`);
  return timer;
}

function countedInterval(callback: AnyCallback, ms?: number, ...args: unknown[]): unknown {
  const timer: unknown = startInterval(callback, ms, ...args);
  timers.set(timer, `repeating timer of ${ms} ms`);
  return timer;
}

function counted(end: (timer: never) => void): (timer: unknown) => void {
  return (timer) => {
    timers.delete(timer);
    end(timer as never);
  };
}

/** From now on timers are counted, those that do not keep the process alive too. */
export function countTimers(): void {
  Object.assign(globalThis, {
    setTimeout: countedTimeout,
    setInterval: countedInterval,
    clearTimeout: counted(stop as (timer: never) => void),
    clearInterval: counted(stopInterval as (timer: never) => void),
  });
}

/** The timers that run, each in words. */
export function liveTimers(): readonly string[] {
  return [...timers.values()];
}

/** A signal that never aborts, and how many listeners it has. */
export class CountedSignal {
  readonly signal: AbortSignal = new AbortController().signal;
  listeners = 0;

  constructor() {
    const { signal } = this;
    const add = signal.addEventListener.bind(signal) as (...args: unknown[]) => void;
    const remove = signal.removeEventListener.bind(signal) as (...args: unknown[]) => void;
    Object.assign(signal, {
      addEventListener: (...args: unknown[]) => {
        this.listeners += 1;
        add(...args);
      },
      removeEventListener: (...args: unknown[]) => {
        this.listeners -= 1;
        remove(...args);
      },
    });
  }
}
