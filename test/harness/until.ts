/** Waits for a condition with a named limit, which is what tests do instead of sleeping. */

/** How often a condition is looked at, ms. */
const LOOK_EVERY_MS = 5;
/** How long a condition without a limit of its own may take, ms: generous, for a machine that is busy with other things. */
const LIMIT_MS = 15_000;

/** Resolves after `delayMs`; only for looking again at a condition, and for silences that a protocol test asks for. */
export function pause(delayMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delayMs));
}

/** What is waited for, and how long. */
export interface UntilOptions {
  /** What is waited for, in words, for the error. */
  readonly what: string;
  /** How long it may take, ms; default 15,000. */
  readonly limitMs?: number;
}

/**
 * Resolves with the first value of `look` that is neither undefined nor false.
 *
 * Throws an Error that names `what` when the limit is over; an error thrown by `look` ends the wait at once.
 */
export async function until<Value>(
  look: () => Value | undefined | false | Promise<Value | undefined | false>,
  options: UntilOptions,
): Promise<Value> {
  const limitMs = options.limitMs ?? LIMIT_MS;
  const endAtMs = performance.now() + limitMs;
  for (;;) {
    const value = await look();
    if (value !== undefined && value !== false) return value;
    if (performance.now() >= endAtMs) throw new Error(`${options.what}: not within ${limitMs} ms`);
    await pause(LOOK_EVERY_MS);
  }
}
