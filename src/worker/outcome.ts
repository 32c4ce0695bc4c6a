/** What becomes of a job whose handler threw. */
import { inspect } from "node:util";
import { isBytes } from "../base/codec.ts";
import { GearError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";

const encoder = new TextEncoder();

/**
 * Bytes of the WORK_EXCEPTION for what a handler threw; undefined: WORK_FAIL.
 *
 * An error about another job, which the handler had submitted itself, is an error like any other.
 */
export function exceptionOf(thrown: unknown): Uint8Array | undefined {
  if (isGearError(thrown) && thrown.functionName === undefined) {
    if (thrown.code === "JOB_FAILED") return undefined;
    if (thrown.code === "JOB_EXCEPTION" && isBytes(thrown.data)) return thrown.data;
  }
  return shortened(textOf(thrown));
}

/** Even `instanceof` may throw, for a proxy. */
function isGearError(thrown: unknown): thrown is GearError {
  try {
    return thrown instanceof GearError;
  } catch {
    return false;
  }
}

/** `Name: text` of an error (of a GearError its text alone), and some text for anything else that can be thrown. */
export function textOf(thrown: unknown): string {
  try {
    if (typeof thrown === "string") return thrown;
    // Both may have been replaced by what is no string.
    if (thrown instanceof GearError) return String(thrown.message);
    if (thrown instanceof Error)
      return thrown.message === "" ? String(thrown.name) : `${thrown.name}: ${thrown.message}`;
    return inspect(thrown);
  } catch {
    return "an error that cannot be shown";
  }
}

/** As UTF-8, whole chars only, at most LIMITS.exceptionBytesMax bytes. */
function shortened(text: string): Uint8Array {
  const room = new Uint8Array(Math.min(text.length * 3, LIMITS.exceptionBytesMax));
  return room.subarray(0, encoder.encodeInto(text, room).written);
}
