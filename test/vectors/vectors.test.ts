/** Our reader and writer against bytes that were written down apart from them. */
import { describe, expect, test } from "bun:test";
import { encodePacket } from "../../src/protocol/packet-writer.ts";
import { PACKETS } from "../../src/protocol/packets.ts";
import { newReader, readChunks, SERVER_LIMITS } from "../protocol/reading.ts";
import { PACKET_VECTORS, type PacketVector } from "./packets.ts";

function bytesOf(vector: PacketVector): Buffer {
  return Buffer.from(vector.hex.replaceAll(" ", ""), "hex");
}

describe("packet vectors", () => {
  test("there is one for every packet, and both directions for what a worker says and a client hears", () => {
    const seen = new Set(PACKET_VECTORS.map((vector) => `${vector.name} ${vector.magic}`));
    for (const [name, row] of Object.entries(PACKETS)) {
      const isRelayed = name.startsWith("WORK_");
      if (row.from !== "server") expect(seen).toContain(`${name} REQ`);
      if (row.from === "server" || isRelayed) expect(seen).toContain(`${name} RES`);
    }
  });

  for (const [index, vector] of PACKET_VECTORS.entries()) {
    test(`${index}: ${vector.magic} ${vector.name}, ${vector.source}: written and read alike`, () => {
      const bytes = bytesOf(vector);
      expect(Buffer.from(encodePacket(vector.magic, vector.name, vector.args)).toString("hex")).toBe(
        bytes.toString("hex"),
      );
      const body = bytes.toString("latin1", 12);
      const expected = [{ packet: vector.name, magic: vector.magic, args: [...vector.args], body }];
      expect(readChunks([bytes])).toEqual(expected);
      expect(readChunks(Array.from(bytes, (byte) => Uint8Array.of(byte)))).toEqual(expected);
    });
  }
});

/** A SUBMIT_JOB whose header and arguments are written down as hex; only the workload is made here. */
function submitOf(lengthHex: string, workloadBytes: number): Buffer {
  const head = Buffer.from(`00524551 00000007 ${lengthHex} 66007500`.replaceAll(" ", ""), "hex");
  return Buffer.concat([head, Buffer.alloc(workloadBytes, "w")]);
}

describe("sizes at which a length changes its bytes", () => {
  // biome-ignore format: a table
  const sizes = [
    { bodyBytes: 4,          length: "00000004" },
    { bodyBytes: 5,          length: "00000005" },
    { bodyBytes: 255,        length: "000000ff" },
    { bodyBytes: 256,        length: "00000100" },
    { bodyBytes: 65_535,     length: "0000ffff" },
    { bodyBytes: 65_536,     length: "00010000" },
    { bodyBytes: 16_777_215, length: "00ffffff" },
    { bodyBytes: 16_777_216, length: "01000000" },
    { bodyBytes: SERVER_LIMITS.bodyBytesMax, length: "04000000" },
  ];

  for (const { bodyBytes, length } of sizes) {
    test(`a body of ${bodyBytes} bytes is written and read whole, in one piece and in two`, () => {
      const bytes = submitOf(length, bodyBytes - 4);
      const workload = new Uint8Array(bodyBytes - 4).fill(0x77);
      expect(bytes.equals(encodePacket("REQ", "SUBMIT_JOB", ["f", "u", workload]))).toBe(true);
      for (const cut of [bytes.length, 7, bytes.length - 1]) {
        const outcomes = readChunks([bytes.subarray(0, cut), bytes.subarray(cut)]);
        expect(outcomes.map((outcome) => "args" in outcome && outcome.args.map((arg) => arg.length))).toEqual([
          [1, 1, bodyBytes - 4],
        ]);
      }
    }, 30_000);
  }

  test("an empty body is read, and one byte over the limit is a fault", () => {
    expect(readChunks([Buffer.from("005245510000001000000000", "hex")])).toEqual([
      { packet: "ECHO_REQ", magic: "REQ", args: [""], body: "" },
    ]);
    expect(readChunks([Buffer.from("005245510000001004000001", "hex")])).toEqual([{ fault: "bodyTooLarge" }]);
  });

  test("the largest length of all is read as unsigned", () => {
    const header = Buffer.from("0052455100000010ffffffff", "hex");
    expect(readChunks([header])).toEqual([{ fault: "bodyTooLarge" }]);
    const reader = newReader({ bodyBytesMax: 0xffffffff });
    reader.push(header);
    expect([reader.next(), reader.bodyBytes]).toEqual([3, 0xffffffff]);
  });
});
