/** Writes the packets of the job server, each straight into an outgoing buffer. */

import type { ByteRange } from "../base/byte-range.ts";
import { LIMITS } from "../base/limits.ts";
import type { HandleFormat } from "../job/handle.ts";
import type { Job } from "../job/job.ts";
import { writeHeader } from "../protocol/packet-writer.ts";
import { HEADER_BYTES, PACKETS } from "../protocol/packets.ts";
import type { OutBuffer } from "./out-buffer.ts";

const EMPTY_PACKET_BYTES = HEADER_BYTES;
const NO_DATA = new Uint8Array(0);

/** A packet without arguments: NOOP, NO_JOB. */
export function writeEmpty(out: OutBuffer, type: number): void {
  out.reserve(EMPTY_PACKET_BYTES);
  writeHeader(out.block, out.end, type, 0, false);
  out.wrote(out.end + EMPTY_PACKET_BYTES);
}

/** A packet of short texts, one char per byte. */
export function writeTexts(out: OutBuffer, type: number, texts: readonly string[]): void {
  let count = texts.length - 1;
  for (const text of texts) count += text.length;
  out.reserve(HEADER_BYTES + count);
  writeHeader(out.block, out.end, type, count, false);
  let at = out.end + HEADER_BYTES;
  for (let index = 0; index < texts.length; index++) {
    if (index > 0) out.block[at++] = 0;
    at = writeLatin1(out.block, at, texts[index] ?? "");
  }
  out.wrote(at);
}

/** ERROR. */
export function writeError(out: OutBuffer, code: string, text: string): void {
  writeTexts(out, PACKETS.ERROR.type, [code, text]);
}

/** A packet that is nothing but bytes: ECHO_RES, OPTION_RES. */
export function writeBytes(out: OutBuffer, type: number, bytes: Uint8Array, isConstant: boolean): void {
  out.reserve(HEADER_BYTES);
  writeHeader(out.block, out.end, type, bytes.length, false);
  out.wrote(out.end + HEADER_BYTES);
  out.append(bytes, isConstant);
}

/** JOB_CREATED. */
export function writeCreated(out: OutBuffer, handles: HandleFormat, serial: number): void {
  writeAboutJob(out, PACKETS.JOB_CREATED.type, { handles, serial, data: undefined, isConstant: true });
}

/** A packet about a job: its handle and, unless `data` is undefined, a NUL and data. */
export interface AboutJob {
  readonly handles: HandleFormat;
  readonly serial: number;
  readonly data: ByteRange | undefined;
  /** The data never changes again. */
  readonly isConstant: boolean;
}

/** JOB_CREATED, WORK_DATA, WORK_WARNING, WORK_COMPLETE, WORK_EXCEPTION with data; WORK_FAIL without. */
export function writeAboutJob(out: OutBuffer, type: number, about: AboutJob): void {
  const { data } = about;
  out.reserve(HEADER_BYTES + LIMITS.handleBytesMax + 1);
  const start = out.end + HEADER_BYTES;
  let at = about.handles.write(out.block, start, about.serial);
  if (data !== undefined) out.block[at++] = 0;
  writeHeader(out.block, out.end, type, at - start + (data === undefined ? 0 : data.end - data.start), false);
  out.wrote(at);
  if (data !== undefined) out.appendRange(data, about.isConstant);
}

/** WORK_STATUS with the worker's own words. */
export function writeProgress(out: OutBuffer, handle: string, words: readonly [string, string]): void {
  writeTexts(out, PACKETS.WORK_STATUS.type, [handle, words[0], words[1]]);
}

/** What a worker asked to be told with a job. */
export type AssignForm = "plain" | "unique" | "all";

/** JOB_ASSIGN, JOB_ASSIGN_UNIQ or JOB_ASSIGN_ALL; a job without reducer is never sent as JOB_ASSIGN_ALL. */
export function writeAssign(out: OutBuffer, handles: HandleFormat, job: Job, form: AssignForm): void {
  const { name } = job.functionQueue;
  const unique = form === "plain" ? undefined : job.unique;
  const reducer = form === "all" && job.reducer !== undefined && job.reducer !== "" ? job.reducer : undefined;
  const textBytes = name.length + (unique?.length ?? 0) + (reducer?.length ?? 0) + 3;
  out.reserve(HEADER_BYTES + LIMITS.handleBytesMax + 1 + textBytes);
  const { block } = out;
  const start = out.end + HEADER_BYTES;
  let at = handles.write(block, start, job.serial);
  block[at++] = 0;
  at = writeLatin1(block, at, name);
  block[at++] = 0;
  if (unique !== undefined) {
    at = writeLatin1(block, at, unique);
    block[at++] = 0;
  }
  if (reducer !== undefined) {
    at = writeLatin1(block, at, reducer);
    block[at++] = 0;
  }
  writeHeader(block, out.end, assignType(unique, reducer), at - start + job.workload.length, false);
  out.wrote(at);
  out.append(job.workload, true);
}

function assignType(unique: string | undefined, reducer: string | undefined): number {
  if (reducer !== undefined) return PACKETS.JOB_ASSIGN_ALL.type;
  return unique === undefined ? PACKETS.JOB_ASSIGN.type : PACKETS.JOB_ASSIGN_UNIQ.type;
}

/** The answer to a text command. */
export function writeText(out: OutBuffer, text: string): void {
  out.append(text === "" ? NO_DATA : Buffer.from(text, "latin1"), true);
}

const LOOP_CHARS_MAX = 32;

function writeLatin1(block: Buffer, at: number, text: string): number {
  const { length } = text;
  if (length > LOOP_CHARS_MAX) block.write(text, at, length, "latin1");
  else for (let index = 0; index < length; index++) block[at + index] = text.charCodeAt(index);
  return at + length;
}
