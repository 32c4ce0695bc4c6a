/** What is thrown where the job table and its model differ. */

/** Every check of the model test. */
export type Check =
  | "returned value"
  | "effects"
  | "job fields"
  | "jobs"
  | "status rows"
  | "counts"
  | "turns"
  | "next due time"
  | "wake-ups: NOOP only to a sleeper that has none"
  | "wake-ups: NOOP only for a job not covered"
  | "wake-ups: every job covered or every sleeper woken"
  | "wake-ups: credits"
  | "left over"
  | "crash";

/** The table does not do what its model says. */
export class Mismatch extends Error {
  override readonly name = "Mismatch";
  readonly check: Check;
  /** What differs. */
  readonly detail: string;

  constructor(check: Check, detail: string) {
    super(`${check}: ${detail}`);
    this.check = check;
    this.detail = detail;
  }
}

/** Throws a Mismatch unless both are the same when written as JSON. */
export function same(check: Check, actual: unknown, expected: unknown): void {
  if (actual === expected) return;
  const [actualText, expectedText] = [show(actual), show(expected)];
  if (actualText !== expectedText) throw new Mismatch(check, `is ${actualText}, must be ${expectedText}`);
}

function show(value: unknown): string {
  return (
    JSON.stringify(value, (_, each) => (each === Number.POSITIVE_INFINITY ? "never" : (each ?? null))) ?? "nothing"
  );
}
