/** What may end a call before its answer: an AbortSignal and a time limit. */
import { checkMs, checkSignal } from "../base/checks.ts";
import { GearError } from "../base/errors.ts";

/** What a call may be given up by. */
export interface CallLimitOptions {
  readonly signal: AbortSignal | undefined;
  /** 0: none. */
  readonly timeoutMs: number;
  /** What is waited for, for the errors, e.g. `the job of resize`. */
  readonly what: string;
}

/** Calls by signal: one listener for all of them, because taking one of many off a signal looks through all. */
const WATCHES = new WeakMap<AbortSignal, { readonly calls: Set<() => void>; readonly listener: () => void }>();

/** A signal and a timer over one call. */
export class CallLimit {
  readonly #options: CallLimitOptions;
  readonly #giveUp: (error: GearError) => void;
  #abort: (() => void) | undefined = undefined;
  #timer: ReturnType<typeof setTimeout> | undefined = undefined;

  /** `giveUp` is called at most once, with ABORTED or TIMED_OUT, unless `lift` comes first. */
  constructor(options: CallLimitOptions, giveUp: (error: GearError) => void) {
    this.#options = options;
    this.#giveUp = giveUp;
    const { signal, timeoutMs } = options;
    if (signal !== undefined) {
      this.#abort = () => this.#end(abortedError(options));
      watch(signal, this.#abort);
    }
    if (timeoutMs > 0) {
      this.#timer = setTimeout(() => {
        this.#end(new GearError("TIMED_OUT", `${options.what} was not over within ${timeoutMs} ms`));
      }, timeoutMs);
    }
  }

  /** The call is over: timer and listener go. */
  lift(): void {
    const { signal } = this.#options;
    if (signal !== undefined && this.#abort !== undefined) unwatch(signal, this.#abort);
    this.#abort = undefined;
    clearTimeout(this.#timer);
  }

  #end(error: GearError): void {
    this.lift();
    this.#giveUp(error);
  }
}

function watch(signal: AbortSignal, call: () => void): void {
  const there = WATCHES.get(signal);
  if (there !== undefined) {
    there.calls.add(call);
    return;
  }
  const calls = new Set([call]);
  const listener = (): void => {
    WATCHES.delete(signal);
    for (const one of calls) one();
  };
  WATCHES.set(signal, { calls, listener });
  signal.addEventListener("abort", listener, { once: true });
}

function unwatch(signal: AbortSignal, call: () => void): void {
  const there = WATCHES.get(signal);
  if (there === undefined) return;
  there.calls.delete(call);
  if (there.calls.size > 0) return;
  WATCHES.delete(signal);
  signal.removeEventListener("abort", there.listener);
}

/** Throws GearError ABORTED when the signal has aborted already, INVALID_ARGUMENT when signal or time is none. */
export function checkCallLimit(options: CallLimitOptions): void {
  checkMs(options.timeoutMs, "timeoutMs", 0);
  const { signal } = options;
  checkSignal(signal);
  if (signal?.aborted === true) throw abortedError(options);
}

function abortedError({ signal, what }: CallLimitOptions): GearError {
  return new GearError("ABORTED", `${what} was given up`, { cause: signal?.reason });
}
