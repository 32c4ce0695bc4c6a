/** Packets out: a header written in place, or a whole packet made at once. */
import { GearError } from "../base/errors.ts";
import { HEADER_BYTES, PACKETS, type PacketName } from "./packets.ts";

/** The magic of a packet: REQ towards the job server, RES from it. */
export type Magic = "REQ" | "RES";

/**
 * Writes the 12 bytes of a header at `at`, where there must be room.
 *
 * `type` is 0 to 255 and `length`, the bytes of the body, 0 to 2^32 − 1.
 */
export function writeHeader(bytes: Uint8Array, at: number, type: number, length: number, isRequest: boolean): void {
  bytes[at] = 0;
  bytes[at + 1] = 0x52;
  bytes[at + 2] = 0x45;
  bytes[at + 3] = isRequest ? 0x51 : 0x53;
  bytes[at + 4] = 0;
  bytes[at + 5] = 0;
  bytes[at + 6] = 0;
  bytes[at + 7] = type;
  bytes[at + 8] = length >>> 24;
  bytes[at + 9] = length >>> 16;
  bytes[at + 10] = length >>> 8;
  bytes[at + 11] = length;
}

/**
 * A whole packet of its own memory; strings are one byte per char (latin1).
 *
 * Throws GearError INVALID_ARGUMENT when the count of arguments is not that of PACKETS, when an argument that is not the last
 * holds a NUL, or when a string holds a char above U+00FF.
 */
export function encodePacket(magic: Magic, name: PacketName, args: readonly (string | Uint8Array)[]): Uint8Array {
  const row = PACKETS[name];
  if (args.length !== row.args.length) {
    throw new GearError("INVALID_ARGUMENT", `${name} has ${row.args.length} arguments, ${args.length} were given`);
  }
  let length = Math.max(0, args.length - 1);
  for (const arg of args) length += arg.length;
  const bytes = Buffer.allocUnsafeSlow(HEADER_BYTES + length);
  writeHeader(bytes, 0, row.type, length, magic === "REQ");
  let at = HEADER_BYTES;
  args.forEach((arg, index) => {
    if (index > 0) bytes[at++] = 0;
    checkArgument(name, arg, index);
    if (typeof arg === "string") bytes.write(arg, at, "latin1");
    else bytes.set(arg, at);
    at += arg.length;
  });
  return bytes;
}

function checkArgument(name: PacketName, arg: string | Uint8Array, index: number): void {
  const argNames: readonly string[] = PACKETS[name].args;
  const isLast = index === argNames.length - 1;
  if (!isLast && (typeof arg === "string" ? arg.includes("\0") : arg.includes(0))) {
    throw new GearError("INVALID_ARGUMENT", `${name}: ${argNames[index]} must not hold a NUL`);
  }
  if (typeof arg === "string" && /[^\0-\xff]/.test(arg)) {
    throw new GearError(
      "INVALID_ARGUMENT",
      `${name}: ${argNames[index]} must be encoded: it holds a char above U+00FF`,
    );
  }
}
