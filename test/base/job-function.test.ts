/** Functions with types, and names as the wire has them. */
import { describe, expect, test } from "bun:test";
import { bytes, json, text } from "../../src/base/codec.ts";
import { GearError } from "../../src/base/errors.ts";
import { defineFunction, wireName } from "../../src/base/job-function.ts";

const isInvalid = (work: () => unknown): boolean => {
  try {
    work();
    return false;
  } catch (error) {
    return error instanceof GearError && error.code === "INVALID_ARGUMENT";
  }
};

describe("defineFunction", () => {
  test("a function keeps its name and its codecs", () => {
    const size = json<{ readonly width: number }>();
    const resize = defineFunction("resize", { workload: size, result: text });
    expect(resize).toEqual({ name: "resize", workload: size, result: text });
  });

  test("a codec that is not given is bytes", () => {
    expect(defineFunction("copy")).toEqual({ name: "copy", workload: bytes, result: bytes });
    expect(defineFunction("length", { result: text }).workload as unknown).toBe(bytes);
    expect(defineFunction("make", { workload: text }).result as unknown).toBe(bytes);
  });

  test("a codec that is none is INVALID_ARGUMENT, with the name of the function", () => {
    for (const codec of [null, 5, "text", {}, { encode: bytes.encode }, { decode: bytes.decode }, json]) {
      expect(isInvalid(() => defineFunction("f", { workload: codec as unknown as typeof bytes }))).toBe(true);
      expect(isInvalid(() => defineFunction("f", { result: codec as unknown as typeof bytes }))).toBe(true);
    }
    expect(() => defineFunction("resize", { result: {} as unknown as typeof bytes })).toThrow(/^resize: a codec/);
  });

  test("codecs that are undefined are bytes", () => {
    const codecs = { workload: undefined, result: undefined } as unknown as { workload: typeof bytes };
    expect(defineFunction("f", codecs)).toEqual({ name: "f", workload: bytes, result: bytes });
  });

  test("its types are those of its codecs", () => {
    const sum = defineFunction("sum", { workload: json<readonly number[]>(), result: json<number>() });
    const workload: readonly number[] = sum.workload.decode(sum.workload.encode([1, 2]));
    const result: number = sum.result.decode(sum.result.encode(3));
    // @ts-expect-error a text is no list of numbers
    sum.workload.encode("1, 2");
    // @ts-expect-error a number is no text
    const wrong: string = sum.result.decode(Buffer.from("3"));
    expect([workload, result, wrong as unknown]).toEqual([[1, 2], 3, 3]);
  });

  test("a function of bytes takes strings too, and gives bytes", () => {
    const copy = defineFunction("copy");
    const given: Uint8Array = copy.workload.decode(copy.workload.encode("text"));
    expect([...given]).toEqual([...Buffer.from("text")]);
  });

  test("names that no worker could register are INVALID_ARGUMENT", () => {
    for (const name of ["", "a\0b", "n".repeat(513), "ü".repeat(257)]) {
      expect(isInvalid(() => defineFunction(name))).toBe(true);
    }
    expect(isInvalid(() => defineFunction(7 as unknown as string))).toBe(true);
  });
});

describe("wireName", () => {
  test("ASCII stays, everything else is one char per byte of its UTF-8", () => {
    expect(wireName("resize.v2", "a name")).toBe("resize.v2");
    expect(wireName("grün 😀", "a name")).toBe(Buffer.from("grün 😀", "utf8").toString("latin1"));
  });

  test("the limit counts bytes, 512 where no other is given", () => {
    expect(wireName("n".repeat(512), "a name")).toHaveLength(512);
    expect(wireName("ü".repeat(256), "a name")).toHaveLength(512);
    expect(wireName("u".repeat(64), "a unique", 64)).toHaveLength(64);
    expect(isInvalid(() => wireName("u".repeat(65), "a unique", 64))).toBe(true);
    expect(isInvalid(() => wireName("ü".repeat(33), "a unique", 64))).toBe(true);
  });

  test("the error says what it was about", () => {
    expect(() => wireName("", "a function's name")).toThrow(/a function's name/);
    expect(() => wireName("a\0b", "a unique")).toThrow(/a unique must not hold a NUL/);
  });
});
