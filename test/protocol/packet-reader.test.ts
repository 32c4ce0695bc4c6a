/** What the reader of packets says, item by item. */
import { describe, expect, test } from "bun:test";
import { ITEM } from "../../src/protocol/packet-reader.ts";
import { encodePacket, writeHeader } from "../../src/protocol/packet-writer.ts";
import { PACKET_TYPE_MAX } from "../../src/protocol/packets.ts";
import { cutBytes, drain, newReader, readChunks } from "./reading.ts";

const ECHO = encodePacket("REQ", "ECHO_REQ", ["hi"]);
const ECHO_READ = { packet: "ECHO_REQ", magic: "REQ", args: ["hi"], body: "hi" } as const;

function latin1(text: string): Uint8Array {
  return Buffer.from(text, "latin1");
}

/** A packet of any type with any body. */
function rawPacket(type: number, body: string): Uint8Array {
  const bytes = new Uint8Array(12 + body.length);
  writeHeader(bytes, 0, type, body.length, true);
  bytes.set(latin1(body), 12);
  return bytes;
}

describe("packets and lines", () => {
  test("packets and lines mixed in one chunk come in their order", () => {
    const submit = encodePacket("RES", "JOB_ASSIGN", ["H:x:1", "f", "a\0b"]);
    const stream = Buffer.concat([ECHO, latin1("status\nversion\r\n"), submit, latin1("\n\r\na\rb\r\r\n"), ECHO]);
    expect(readChunks([stream])).toEqual([
      ECHO_READ,
      { line: "status", hadReturn: false },
      { line: "version", hadReturn: true },
      { packet: "JOB_ASSIGN", magic: "RES", args: ["H:x:1", "f", "a\0b"], body: "H:x:1\0f\0a\0b" },
      { line: "", hadReturn: false },
      { line: "", hadReturn: true },
      { line: "a\rb\r", hadReturn: true },
      ECHO_READ,
    ]);
  });

  test("a type without arguments may have a body, which is passed over", () => {
    const stream = Buffer.concat([rawPacket(9, "ignored\0"), rawPacket(5, "five"), ECHO]);
    expect(readChunks([stream])).toEqual([
      { packet: "GRAB_JOB", magic: "REQ", args: [], body: "ignored\0" },
      { packet: "5", magic: "REQ", args: [], body: "five" },
      ECHO_READ,
    ]);
  });

  test("the last argument keeps its NULs", () => {
    expect(readChunks([rawPacket(1, "f\0g\0")])).toEqual([
      { packet: "CAN_DO", magic: "REQ", args: ["f\0g\0"], body: "f\0g\0" },
    ]);
  });

  test("a small packet is read out of the chunk itself, without a copy", () => {
    const reader = newReader();
    const chunk = Buffer.concat([ECHO, ECHO]);
    reader.push(chunk);
    expect(reader.next()).toBe(ITEM.packet);
    expect(reader.bytes.buffer).toBe(chunk.buffer);
    expect(reader.ownsBytes).toBe(false);
  });

  test("a chunk that is a view into larger memory, and no Buffer, is read rightly", () => {
    const memory = new Uint8Array(100).fill(0xff);
    memory.set(ECHO, 50);
    expect(readChunks([memory.subarray(50, 50 + ECHO.length)])).toEqual([ECHO_READ]);
  });
});

describe("faults", () => {
  // biome-ignore format: a table
  const faults: readonly (readonly [string, string, Uint8Array])[] = [
    ["a magic that is neither REQ nor RES", "badMagic", latin1("\0REX")],
    ["a magic that ends in NUL", "badMagic", latin1("\0\0\0\0")],
    ["type 0", "badType", rawPacket(0, "")],
    ["type 43", "badType", rawPacket(PACKET_TYPE_MAX + 1, "")],
    ["type 256 + 1", "badType", latin1("\0REQ\0\0\x01\x01\0\0\0\0")],
    ["type 0x01000001", "badType", latin1("\0REQ\x01\0\0\x01\0\0\0\0")],
    ["type 0xffffffff", "badType", latin1("\0REQ\xff\xff\xff\xff\0\0\0\0")],
    ["type 0x80000001", "badType", latin1("\0REQ\x80\0\0\x01\0\0\0\0")],
    ["a header that claims too long a body", "bodyTooLarge", latin1("\0REQ\0\0\0\x10\x04\0\0\x01")],
    ["a bad type and too long a body", "badType", latin1("\0REQ\0\0\0\x2b\xff\xff\xff\xff")],
    ["SUBMIT_JOB without a NUL", "tooFewArguments", rawPacket(7, "f")],
    ["SUBMIT_JOB with an empty body", "tooFewArguments", rawPacket(7, "")],
    ["SUBMIT_JOB with one NUL", "tooFewArguments", rawPacket(7, "f\0u")],
    ["WORK_COMPLETE without a NUL", "tooFewArguments", rawPacket(13, "H:x:1")],
    ["SUBMIT_JOB_SCHED with six NULs", "tooFewArguments", rawPacket(35, "f\0u\x001\x002\x003\x004\x005")],
    ["a reduce job with three arguments before the data", "tooFewArguments", rawPacket(37, "f\0u\0r\0data")],
    ["a function of 9,000 bytes", "argumentsTooLong", rawPacket(18, `${"f".repeat(9000)}\0u\0x`)],
    ["the header of a CAN_DO of 8,193 bytes", "argumentsTooLong", latin1("\0REQ\0\0\0\x01\0\0\x20\x01")],
    ["8,192 bytes of text without an end", "textTooLong", latin1("x".repeat(8192))],
    ["a line of 8,193 bytes with its end", "textTooLong", latin1(`${"x".repeat(8192)}\n`)],
  ];

  for (const [what, fault, bytes] of faults) {
    test(`${what} is ${fault}, in one piece and byte by byte, after an answered packet too`, () => {
      expect(readChunks([bytes])).toEqual([{ fault }]);
      const byByte = cutBytes(Buffer.concat([ECHO, bytes]), [1]);
      expect(readChunks(byByte).slice(0, 2)).toEqual([ECHO_READ, { fault }]);
    });
  }

  test("the reader stays in its fault, whatever comes", () => {
    const reader = newReader();
    reader.push(latin1("\0REX"));
    expect(drain(reader)).toEqual([{ fault: "badMagic" }]);
    reader.push(ECHO);
    expect(reader.next()).toBe(ITEM.fault);
    expect([reader.heldBytes, reader.isMidItem]).toEqual([0, false]);
  });

  test("too long arguments of an incomplete body are a fault as soon as 8,192 bytes are there", () => {
    const packet = rawPacket(18, "f".repeat(20_000));
    expect(readChunks([packet.subarray(0, 12 + 8191)])).toEqual([]);
    expect(readChunks([packet.subarray(0, 12 + 8192)])).toEqual([{ fault: "argumentsTooLong" }]);
    expect(readChunks(cutBytes(packet.subarray(0, 12 + 8192), [1000]))).toEqual([{ fault: "argumentsTooLong" }]);
  });

  for (const bodyBytes of [20_000, 100_000]) {
    test(`each body of ${bodyBytes} bytes is judged early, not only the first of a connection`, () => {
      const good = rawPacket(18, "f\0u\0".padEnd(bodyBytes, "x"));
      const bad = rawPacket(18, "f".repeat(bodyBytes));
      const stream = Buffer.concat([good, good, bad.subarray(0, 12 + 8192)]);
      const outcomes = readChunks(cutBytes(stream, [4096]));
      expect(outcomes.map((outcome) => ("fault" in outcome ? outcome.fault : "read"))).toEqual([
        "read",
        "read",
        "argumentsTooLong",
      ]);
    });
  }

  test("arguments with their NULs may fill 8,192 bytes and not one more", () => {
    expect(readChunks([rawPacket(18, `${"f".repeat(8190)}\0\0data`)])[0]).toMatchObject({ packet: "SUBMIT_JOB_BG" });
    expect(readChunks([rawPacket(18, `${"f".repeat(8191)}\0\0data`)])).toEqual([{ fault: "argumentsTooLong" }]);
    expect(readChunks([rawPacket(1, "f".repeat(8192))])[0]).toMatchObject({ packet: "CAN_DO" });
    expect(readChunks([rawPacket(1, "f".repeat(8193))])).toEqual([{ fault: "argumentsTooLong" }]);
  });

  test("a line may have 8,192 bytes with its end", () => {
    const line = "x".repeat(8190);
    for (const sizes of [[9000], [1], [8191]]) {
      expect(readChunks(cutBytes(latin1(`${line}x\n`), sizes))).toEqual([{ line: `${line}x`, hadReturn: false }]);
      expect(readChunks(cutBytes(latin1(`${line}\r\n`), sizes))).toEqual([{ line, hadReturn: true }]);
    }
  });
});
