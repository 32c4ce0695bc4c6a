/**
 * The packets about one job, made into the reply of gearmand's HTTP module; bytes in, bytes out.
 *
 * ```text
 *   JOB_CREATED of a background job -----------------------------------------> head                     over
 *   WORK_COMPLETE, WORK_FAIL, WORK_EXCEPTION, ERROR -------------------------> head, body               over
 *   WORK_DATA -> head, piece -> WORK_DATA -> piece -> WORK_COMPLETE ---------> piece, end with trailer  over
 *   WORK_STATUS, WORK_WARNING, NOOP, JOB_CREATED of a foreground job: skipped
 * ```
 */
import { HEADER_BYTES, PACKET_NAMES, type PacketName } from "../protocol/packets.ts";
import type { HttpRefusal } from "./gearmand-http-head.ts";

/** What a reply depends on. */
export interface ReplyForm {
  readonly isHttp11: boolean;
  readonly isBackground: boolean;
  /** A job that fails is answered 500 instead of 200. */
  readonly isStatusReal: boolean;
  /** What the `Server` header says after `Gearman/`. */
  readonly version: string;
}

// biome-ignore format: a table
const REASONS: Readonly<Record<number, string>> = {
  200: "OK", 400: "Bad Request", 404: "NOT_FOUND", 405: "Method Not Allowed", 408: "Request Timeout", 411: "Length Required",
  413: "Content Too Large", 431: "Request Header Fields Too Large", 500: "Internal Server Error", 503: "Service Unavailable",
};

/** How a packet's body is read; what is not in the table is skipped. */
const BODY: Partial<Record<PacketName, "whole" | "data">> = {
  JOB_CREATED: "whole",
  WORK_FAIL: "whole",
  ERROR: "whole",
  WORK_DATA: "data",
  WORK_COMPLETE: "data",
  WORK_EXCEPTION: "data",
};

/** A whole reply to a request that makes no job. */
export function refusalBytes(refusal: HttpRefusal, form: Pick<ReplyForm, "isHttp11" | "version">): Buffer {
  const body = refusal.text === "" ? "" : `${refusal.text}\n`;
  const allow = refusal.status === 405 ? ["Allow: GET, POST, PUT"] : [];
  return headBytes(form, { status: refusal.status, headers: [...allow, ...textHeaders(body)], body });
}

function textHeaders(body: string): readonly string[] {
  return body === "" ? ["Content-Length: 0"] : ["Content-Type: text/plain", `Content-Length: ${body.length}`];
}

interface Head {
  readonly status: number;
  readonly headers: readonly string[];
  readonly body: string;
}

/** gearmand answers in the version of the request, and says that it closes to those who would expect otherwise. */
function headBytes(form: Pick<ReplyForm, "isHttp11" | "version">, head: Head): Buffer {
  const lines = [
    `HTTP/1.${form.isHttp11 ? 1 : 0} ${head.status} ${REASONS[head.status] ?? "Error"}`,
    ...head.headers,
    `Server: Gearman/${form.version}`,
    ...(form.isHttp11 ? ["Connection: close"] : []),
  ];
  return Buffer.from(`${lines.join("\r\n")}\r\n\r\n${head.body}`, "latin1");
}

/** The reply to one request. */
export class HttpReply {
  /** Nothing more comes of this reply. */
  isOver = false;
  /** The job failed when a part of the body was out already: only a cut connection can say so. */
  isCut = false;
  /** The head is out. */
  hasBegun = false;
  readonly #form: ReplyForm;
  #parts: Buffer[] = [];
  /** The packet's bytes that are kept: its header, and its handle or its whole body. */
  #kept: number[] = [];
  #name: PacketName | undefined = undefined;
  /** Bytes of the packet's body that have not come. */
  #bodyLeft = 0;
  /** What becomes of the next byte. */
  #step: "keep" | "pass" | "skip" = "keep";
  /** The body began with no length told. */
  #isStreaming = false;
  /** A chunk of the body is open. */
  #hasPiece = false;

  constructor(form: ReplyForm) {
    this.#form = form;
  }

  /** Reads packets from any piece of their stream, and answers the bytes that are to be sent. Copies what it passes on. */
  read(bytes: Uint8Array): Buffer {
    let at = 0;
    while (at < bytes.length && !this.isOver) {
      if (this.#step === "keep") this.#keep(bytes[at++] as number);
      else at = this.#take(bytes, at);
    }
    const parts = this.#parts;
    this.#parts = [];
    return Buffer.concat(parts);
  }

  #keep(byte: number): void {
    const count = this.#kept.push(byte);
    if (count < HEADER_BYTES) return;
    if (count > HEADER_BYTES) this.#bodyLeft--;
    else this.#readHeader(Buffer.from(this.#kept));
    const form = this.#name === undefined ? undefined : BODY[this.#name];
    if (form === undefined) this.#go("skip");
    else if (form === "whole" && this.#bodyLeft === 0) this.#runWhole();
    else if (form === "data" && count > HEADER_BYTES && byte === 0) this.#runData();
  }

  #readHeader(header: Buffer): void {
    this.#name = PACKET_NAMES[header.readUInt32BE(4)];
    this.#bodyLeft = header.readUInt32BE(8);
  }

  #go(step: "pass" | "skip"): void {
    this.#step = step;
    if (this.#bodyLeft === 0) this.#endPacket();
  }

  #take(bytes: Uint8Array, at: number): number {
    const end = Math.min(bytes.length, at + this.#bodyLeft);
    if (this.#step === "pass") this.#parts.push(Buffer.from(bytes.subarray(at, end)));
    this.#bodyLeft -= end - at;
    if (this.#bodyLeft === 0) this.#endPacket();
    return end;
  }

  #endPacket(): void {
    if (this.#step === "pass") this.#endData();
    this.#kept = [];
    this.#step = "keep";
  }

  /** The text of what was kept behind the header. */
  #text(): string {
    return Buffer.from(this.#kept.slice(HEADER_BYTES)).toString("latin1");
  }

  // ---- packets without data

  #runWhole(): void {
    const text = this.#text();
    if (this.#name === "WORK_FAIL") this.#fail(text);
    else if (this.#name === "ERROR") this.#refuse(text);
    else if (this.#form.isBackground) {
      this.#begin(200, [...this.#about(text), "Content-Length: 0"]);
      this.isOver = true;
    }
    this.#endPacket();
  }

  #fail(handle: string): void {
    if (!this.hasBegun) this.#begin(this.#failStatus(), [...this.#about(handle), "Content-Length: 0"]);
    else if (this.#form.isStatusReal) this.isCut = true;
    else this.#endStream();
    this.isOver = true;
  }

  #refuse(codeAndText: string): void {
    const [code = "", text = ""] = codeAndText.split("\0");
    const body = `${code}: ${text}\n`;
    this.#begin(code === "QUEUE_ERROR" ? 503 : 500, ["X-Gearman-Command: ERROR", ...textHeaders(body)], body);
    this.isOver = true;
  }

  // ---- packets with data

  /** The handle and its NUL were kept, `#bodyLeft` bytes of data follow. */
  #runData(): void {
    const handle = this.#text().slice(0, -1);
    if (this.#name === "WORK_DATA" && !this.hasBegun) this.#beginStream(handle);
    if (!this.hasBegun) {
      const status = this.#name === "WORK_COMPLETE" ? 200 : this.#failStatus();
      this.#begin(status, [...this.#about(handle), `Content-Length: ${this.#bodyLeft}`]);
    } else if (this.#name === "WORK_EXCEPTION" && this.#form.isStatusReal) {
      this.isCut = true;
      this.isOver = true;
    } else if (this.#isChunked && this.#bodyLeft > 0) {
      // No chunk for nothing: an empty one would be the end.
      this.#push(`${this.#bodyLeft.toString(16)}\r\n`);
      this.#hasPiece = true;
    }
    this.#go("pass");
  }

  #endData(): void {
    if (this.#hasPiece) this.#push("\r\n");
    this.#hasPiece = false;
    if (this.#name === "WORK_DATA") return;
    if (this.#isStreaming) this.#endStream();
    this.isOver = true;
  }

  #beginStream(handle: string): void {
    const how = this.#form.isHttp11 ? ["Transfer-Encoding: chunked", "Trailer: X-Gearman-Command"] : [];
    this.#begin(200, [`X-Gearman-Job-Handle: ${handle}`, ...how]);
    this.#isStreaming = true;
  }

  #endStream(): void {
    if (this.#isChunked) this.#push(`0\r\nX-Gearman-Command: ${this.#name}\r\n\r\n`);
  }

  // ---- out

  /** HTTP/1.0 knows no chunks: its body ends with the connection. */
  get #isChunked(): boolean {
    return this.#isStreaming && this.#form.isHttp11;
  }

  #failStatus(): number {
    return this.#form.isStatusReal ? 500 : 200;
  }

  #about(handle: string): readonly string[] {
    return [`X-Gearman-Job-Handle: ${handle}`, `X-Gearman-Command: ${this.#name}`];
  }

  #begin(status: number, headers: readonly string[], body = ""): void {
    this.hasBegun = true;
    this.#parts.push(headBytes(this.#form, { status, headers, body }));
  }

  #push(text: string): void {
    this.#parts.push(Buffer.from(text, "latin1"));
  }
}
