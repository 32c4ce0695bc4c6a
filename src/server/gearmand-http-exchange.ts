/**
 * One connection to gearmand's HTTP module: its request becomes a submit, and the packets about its job become the reply.
 *
 * Towards the core it is a Gearman client like any other: a session whose wire is memory, so every limit holds for it too.
 *
 * ```text
 *   socket --received--> head --> session.received(submit, body ...)
 *   socket <--write--- HttpReply <--write--- session.flush
 * ```
 */
import { LIMITS } from "../base/limits.ts";
import { writeHeader } from "../protocol/packet-writer.ts";
import { HEADER_BYTES, PACKETS } from "../protocol/packets.ts";
import {
  findHeadEnd,
  HEAD_BYTES_MAX,
  type HttpRefusal,
  type HttpRequest,
  isHttp11Head,
  readHead,
} from "./gearmand-http-head.ts";
import { HttpReply, refusalBytes } from "./gearmand-http-reply.ts";
import type { ServerCore } from "./server-core.ts";
import type { Session } from "./session.ts";
import type { Wire, WireEvents } from "./wire.ts";

/** Bytes of a reply that are turned into HTTP at a time, and at most wait for the socket. */
const PIECE_BYTES = 64 * 1024;
/** How long what a client still sends is read and dropped behind its reply, ms. */
const LINGER_MS = 2_000;

const NOTHING = Buffer.alloc(0);

/** What an exchange is made with. */
export interface ExchangeParts {
  readonly core: ServerCore;
  readonly wire: Wire;
  /** The connection is closed. */
  readonly onClosed: (exchange: HttpExchange) => void;
}

/** One open HTTP connection. */
export class HttpExchange implements WireEvents {
  readonly #core: ServerCore;
  readonly #wire: Wire;
  readonly #onClosed: (exchange: HttpExchange) => void;
  /** `head`: the request is read. `job`: the session has it. `over`: the reply is made, what comes is dropped. */
  #state: "head" | "job" | "over" | "closed" = "head";
  #head: Buffer = NOTHING;
  #session: Session | undefined = undefined;
  #reply: HttpReply | undefined = undefined;
  /** Bytes of the body that have not come. */
  #bodyLeft = 0;
  /** Bytes that the socket has not taken. */
  #unsent: Buffer = NOTHING;
  #isHttp11 = false;
  #hasSentFin = false;
  #timer: ReturnType<typeof setTimeout> | undefined = undefined;

  constructor(parts: ExchangeParts) {
    this.#core = parts.core;
    this.#wire = parts.wire;
    this.#onClosed = parts.onClosed;
    this.#limit(this.#core.options.idleMs, () => {
      if (this.#head.length === 0) this.destroy();
      else this.#refuse({ status: 408, text: "The request did not come whole in time" });
    });
  }

  // ---- the socket's events

  received(chunk: Uint8Array): void {
    if (this.#state === "head") this.#readHead(chunk);
    else if (this.#state === "job") this.#passBody(chunk);
  }

  drained(): void {
    if (!this.#flush()) return;
    if (this.#state === "job") this.#session?.drained();
    else if (this.#state === "over") this.#finish();
  }

  finished(): void {
    if (this.#state === "head") this.#end();
    else if (this.#state === "job") this.#session?.finished();
  }

  closed(): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    clearTimeout(this.#timer);
    this.#unsent = NOTHING;
    this.#session?.closed();
    this.#onClosed(this);
  }

  /** Closes at once, whatever is unsent. */
  destroy(): void {
    this.closed();
    this.#wire.destroy();
  }

  // ---- the request

  #readHead(chunk: Uint8Array): void {
    const bytes = withoutEmptyLines(Buffer.concat([this.#head, chunk]));
    const end = findHeadEnd(bytes, this.#head.length);
    this.#head = bytes;
    if (end < 0 && bytes.length < HEAD_BYTES_MAX) return;
    const head = bytes.toString("latin1", 0, Math.min(end < 0 ? bytes.length : end, HEAD_BYTES_MAX));
    this.#isHttp11 = isHttp11Head(head);
    if (end < 0 || end > HEAD_BYTES_MAX) {
      this.#refuse({ status: 431, text: `The head of the request is over the limit of ${HEAD_BYTES_MAX} bytes` });
      return;
    }
    const request = readHead(head, this.#core.options.bodyBytesMax);
    if ("status" in request) this.#refuse(request);
    else this.#submit(request, bytes.subarray(end));
    this.#head = NOTHING;
  }

  #submit(request: HttpRequest, rest: Uint8Array): void {
    clearTimeout(this.#timer);
    const { isHttpStatusReal, versionText } = this.#core.options;
    this.#state = "job";
    this.#reply = new HttpReply({
      isHttp11: request.isHttp11,
      isBackground: request.isBackground,
      isStatusReal: isHttpStatusReal === true,
      version: versionText,
    });
    this.#bodyLeft = request.bodyBytes;
    if (request.expectsContinue && rest.length < request.bodyBytes) this.#send(CONTINUE);
    this.#session = this.#core.accept(new SessionWire(this, this.#wire));
    this.#session.received(submitStart(request));
    this.#passBody(rest);
  }

  #passBody(chunk: Uint8Array): void {
    if (this.#bodyLeft === 0 || chunk.length === 0) return;
    const body = chunk.subarray(0, this.#bodyLeft);
    this.#bodyLeft -= body.length;
    this.#session?.received(body);
  }

  #refuse(refusal: HttpRefusal): void {
    this.#core.log("INFO", `an HTTP request is refused: ${refusal.status} ${refusal.text}`, {
      peer: this.#wire.remoteAddress,
    });
    this.#send(refusalBytes(refusal, { isHttp11: this.#isHttp11, version: this.#core.options.versionText }));
    this.#end();
  }

  // ---- the reply

  /** What the session writes; answers how many bytes were taken. */
  writeReply(bytes: Uint8Array, start: number, end: number): number {
    const reply = this.#reply;
    if (reply === undefined || this.#state !== "job") return end - start;
    let at = start;
    while (at < end && this.#flush() && !reply.isOver) {
      const pieceEnd = Math.min(end, at + PIECE_BYTES);
      this.#send(reply.read(bytes.subarray(at, pieceEnd)));
      at = pieceEnd;
    }
    // Later, because this is the session's own call.
    if (reply.isCut) queueMicrotask(() => this.destroy());
    else if (reply.isOver) this.#end();
    return reply.isOver ? end - start : at - start;
  }

  /** The session closes, whether it has answered or not. */
  sessionFinished(): void {
    if (this.#state === "job") this.#end();
  }

  /** The session was closed because a limit was over, or the server stops. */
  sessionDestroyed(): void {
    if (this.#state !== "job") return;
    const isLate = this.#bodyLeft > 0 && this.#reply?.hasBegun === false && !this.#core.isStopping;
    if (isLate) this.#refuse({ status: 408, text: "The request did not come whole in time" });
    else this.destroy();
  }

  #send(bytes: Buffer): void {
    this.#unsent = this.#unsent.length === 0 ? bytes : Buffer.concat([this.#unsent, bytes]);
    this.#flush();
  }

  /** Writes what the socket takes; true when nothing is left. */
  #flush(): boolean {
    while (this.#unsent.length > 0) {
      const taken = this.#wire.write(this.#unsent, 0, this.#unsent.length);
      if (taken === 0) return false;
      this.#unsent = this.#unsent.subarray(taken);
    }
    return true;
  }

  /** Nothing more is said: the connection closes once everything is out. */
  #end(): void {
    if (this.#state === "over" || this.#state === "closed") return;
    this.#state = "over";
    this.#wire.resume();
    if (this.#flush()) this.#finish();
    else this.#limit(LIMITS.stallMs, () => this.destroy());
  }

  #finish(): void {
    if (this.#hasSentFin) return;
    this.#hasSentFin = true;
    this.#wire.finish();
    this.#limit(LINGER_MS, () => this.destroy());
  }

  #limit(limitMs: number, onOver: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(onOver, limitMs);
  }
}

const CONTINUE = Buffer.from("HTTP/1.1 100 Continue\r\n\r\n");

/** Empty lines in front of a request are allowed. Source: RFC 9112. */
function withoutEmptyLines(bytes: Buffer): Buffer {
  let start = 0;
  while (bytes[start] === 13 || bytes[start] === 10) start++;
  return bytes.subarray(start);
}

/** The submit packet as far as its workload. */
function submitStart(request: HttpRequest): Uint8Array {
  const args = `${request.functionName}\0${request.unique}\0`;
  const bytes = Buffer.allocUnsafeSlow(HEADER_BYTES + args.length);
  writeHeader(bytes, 0, PACKETS[request.submit].type, args.length + request.bodyBytes, true);
  bytes.write(args, HEADER_BYTES, "latin1");
  return bytes;
}

/** The session's end of an exchange. */
class SessionWire implements Wire {
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** What is taken is copied. */
  readonly isHolding = false;
  readonly #exchange: HttpExchange;
  readonly #wire: Wire;

  constructor(exchange: HttpExchange, wire: Wire) {
    this.remoteAddress = wire.remoteAddress;
    this.remotePort = wire.remotePort;
    this.#exchange = exchange;
    this.#wire = wire;
  }

  write(bytes: Uint8Array, start: number, end: number): number {
    return this.#exchange.writeReply(bytes, start, end);
  }

  pause(): void {
    this.#wire.pause();
  }

  resume(): void {
    this.#wire.resume();
  }

  finish(): void {
    this.#exchange.sessionFinished();
  }

  destroy(): void {
    this.#exchange.sessionDestroyed();
  }
}
