/** Plays chunks to a PacketReader and writes down what it said, as plain values that can be compared. */
import { LIMITS } from "../../src/base/limits.ts";
import { ITEM, PacketReader } from "../../src/protocol/packet-reader.ts";
import { PACKET_NAMES } from "../../src/protocol/packets.ts";
import type { ReaderLimits } from "../../src/protocol/reader-limits.ts";

/** One item of a stream; announcements of large bodies are accepted and left out. */
export type Outcome =
  | { readonly packet: string; readonly magic: "REQ" | "RES"; readonly args: readonly string[]; readonly body: string }
  | { readonly line: string; readonly hadReturn: boolean }
  | { readonly fault: string };

/** The limits of the server. */
export const SERVER_LIMITS: ReaderLimits = {
  bodyBytesMax: LIMITS.bodyBytesMax,
  argBytesMax: LIMITS.argBytesMax,
  textBytesMax: LIMITS.textBytesMax,
  largeBodyBytes: LIMITS.largeBodyBytes,
};

/** Limits so small that random streams reach all of them. */
export const TINY_LIMITS: ReaderLimits = { bodyBytesMax: 120, argBytesMax: 24, textBytesMax: 20, largeBodyBytes: 40 };

/** A reader with the server's limits, or those given instead. */
export function newReader(limits: Partial<ReaderLimits> = {}): PacketReader {
  return new PacketReader({ ...SERVER_LIMITS, ...limits });
}

/** Everything the reader says until it needs more, but not more than `countMax` items. */
export function drain(reader: PacketReader, countMax = Number.POSITIVE_INFINITY): Outcome[] {
  const outcomes: Outcome[] = [];
  for (let count = 0; count < countMax; count++) {
    const item = reader.next();
    if (item === ITEM.more) break;
    if (item === ITEM.large) reader.accept();
    else outcomes.push(describeItem(reader, item));
    if (item === ITEM.fault) break;
  }
  return outcomes;
}

/** What the reader says when the chunks come one after the other. */
export function readChunks(chunks: readonly Uint8Array[], limits: Partial<ReaderLimits> = {}): Outcome[] {
  const reader = newReader(limits);
  return chunks.flatMap((chunk) => {
    reader.push(chunk);
    return drain(reader);
  });
}

/** The stream in pieces of `sizes` bytes, the sizes used again and again; each piece has memory of its own. */
export function cutBytes(stream: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let at = 0, turn = 0; at < stream.length; turn++) {
    const size = sizes[turn % sizes.length] ?? stream.length;
    chunks.push(stream.slice(at, at + size));
    at += size;
  }
  return chunks;
}

function describeItem(reader: PacketReader, item: number): Outcome {
  if (item === ITEM.text) return { line: reader.line, hadReturn: reader.lineHadReturn };
  if (item === ITEM.fault) return { fault: reader.fault };
  const args: string[] = [];
  for (let index = 0; index < reader.argCount; index++) {
    const view = Buffer.from(reader.data(index)).toString("latin1");
    if (view !== reader.text(index)) throw new Error(`text and data of argument ${index} differ`);
    args.push(view);
  }
  const body = reader.bytes.toString("latin1", reader.bodyStart, reader.bodyEnd);
  return { packet: PACKET_NAMES[reader.type] ?? `${reader.type}`, magic: reader.isRequest ? "REQ" : "RES", args, body };
}
