/** What the writer of packets refuses, and its headers at the edges of a number. */
import { describe, expect, test } from "bun:test";
import { GearError } from "../../src/base/errors.ts";
import { encodePacket, writeHeader } from "../../src/protocol/packet-writer.ts";

function refusal(make: () => unknown): string {
  try {
    make();
  } catch (error) {
    if (error instanceof GearError) return `${error.code}: ${error.message}`;
  }
  return "not refused";
}

describe("encodePacket", () => {
  test("a wrong count of arguments is refused", () => {
    expect(refusal(() => encodePacket("REQ", "CAN_DO", []))).toBe(
      "INVALID_ARGUMENT: CAN_DO has 1 arguments, 0 were given",
    );
    expect(refusal(() => encodePacket("REQ", "GRAB_JOB", [""]))).toStartWith("INVALID_ARGUMENT");
    expect(refusal(() => encodePacket("REQ", "SUBMIT_JOB", ["f", "u", "x", "y"]))).toStartWith("INVALID_ARGUMENT");
  });

  test("a NUL is refused in every argument but the last, as a string and as bytes", () => {
    expect(refusal(() => encodePacket("REQ", "SUBMIT_JOB", ["a\0b", "u", "x"]))).toBe(
      "INVALID_ARGUMENT: SUBMIT_JOB: function must not hold a NUL",
    );
    expect(refusal(() => encodePacket("REQ", "SUBMIT_JOB", ["f", Uint8Array.of(1, 0), "x"]))).toBe(
      "INVALID_ARGUMENT: SUBMIT_JOB: unique must not hold a NUL",
    );
    expect(refusal(() => encodePacket("REQ", "SUBMIT_JOB", ["f", "u", "\0"]))).toBe("not refused");
  });

  test("a char that is no byte is refused, not cut", () => {
    expect(refusal(() => encodePacket("REQ", "CAN_DO", ["größe\u0142"]))).toStartWith("INVALID_ARGUMENT");
    expect(Buffer.from(encodePacket("REQ", "CAN_DO", ["\xff"])).toString("hex")).toEndWith("00000001ff");
  });

  test("strings and bytes may be mixed", () => {
    const mixed = encodePacket("RES", "JOB_ASSIGN", ["H:x:1", Buffer.from("f"), Uint8Array.of(0, 255)]);
    expect(mixed).toEqual(encodePacket("RES", "JOB_ASSIGN", [Buffer.from("H:x:1"), "f", "\0\xff"]));
  });
});

describe("writeHeader", () => {
  test("every byte of the length has its place, and only 12 bytes are written", () => {
    const bytes = new Uint8Array(16).fill(0xee);
    writeHeader(bytes, 2, 42, 0x89abcdef, false);
    expect(Buffer.from(bytes).toString("hex")).toBe("eeee005245530000002a89abcdefeeee");
  });
});
