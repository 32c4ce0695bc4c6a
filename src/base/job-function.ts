/** A function that workers can do, with the types of its workload and its result. */
import { bytes, type Codec } from "./codec.ts";
import { GearError } from "./errors.ts";
import { LIMITS } from "./limits.ts";

/**
 * A function's name and codecs, made by `defineFunction` and shared by client and worker.
 *
 * The types ending in `Accepted` are what may be given where they differ from what comes out.
 */
export interface JobFunction<Workload, Result, WorkloadAccepted = Workload, ResultAccepted = Result> {
  readonly name: string;
  readonly workload: Codec<Workload, WorkloadAccepted>;
  readonly result: Codec<Result, ResultAccepted>;
}

/** A function of bytes: what a name alone stands for. */
export type BytesFunction = JobFunction<Uint8Array, Uint8Array, Uint8Array | string, Uint8Array | string>;

/** Codecs of a function; one that is not given is `bytes`. */
export interface FunctionCodecs<Workload, Result, WorkloadAccepted, ResultAccepted> {
  readonly workload?: Codec<Workload, WorkloadAccepted>;
  readonly result?: Codec<Result, ResultAccepted>;
}

/**
 * Gives a function its types: `defineFunction("resize", { workload: json<Resize>(), result: bytes })`.
 *
 * Throws GearError INVALID_ARGUMENT for a name that is empty, holds a NUL or is longer than 512 bytes of UTF-8
 * (the longest that libgearman's workers take).
 */
export function defineFunction<
  Workload = Uint8Array,
  Result = Uint8Array,
  WorkloadAccepted = Workload extends Uint8Array ? Uint8Array | string : Workload,
  ResultAccepted = Result extends Uint8Array ? Uint8Array | string : Result,
>(
  name: string,
  codecs: FunctionCodecs<Workload, Result, WorkloadAccepted, ResultAccepted> = {},
): JobFunction<Workload, Result, WorkloadAccepted, ResultAccepted> {
  wireName(name, "a function's name");
  // Without a codec the type parameters are those of `bytes`.
  const plain = bytes as unknown;
  return {
    name,
    workload: codecs.workload ?? (plain as Codec<Workload, WorkloadAccepted>),
    result: codecs.result ?? (plain as Codec<Result, ResultAccepted>),
  };
}

/**
 * A name as the wire has it: UTF-8, one char per byte.
 *
 * Throws GearError INVALID_ARGUMENT, naming `what`, for one that is empty, holds a NUL or is longer than `bytesMax`
 * (default 512).
 */
export function wireName(name: string, what: string, bytesMax: number = LIMITS.functionNameBytesMax): string {
  if (typeof name !== "string" || name === "")
    throw new GearError("INVALID_ARGUMENT", `${what} must be a string that is not empty`);
  if (name.includes("\0")) throw new GearError("INVALID_ARGUMENT", `${what} must not hold a NUL`);
  const wire = isAscii(name) ? name : Buffer.from(name, "utf8").toString("latin1");
  if (wire.length > bytesMax) {
    throw new GearError(
      "INVALID_ARGUMENT",
      `${what} has ${wire.length} bytes of UTF-8; at most ${bytesMax} are allowed`,
    );
  }
  return wire;
}

function isAscii(text: string): boolean {
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) > 127) return false;
  return true;
}
