/** A function that workers can do, with the types of its workload and its result. */
import { type BytesAccepted, bytes, type Codec } from "./codec.ts";
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
export type BytesFunction = JobFunction<Uint8Array, Uint8Array, BytesAccepted, BytesAccepted>;

// biome-ignore lint/suspicious/noExplicitAny: a codec of whatever types
type AnyCodec = Codec<any, any>;

/** Codecs of a function; one that is not given is `bytes`. */
export interface FunctionCodecs {
  readonly workload?: AnyCodec;
  readonly result?: AnyCodec;
}

/** What comes out of a codec; bytes where there is none. */
type ValueOf<AnyOrNone> = AnyOrNone extends Codec<infer Value, infer _> ? Value : Uint8Array;
/** What may be given to a codec. */
type AcceptedOf<AnyOrNone> = AnyOrNone extends Codec<infer _, infer Accepted> ? Accepted : BytesAccepted;

/** A function with the types of its codecs. */
export type DefinedFunction<Codecs extends FunctionCodecs> = JobFunction<
  ValueOf<Codecs["workload"]>,
  ValueOf<Codecs["result"]>,
  AcceptedOf<Codecs["workload"]>,
  AcceptedOf<Codecs["result"]>
>;

/**
 * Gives a function its types: `defineFunction("resize", { workload: json<Resize>(), result: bytes })`.
 *
 * Throws GearError INVALID_ARGUMENT for a name that is empty, holds a NUL or is longer than 512 bytes of UTF-8
 * (the longest that libgearman's workers take), and for a codec that is none.
 */
export function defineFunction<const Codecs extends FunctionCodecs = Record<never, never>>(
  name: string,
  codecs?: Codecs,
): DefinedFunction<Codecs> {
  wireName(name, "a function's name");
  const { workload = bytes, result = bytes }: FunctionCodecs = codecs ?? {};
  for (const codec of [workload, result]) {
    if (typeof codec?.encode === "function" && typeof codec.decode === "function") continue;
    throw new GearError("INVALID_ARGUMENT", `${name}: a codec has encode and decode, as bytes, text and json() have`);
  }
  return { name, workload, result };
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
