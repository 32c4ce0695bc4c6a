/** What the reader keeps, and for how long: incomplete items, large bodies, unread bytes. */
import { describe, expect, test } from "bun:test";
import { ITEM, type PacketReader } from "../../src/protocol/packet-reader.ts";
import { encodePacket } from "../../src/protocol/packet-writer.ts";
import { cutBytes, drain, newReader } from "./reading.ts";

const ECHO = encodePacket("REQ", "ECHO_REQ", ["hi"]);
const LARGE_BYTES = 100_000;
const LARGE = encodePacket("REQ", "WORK_COMPLETE", ["H:x:1", "y".repeat(LARGE_BYTES - 6)]);

function pushed(...chunks: readonly Uint8Array[]): PacketReader {
  const reader = newReader();
  for (const chunk of chunks) reader.push(chunk);
  return reader;
}

describe("large bodies", () => {
  for (const cut of [12, 13, 100, LARGE.length - 1]) {
    test(`a large body cut at ${cut} waits for accept, then comes in an exact buffer of its own`, () => {
      const reader = pushed(LARGE.subarray(0, cut));
      expect([reader.next(), reader.next(), reader.bodyBytes]).toEqual([ITEM.large, ITEM.large, LARGE_BYTES]);
      expect(reader.isMidItem).toBe(true);
      reader.accept();
      expect(reader.next()).toBe(ITEM.more);
      expect(reader.heldBytes).toBe(LARGE_BYTES);
      reader.push(Buffer.concat([LARGE.subarray(cut), ECHO]));
      expect(reader.next()).toBe(ITEM.packet);
      expect([reader.ownsBytes, reader.bytes.buffer.byteLength, reader.text(0)]).toEqual([true, LARGE_BYTES, "H:x:1"]);
      const kept = reader.data(1);
      expect(drain(reader)).toHaveLength(1);
      expect(Buffer.from(kept).toString()).toBe("y".repeat(LARGE_BYTES - 6));
      expect([reader.heldBytes, reader.isMidItem]).toEqual([0, false]);
    });
  }

  test("a large body that lies whole in the chunk is not announced, even if its header came before", () => {
    const whole = pushed(LARGE);
    expect([whole.next(), whole.ownsBytes]).toEqual([ITEM.packet, false]);
    const reader = pushed(LARGE.subarray(0, 7));
    expect(reader.next()).toBe(ITEM.more);
    reader.push(LARGE.subarray(7));
    expect([reader.next(), reader.text(0), reader.data(1).length]).toEqual([ITEM.packet, "H:x:1", LARGE_BYTES - 6]);
  });

  test("a large body whose header came in pieces is announced once the header is whole", () => {
    const reader = newReader();
    for (const byte of LARGE.subarray(0, 11)) {
      reader.push(Uint8Array.of(byte));
      expect(reader.next()).toBe(ITEM.more);
    }
    reader.push(LARGE.slice(11, 12));
    expect([reader.next(), reader.bodyBytes]).toEqual([ITEM.large, LARGE_BYTES]);
  });

  test("bytes pushed while a large body waits for accept are kept, and it is announced still", () => {
    const reader = pushed(LARGE.subarray(0, 50));
    expect(reader.next()).toBe(ITEM.large);
    reader.push(LARGE.subarray(50));
    reader.push(ECHO);
    expect(reader.next()).toBe(ITEM.large);
    reader.accept();
    expect([reader.next(), reader.data(1).length]).toEqual([ITEM.packet, LARGE_BYTES - 6]);
    expect(drain(reader)).toHaveLength(1);
  });

  test("accept without an announcement changes nothing", () => {
    const reader = pushed(ECHO.subarray(0, 5));
    expect(reader.next()).toBe(ITEM.more);
    reader.accept();
    reader.push(ECHO.subarray(5));
    expect(drain(reader)).toHaveLength(1);
  });
});

describe("what is held", () => {
  test("between items nothing is held, not even the last packet", () => {
    const reader = pushed(ECHO);
    expect(drain(reader)).toHaveLength(1);
    expect([reader.heldBytes, reader.isMidItem, reader.bytes.length]).toEqual([0, false, 0]);
  });

  test("a small rest of a big chunk is copied, and the chunk let go", () => {
    const reader = pushed(
      Buffer.concat([Buffer.concat(Array.from({ length: 3000 }, () => ECHO)), ECHO.subarray(0, 5)]),
    );
    expect(drain(reader)).toHaveLength(3000);
    expect(reader.isMidItem).toBe(true);
    expect(reader.heldBytes).toBeLessThan(100);
  });

  test("a header that claims 64 KiB takes no more memory than twice what has come", () => {
    const packet = encodePacket("REQ", "ECHO_REQ", ["x".repeat(65_536)]);
    const reader = pushed(packet.subarray(0, 12));
    expect(drain(reader)).toEqual([]);
    expect(reader.heldBytes).toBeLessThan(100);
    for (let at = 12; at < 40_000; at += 1000) {
      reader.push(packet.subarray(at, at + 1000));
      expect(drain(reader)).toEqual([]);
      expect(reader.heldBytes).toBeLessThanOrEqual(2 * (at + 1000));
    }
  });

  test("half a line is held and is an incomplete item", () => {
    const reader = pushed(Buffer.from("stat"));
    expect(drain(reader)).toEqual([]);
    expect([reader.isMidItem, reader.heldBytes > 0]).toEqual([true, true]);
    reader.push(Buffer.from("us\n"));
    expect(drain(reader)).toEqual([{ line: "status", hadReturn: false }]);
    expect([reader.isMidItem, reader.heldBytes]).toEqual([false, 0]);
  });

  test("compact lets go of the last packet and of a chunk that is mostly read, and no byte is lost", () => {
    const reader = pushed(Buffer.concat([encodePacket("REQ", "ECHO_REQ", ["x".repeat(10_000)]), ECHO, ECHO]));
    expect(reader.next()).toBe(ITEM.packet);
    expect(reader.heldBytes).toBeGreaterThan(10_000);
    reader.compact();
    expect([reader.heldBytes < 100, reader.bytes.length]).toEqual([true, 0]);
    expect(drain(reader)).toHaveLength(2);
    reader.compact();
    expect([reader.heldBytes, reader.next()]).toEqual([0, ITEM.more]);
  });

  test("a 64 KiB packet, and as much unread, in pieces of one byte costs linear time", () => {
    const packet = encodePacket("REQ", "SUBMIT_JOB", ["f", "u", "x".repeat(65_530)]);
    const reader = newReader();
    let copied = 0;
    const set = Uint8Array.prototype.set;
    Uint8Array.prototype.set = function (this: Uint8Array, source: ArrayLike<number>, offset?: number): void {
      copied += source.length;
      set.call(this, source, offset);
    };
    try {
      for (const piece of cutBytes(packet, [1])) {
        reader.push(piece);
        drain(reader);
      }
      for (const piece of cutBytes(packet, [1])) reader.push(piece);
    } finally {
      Uint8Array.prototype.set = set;
    }
    expect(drain(reader)).toHaveLength(1);
    expect(copied).toBeGreaterThan(packet.length);
    expect(copied).toBeLessThan(packet.length * 8);
  });
});

describe("ownData", () => {
  test("is memory of its own at every size, and does not change when the chunk does", () => {
    for (const size of [0, 1, 63, 64, 65, 1000, 65_536]) {
      const workload = new Uint8Array(size).fill(7);
      const chunk = encodePacket("REQ", "SUBMIT_JOB_BG", ["f", "", workload]);
      const reader = newReader();
      reader.push(chunk);
      expect(reader.next()).toBe(ITEM.packet);
      const own = reader.ownData(2);
      chunk.fill(9);
      expect(own).toEqual(workload);
      expect(own.buffer.byteLength).toBe(size);
    }
  });
});
