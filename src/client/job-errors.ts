/** GearErrors of what a server says, and of what a codec throws. */

import { type Codec, isBytes } from "../base/codec.ts";
import { GearError } from "../base/errors.ts";
import { showBytes } from "../base/shown-bytes.ts";
import type { PacketReader } from "../protocol/packet-reader.ts";

/** Chars of an exception that an error's text shows; `data` holds it whole. */
const SHOWN_MAX = 1_000;

/** What an ERROR packet says. */
export function textError(server: string, reader: PacketReader): GearError {
  return new GearError(
    "REFUSED",
    `${server} refused: ${showBytes(reader.text(0))} ${showBytes(reader.text(1))}`.trim(),
  );
}

/** The worker said WORK_FAIL. */
export function failedError(functionName: string): GearError {
  return new GearError("JOB_FAILED", `the job of ${functionName} failed; its worker gave no reason`, { functionName });
}

/** The worker said WORK_EXCEPTION with `data`. */
export function exceptionError(functionName: string, data: Uint8Array): GearError {
  const text = Buffer.from(data.buffer, data.byteOffset, Math.min(data.length, SHOWN_MAX)).toString("utf8");
  return new GearError("JOB_EXCEPTION", `the job of ${functionName} ended with an exception: ${text}`, {
    data,
    functionName,
  });
}

/** Encodes a workload; throws GearError BAD_DATA. */
export function encodeWorkload<Accepted>(
  codec: Codec<unknown, Accepted>,
  value: Accepted,
  functionName: string,
): Uint8Array {
  try {
    const data: unknown = codec.encode(value);
    if (isBytes(data)) return data;
    throw new TypeError("the codec's encode must return a Uint8Array");
  } catch (cause) {
    throw badData(`the workload of ${functionName} cannot be written by the codec ${codec.name}`, cause);
  }
}

/** Decodes a result; throws GearError BAD_DATA. */
export function decodeResult<Value>(codec: Codec<Value, never>, data: Uint8Array, functionName: string): Value {
  try {
    return codec.decode(data);
  } catch (cause) {
    throw badData(`the result of ${functionName} cannot be read by the codec ${codec.name}`, cause);
  }
}

function badData(text: string, cause: unknown): GearError {
  return new GearError("BAD_DATA", `${text}: ${reasonOf(cause)}`, { cause });
}

/** A codec may throw what cannot be shown. */
function reasonOf(cause: unknown): string {
  try {
    return String(cause instanceof Error ? cause.message : cause);
  } catch {
    return "an error that cannot be shown";
  }
}
