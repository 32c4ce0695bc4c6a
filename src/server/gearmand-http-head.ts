/**
 * The head of a request to gearmand's HTTP module, read as gearmand reads it: no query, no percent-decoding, bare newlines allowed.
 *
 * ```text
 *   METHOD /function HTTP/1.0|1.1
 *   Content-Length: 5
 *   X-Gearman-Unique: photo-42
 *   X-Gearman-Background: true
 *   X-Gearman-Priority: high|low
 * ```
 */
import { LIMITS } from "../base/limits.ts";
import type { PacketName } from "../protocol/packets.ts";

/** Largest head with its empty line, bytes. Source: gearmand's receive buffer. */
export const HEAD_BYTES_MAX = 8192;

/** Why a request is refused. */
export interface HttpRefusal {
  /** 400 to 599. */
  readonly status: number;
  /** A sentence for people; empty: a reply without a body, as gearmand's. */
  readonly text: string;
}

/** A request for a job. */
export interface HttpRequest {
  /** The submit that it stands for. */
  readonly submit: PacketName;
  /** One char per byte, without the slashes in front; never empty. */
  readonly functionName: string;
  /** One char per byte, 1 to 64; "-" when none was given. */
  readonly unique: string;
  readonly isBackground: boolean;
  /** Bytes of the workload that follow the head; 0 for GET. */
  readonly bodyBytes: number;
  /** The client waits for `100 Continue` before it sends the body. */
  readonly expectsContinue: boolean;
  /** False: HTTP/1.0. */
  readonly isHttp11: boolean;
}

const NEWLINE = 10;
const RETURN = 13;

/** Where the head ends (behind its empty line) in bytes that begin with the request line, looking from `from`; -1 when it does not yet. */
export function findHeadEnd(bytes: Uint8Array, from: number): number {
  for (let at = bytes.indexOf(NEWLINE, from); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) {
    const before = bytes[at - 1] === RETURN ? at - 2 : at - 1;
    if (before >= 0 && bytes[before] === NEWLINE) return at + 1;
  }
  return -1;
}

/** True when the request line of a head, be it good or not, ends in HTTP/1.1. */
export function isHttp11Head(head: string): boolean {
  return /^[^\n]* HTTP\/1\.1\r?\n/.test(head);
}

// Several blanks between the words, and a missing or repeated slash, are as good as one. Source: gearmand.
const REQUEST_LINE = /^([!-~]+) +\/*([^ ]*) +HTTP\/1\.([01])$/;
const METHODS_WITH_BODY: readonly string[] = ["POST", "PUT"];
const SUBMITS = {
  foreground: { normal: "SUBMIT_JOB", high: "SUBMIT_JOB_HIGH", low: "SUBMIT_JOB_LOW" },
  background: { normal: "SUBMIT_JOB_BG", high: "SUBMIT_JOB_HIGH_BG", low: "SUBMIT_JOB_LOW_BG" },
} as const;

/** Reads a whole head, one char per byte, its empty line included. */
export function readHead(head: string, bodyBytesMax: number): HttpRequest | HttpRefusal {
  const [requestLine = "", ...lines] = head.replace(/\r?\n\r?\n$/, "").split(/\r?\n/);
  const match = REQUEST_LINE.exec(requestLine);
  if (match === null || hasControls(requestLine) || requestLine.includes("\t"))
    return bad("The request line is not METHOD /function HTTP/1.1");
  const [, method = "", functionName = "", minor] = match;
  const hasBody = METHODS_WITH_BODY.includes(method);
  if (method !== "GET" && !hasBody) return { status: 405, text: "The methods are GET, POST and PUT" };
  if (functionName === "") return { status: 404, text: "" };
  const headers = readHeaders(lines);
  if (typeof headers === "string") return bad(headers);
  const bodyBytes = hasBody ? readLength(headers) : 0;
  if (typeof bodyBytes !== "number") return bodyBytes;
  const unique = headers.get("x-gearman-unique") || "-";
  if (unique.length > LIMITS.uniqueBytesMax) {
    return bad(`X-Gearman-Unique is longer than ${LIMITS.uniqueBytesMax} bytes`);
  }
  if (functionName.length + unique.length + 2 + bodyBytes > bodyBytesMax) {
    return { status: 413, text: `The request is over the limit of ${bodyBytesMax} bytes` };
  }
  const isBackground = isWord(headers, "x-gearman-background", "true");
  return {
    submit: SUBMITS[isBackground ? "background" : "foreground"][priorityOf(headers)],
    functionName,
    unique,
    isBackground,
    bodyBytes,
    expectsContinue: minor === "1" && isWord(headers, "expect", "100-continue"),
    isHttp11: minor === "1",
  };
}

function bad(text: string): HttpRefusal {
  return { status: 400, text };
}

function hasControls(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  return /[\0-\x08\x0a-\x1f\x7f]/.test(text);
}

/** Values by lower-case name, the last one where a name is repeated; a sentence about the mistake if there is one. */
function readHeaders(lines: readonly string[]): ReadonlyMap<string, string> | string {
  const headers = new Map<string, string>();
  for (const line of lines) {
    const match = /^([!-9;-~]+):[ \t]*(.*?)[ \t]*$/.exec(line);
    if (match === null || hasControls(line)) return "A header line is not Name: value";
    const [, name = "", value = ""] = match;
    const key = name.toLowerCase();
    // Two lengths are how requests are smuggled past a proxy.
    if (key === "content-length" && (headers.get(key) ?? value) !== value) return "Content-Length is given twice";
    headers.set(key, value);
  }
  return headers;
}

function readLength(headers: ReadonlyMap<string, string>): number | HttpRefusal {
  if (headers.has("transfer-encoding")) {
    return { status: 411, text: "A body needs Content-Length; Transfer-Encoding is not understood" };
  }
  const text = headers.get("content-length") ?? "0";
  return /^\d{1,15}$/.test(text) ? Number(text) : bad("Content-Length is not a number");
}

function isWord(headers: ReadonlyMap<string, string>, name: string, word: string): boolean {
  return headers.get(name)?.toLowerCase() === word;
}

function priorityOf(headers: ReadonlyMap<string, string>): "high" | "normal" | "low" {
  if (isWord(headers, "x-gearman-priority", "high")) return "high";
  return isWord(headers, "x-gearman-priority", "low") ? "low" : "normal";
}
