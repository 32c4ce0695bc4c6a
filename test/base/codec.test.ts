/** Codecs: what goes in comes out, and what does not fit is refused. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { bytes, json, text } from "../../src/base/codec.ts";
import { GearError } from "../../src/base/errors.ts";

/** The code with which `work` throws; `undefined` when it does not, `other` when it is no GearError. */
function codeOf(work: () => unknown): string | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    return error instanceof GearError ? error.code : "other";
  }
}

describe("bytes", () => {
  test("bytes are sent as they are", () => {
    const given = Uint8Array.of(0, 255, 0);
    expect(bytes.encode(given)).toBe(given);
    expect(bytes.decode(given)).toBe(given);
    expect(bytes.encode(Buffer.from("b"))).toEqual(Buffer.from("b"));
  });

  test("a string is sent as UTF-8", () => {
    expect([...bytes.encode("ü\0")]).toEqual([0xc3, 0xbc, 0]);
    expect(bytes.encode("")).toHaveLength(0);
  });

  test("undefined is no bytes", () => {
    expect(bytes.encode(undefined)).toHaveLength(0);
  });

  test("what only passes for bytes cannot be read and is refused", () => {
    expect(codeOf(() => bytes.encode(new Proxy(new Uint8Array(2), {})))).toBe("BAD_DATA");
  });

  test.each([[7], [null], [{}], [[1, 2]], [new ArrayBuffer(2)], [new Uint16Array(2)]])("%p is BAD_DATA", (value) => {
    expect(codeOf(() => bytes.encode(value as unknown as string))).toBe("BAD_DATA");
  });
});

describe("text", () => {
  test("every well-formed text comes back", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (value) => {
        expect(text.decode(text.encode(value))).toBe(value);
      }),
    );
  });

  test("a byte order mark is a part of the text", () => {
    expect(text.decode(text.encode("\ufeffx"))).toBe("\ufeffx");
  });

  test("bytes that are no UTF-8 are refused", () => {
    expect(codeOf(() => text.decode(Uint8Array.of(0xc3)))).toBeDefined();
    expect(codeOf(() => text.decode(Uint8Array.of(0xff, 0x41)))).toBeDefined();
  });

  test.each([[7], [null], [undefined], [Uint8Array.of(1)]])("%p is BAD_DATA", (value) => {
    expect(codeOf(() => text.encode(value as unknown as string))).toBe("BAD_DATA");
  });
});

describe("json", () => {
  test("every JSON value comes back", () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: "binary" }), (value) => {
        const codec = json();
        expect(codec.decode(codec.encode(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  test("undefined is no bytes, both ways", () => {
    const codec = json<number | undefined>();
    expect(codec.encode(undefined)).toHaveLength(0);
    expect(codec.decode(new Uint8Array(0))).toBeUndefined();
    expect(codec.decode(codec.encode(0))).toBe(0);
  });

  test("what cannot be JSON is refused", () => {
    const cycle: { self?: unknown } = {};
    cycle.self = cycle;
    expect(codeOf(() => json().encode(() => {}))).toBe("BAD_DATA");
    expect(codeOf(() => json().encode(Symbol("x")))).toBe("BAD_DATA");
    expect(codeOf(() => json().encode(10n))).toBeDefined();
    expect(codeOf(() => json().encode(cycle))).toBeDefined();
  });

  test("bytes that are no JSON, or no UTF-8, are refused", () => {
    expect(codeOf(() => json().decode(Buffer.from("{")))).toBeDefined();
    expect(codeOf(() => json().decode(Buffer.from("1 2")))).toBeDefined();
    expect(codeOf(() => json().decode(Uint8Array.of(0x22, 0xff, 0x22)))).toBeDefined();
  });

  test("the check makes the value, or refuses it", () => {
    const codec = json((value) => {
      if (typeof value !== "string") throw new TypeError("no string");
      return value.toUpperCase();
    });
    expect(codec.decode(Buffer.from('"a"'))).toBe("A");
    expect(() => codec.decode(Buffer.from("7"))).toThrow(TypeError);
    expect(() => codec.decode(new Uint8Array(0))).toThrow(TypeError);
  });

  test("the check is not asked for what is sent", () => {
    const codec = json<string>(() => {
      throw new Error("asked");
    });
    expect([...codec.encode("a")]).toEqual([...Buffer.from('"a"')]);
  });
});
