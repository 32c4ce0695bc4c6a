/** The one error class of the house; callers branch on `code`, messages are for people. */

/** Every code a GearError can carry. */
export type GearErrorCode =
  | "INVALID_ARGUMENT"
  | "INVALID_SETTING"
  | "ADDRESS_IN_USE"
  | "LISTEN_FAILED"
  | "STORE_FAILED"
  | "CLOSED";

/** An expected error: what happened, to what, and what to do about it. */
export class GearError extends Error {
  override readonly name = "GearError";
  readonly code: GearErrorCode;

  constructor(code: GearErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** Crashes when an invariant of ours does not hold; never used for what a peer or a user can cause. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(`broken invariant: ${message}`);
}
