/** How a workload or a result becomes bytes, and bytes a value; client and worker of a function use the same. */
import { GearError } from "./errors.ts";

/** Both directions between a value and bytes. `Accepted` is what may be given, `Value` what comes out. */
export interface Codec<Value, Accepted = Value> {
  /** What it is called in errors, e.g. `json`. */
  readonly name: string;
  /** May throw anything; callers of the library get GearError BAD_DATA. */
  encode(value: Accepted): Uint8Array;
  /** May throw anything, as `encode`. The bytes are the value's own: nobody else changes them. */
  decode(bytes: Uint8Array): Value;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** What `bytes` takes. */
// biome-ignore lint/suspicious/noConfusingVoidType: with it a workload may be left out, and a handler need not return
export type BytesAccepted = Uint8Array | string | void;

const NO_BYTES = new Uint8Array(0);

/** Bytes as they are; a string is sent as UTF-8, nothing as no bytes. What a function has that is named by a string alone. */
export const bytes: Codec<Uint8Array, BytesAccepted> = {
  name: "bytes",
  encode: (value) => {
    if (typeof value === "string") return encoder.encode(value);
    if (value === undefined) return NO_BYTES;
    if (isBytes(value)) return value;
    throw new GearError("BAD_DATA", `bytes or a string were expected, not ${kindOf(value)}; other values need a codec`);
  },
  decode: (value) => value,
};

/** UTF-8 text; bytes that are no UTF-8 are BAD_DATA. */
export const text: Codec<string> = {
  name: "text",
  encode: (value) => {
    if (typeof value === "string") return encoder.encode(value);
    throw new GearError("BAD_DATA", `a string was expected, not ${kindOf(value)}`);
  },
  decode: (value) => decoder.decode(value),
};

/**
 * JSON, as UTF-8.
 *
 * `Value` is taken at its word unless `check` is given: it gets what JSON.parse made and returns the value or throws (the `parse`
 * of a schema library fits). No bytes at all are `undefined`, which is also sent as no bytes.
 */
export function json<Value = unknown>(check?: (value: unknown) => Value): Codec<Value> {
  return {
    name: "json",
    encode: (value) => {
      if (value === undefined) return new Uint8Array(0);
      const written: unknown = JSON.stringify(value);
      if (typeof written === "string") return encoder.encode(written);
      throw new GearError("BAD_DATA", `${kindOf(value)} cannot be written as JSON`);
    },
    decode: (value) => {
      const parsed: unknown = value.length === 0 ? undefined : JSON.parse(decoder.decode(value));
      return check === undefined ? (parsed as Value) : check(parsed);
    },
  };
}

/** Whether it is a Uint8Array indeed: a proxy of one passes for an instance, but cannot be read. */
export function isBytes(value: unknown): value is Uint8Array {
  return ArrayBuffer.isView(value) && value instanceof Uint8Array;
}

function kindOf(value: unknown): string {
  return value === null ? "null" : typeof value;
}
