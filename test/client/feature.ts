/** A feature of the client and worker libraries: its name, and the play that shows it. */
import { strict as assert } from "node:assert";
import { GearError, type GearErrorCode, type WorkerEvent } from "../../src/index.ts";
import type { FeatureStage } from "./feature-stage.ts";

/** Plays a feature and throws when something is not as it should be. */
export type Play = (stage: FeatureStage) => Promise<void>;

/** A row of the table of features. */
export interface Feature {
  /** A sentence about behaviour, unlike every other. */
  readonly name: string;
  readonly play: Play;
  /** What happens instead on gearmand, whose own defects do not allow more. */
  readonly onGearmand?: { readonly because: string; readonly play: Play };
}

/** What the program that plays the features says of each, as a line of JSON. */
export interface FeatureLine {
  readonly name: string;
  readonly ok: boolean;
  /** What was wrong, with its stack. */
  readonly error?: string;
}

/** Resolves with the GearError with which `promise` rejects; throws when it does not, or when the code is another. */
export async function refusal(promise: Promise<unknown>, code: GearErrorCode): Promise<GearError> {
  const error = await promise.then(
    () => new Error(`it resolved, ${code} was expected`),
    (reason: unknown) => reason,
  );
  if (!(error instanceof GearError)) throw error;
  assert.equal(error.code, code, error.message);
  return error;
}

/** Throws unless both are the same bytes. */
export function sameBytes(got: Uint8Array, want: Uint8Array | string): void {
  const wanted = typeof want === "string" ? Buffer.from(want, "utf8") : want;
  assert.ok(got instanceof Uint8Array, "bytes were expected");
  if (Buffer.compare(got, wanted) === 0) return;
  assert.equal(got.length, wanted.length, "another count of bytes");
  const at = got.findIndex((byte, index) => byte !== wanted[index]);
  assert.fail(`byte ${at} is ${got[at]}, not ${wanted[at]}`);
}

/** Bytes as UTF-8 text. */
export function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("utf8");
}

/** The code of a GearError; anything else as it is. */
export function codeOf(reason: unknown): unknown {
  return reason instanceof GearError ? reason.code : reason;
}

/** Codes of the jobs that ended otherwise than with a result. */
export function failures(events: readonly WorkerEvent[]): unknown[] {
  return events.flatMap((event) => (event.kind === "failed" ? [codeOf(event.error)] : []));
}
