/** What holds for every stream: decode is the inverse of encode, cuts do not matter, noise never throws. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { ITEM } from "../../src/protocol/packet-reader.ts";
import { encodePacket, type Magic, writeHeader } from "../../src/protocol/packet-writer.ts";
import { PACKET_NAMES, PACKETS, type PacketName } from "../../src/protocol/packets.ts";
import { cutBytes, drain, newReader, type Outcome, readChunks, TINY_LIMITS } from "./reading.ts";

const NAMES = Object.keys(PACKETS) as PacketName[];

/** A string of one char per byte; small alphabets make NULs and newlines frequent. */
function byteText(options: { readonly max: number; readonly hasNul: boolean }): fc.Arbitrary<string> {
  const unit = fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(0, 10, 13, 82));
  return fc
    .array(unit, { maxLength: options.max })
    .map((bytes) => Buffer.from(options.hasNul ? bytes : bytes.filter((byte) => byte !== 0)).toString("latin1"));
}

interface Packet {
  readonly name: PacketName;
  readonly magic: Magic;
  readonly args: readonly string[];
}

function packetOf(name: PacketName, max: number): fc.Arbitrary<Packet> {
  const count: number = PACKETS[name].args.length;
  const args = fc.tuple(...Array.from({ length: count }, (_, index) => byteText({ max, hasNul: index === count - 1 })));
  return fc.record({ name: fc.constant(name), magic: fc.constantFrom<Magic>("REQ", "RES"), args });
}

function encode({ magic, name, args }: Packet): Uint8Array {
  return encodePacket(magic, name, args);
}

function outcomeOf({ magic, name, args }: Packet): Outcome {
  return { packet: name, magic, args, body: args.join("\0") };
}

/** Bytes that look like a packet up to a point: any type, any body, sometimes a wrong length or magic. */
const brokenPacket = fc
  .record({
    type: fc.oneof(fc.integer({ min: 0, max: 45 }), fc.constantFrom(7, 11, 37)),
    body: byteText({ max: 60, hasNul: true }),
    extra: fc.oneof(
      { weight: 5, arbitrary: fc.constant(0) },
      { weight: 1, arbitrary: fc.integer({ min: 1, max: 200 }) },
    ),
    magicEnd: fc.oneof(
      { weight: 8, arbitrary: fc.constant(0x51) },
      { weight: 1, arbitrary: fc.integer({ min: 0, max: 255 }) },
    ),
  })
  .map(({ type, body, extra, magicEnd }) => {
    const bytes = Buffer.alloc(12 + body.length);
    writeHeader(bytes, 0, type, body.length + extra, true);
    bytes[3] = magicEnd;
    bytes.write(body, 12, "latin1");
    return bytes as Uint8Array;
  });

const line = byteText({ max: 22, hasNul: true }).map((text) => Buffer.from(`${text}\n`, "latin1") as Uint8Array);

/** Mostly lawful packets of all types, some lines, some broken packets; within tiny limits many of them are faults. */
const stream = fc
  .array(
    fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom(...NAMES).chain((name) => packetOf(name, 8).map(encode)) },
      { weight: 2, arbitrary: line },
      { weight: 1, arbitrary: brokenPacket },
      { weight: 1, arbitrary: fc.constant(encodePacket("REQ", "ECHO_REQ", ["x".repeat(100)])) },
    ),
    { maxLength: 12 },
  )
  .map((pieces) => new Uint8Array(Buffer.concat(pieces)));

const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 6 });

/** Outcomes up to the first fault, which the reader repeats for every later push. */
function untilFault(outcomes: readonly Outcome[]): readonly Outcome[] {
  const fault = outcomes.findIndex((outcome) => "fault" in outcome);
  return fault < 0 ? outcomes : outcomes.slice(0, fault + 1);
}

describe("every stream", () => {
  for (const name of NAMES) {
    test(`${name}: what is encoded is decoded again, in both directions and cut anywhere`, () => {
      fc.assert(
        fc.property(packetOf(name, 40), sizes, (packet, cuts) => {
          const bytes = encode(packet);
          expect(readChunks([bytes])).toEqual([outcomeOf(packet)]);
          expect(readChunks(cutBytes(bytes, cuts))).toEqual([outcomeOf(packet)]);
        }),
        { numRuns: 60 },
      );
    });
  }

  test("the outcome does not depend on where bytes are cut, faults included", () => {
    fc.assert(
      fc.property(stream, sizes, (bytes, cuts) => {
        const whole = untilFault(readChunks([bytes], TINY_LIMITS));
        expect(untilFault(readChunks(cutBytes(bytes, cuts), TINY_LIMITS))).toEqual([...whole]);
        expect(untilFault(readChunks(cutBytes(bytes, [1]), TINY_LIMITS))).toEqual([...whole]);
      }),
      { numRuns: 2000 },
    );
  });

  test("the outcome does not depend on how pushes, reads and compactions alternate", () => {
    const turns = fc.array(fc.record({ reads: fc.integer({ min: 0, max: 3 }), isCompacted: fc.boolean() }), {
      minLength: 1,
    });
    fc.assert(
      fc.property(stream, sizes, turns, (bytes, cuts, play) => {
        const reader = newReader(TINY_LIMITS);
        const outcomes: Outcome[] = [];
        cutBytes(bytes, cuts).forEach((chunk, index) => {
          const turn = play[index % play.length];
          reader.push(chunk);
          if (turn?.isCompacted) reader.compact();
          if ((turn?.reads ?? 0) > 0) outcomes.push(...drain(reader, turn?.reads));
        });
        outcomes.push(...drain(reader));
        expect([...untilFault(outcomes)]).toEqual([...untilFault(readChunks([bytes], TINY_LIMITS))]);
      }),
      { numRuns: 2000 },
    );
  });

  test("what is held is bounded by the limits, and nothing is held between items", () => {
    fc.assert(
      fc.property(stream, sizes, (bytes, cuts) => {
        const reader = newReader(TINY_LIMITS);
        for (const chunk of cutBytes(bytes, cuts)) {
          reader.push(chunk);
          drain(reader);
          expect(reader.heldBytes).toBeLessThanOrEqual(TINY_LIMITS.bodyBytesMax + 12);
          expect(reader.heldBytes > 0).toBe(reader.isMidItem);
        }
      }),
      { numRuns: 500 },
    );
  });

  test("noise gives packets, lines or a fault, and never an error", () => {
    const noise = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.concat([Buffer.from("\0REQ\0\0\0"), bytes])),
      fc.tuple(stream, fc.nat(), fc.integer({ min: 0, max: 255 })).map(([bytes, at, byte]) => {
        const mutated = bytes.slice();
        if (mutated.length > 0) mutated[at % mutated.length] = byte;
        return mutated;
      }),
    );
    fc.assert(
      fc.property(noise, sizes, (bytes, cuts) => {
        const whole = untilFault(readChunks([bytes], TINY_LIMITS));
        expect([...untilFault(readChunks(cutBytes(bytes, cuts), TINY_LIMITS))]).toEqual([...whole]);
      }),
      { numRuns: 3000 },
    );
  });

  test("the streams of these tests reach every type, every fault and large bodies", () => {
    const seen = new Set<string>();
    for (const bytes of fc.sample(stream, { numRuns: 3000, seed: 1 })) {
      for (const outcome of readChunks([bytes], TINY_LIMITS)) {
        seen.add("packet" in outcome ? outcome.packet : "line" in outcome ? "line" : outcome.fault);
      }
      const reader = newReader(TINY_LIMITS);
      for (const chunk of cutBytes(bytes, [9])) {
        reader.push(chunk);
        if (reader.next() === ITEM.large) seen.add("large");
        drain(reader);
      }
    }
    const faults = ["badMagic", "badType", "argumentsTooLong", "bodyTooLarge", "tooFewArguments", "textTooLong"];
    const names = PACKET_NAMES.filter((name) => name !== undefined);
    for (const thing of [...names, ...faults, "5", "line", "large"]) expect(seen).toContain(thing);
  });
});
