/** A short connection to a job server that asks admin text commands and collects their replies, within limits. */
import { connect, type Socket } from "node:net";
import { GearError } from "../base/errors.ts";
import type { ServerAddress } from "./server-address.ts";

/** A text command, and how its reply ends. */
export interface TextQuestion {
  /** The command without its line end, e.g. `status`; one char per byte. */
  readonly command: string;
  /** `line`: the reply is one line. `list`: lines up to one that is a dot alone; a refusal is still one line. */
  readonly reply: "line" | "list";
}

/** Whom to ask, and the limits. */
export interface TextLineOptions {
  readonly server: ServerAddress;
  /** How long connecting may take, and each reply up to its end, ms. */
  readonly timeoutMs: number;
  /** Longest reply, bytes. */
  readonly replyBytesMax: number;
}

/** The reply of a server to one question: the lines of a list without its end, or the one line; one char per byte. */
export type TextReply = readonly string[];

/**
 * Asks a server one question after another over a connection of its own; one reply per question.
 *
 * A server's refusal (`ERR …`) is GearError REFUSED in the place of the reply, because the next question may be answered. Throws
 * GearError NO_SERVER, CONNECTION_LOST, TIMED_OUT, or PROTOCOL_ERROR for a reply
 * above the limit.
 */
export async function askServer(
  options: TextLineOptions,
  questions: readonly TextQuestion[],
): Promise<readonly (TextReply | GearError)[]> {
  const line = new TextLine(options);
  try {
    await line.connected();
    const replies: (TextReply | GearError)[] = [];
    for (const question of questions) replies.push(await line.ask(question));
    return replies;
  } finally {
    line.close();
  }
}

/** One connection; one question is open at a time. */
class TextLine {
  readonly #options: TextLineOptions;
  readonly #socket: Socket;
  #isConnected = false;
  #chunks: Buffer[] = [];
  #byteCount = 0;
  /** The end of what came, to see the end of a list that was cut in two. */
  #tail = "";
  #failure: GearError | undefined;
  #wake: () => void = () => {};

  constructor(options: TextLineOptions) {
    this.#options = options;
    this.#socket = connect(options.server.place);
    this.#socket.on("connect", () => {
      this.#isConnected = true;
      this.#wake();
    });
    this.#socket.on("data", (chunk: Buffer) => this.#take(chunk));
    this.#socket.on("error", (error) => this.#fail(firstOf(error)));
    this.#socket.on("close", () => this.#fail(undefined));
  }

  async connected(): Promise<void> {
    await this.#until(() => this.#isConnected, "accepted no connection");
  }

  async ask({ command, reply }: TextQuestion): Promise<TextReply | GearError> {
    this.#chunks = [];
    this.#byteCount = 0;
    this.#tail = "";
    this.#socket.write(`${command}\n`, "latin1");
    await this.#until(() => this.#isOver(reply), `did not answer "${command}"`);
    const text = Buffer.concat(this.#chunks).toString("latin1");
    if (isRefusal(text)) {
      return new GearError("REFUSED", `${this.#options.server.name} refuses "${command}": ${text.trim()}`);
    }
    const lines = text.replace(/\r?\n$/, "").split("\n");
    return reply === "list" ? lines.slice(0, -1) : lines.slice(0, 1);
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#byteCount += chunk.length;
    this.#tail = (this.#tail + chunk.subarray(-4).toString("latin1")).slice(-4);
    if (this.#byteCount > this.#options.replyBytesMax) {
      const what = `its reply is over ${this.#options.replyBytesMax} bytes`;
      this.#failure ??= new GearError(
        "PROTOCOL_ERROR",
        `${this.#options.server.name} is not listened to any more: ${what}`,
      );
    }
    this.#wake();
  }

  /** A list ends with a dot alone on a line; a refusal is short, so it is only looked for in a short reply. */
  #isOver(reply: TextQuestion["reply"]): boolean {
    if (!this.#tail.endsWith("\n") || this.#byteCount > this.#options.replyBytesMax) return false;
    if (reply === "line" || this.#tail.endsWith("\n.\n")) return true;
    if (this.#byteCount === 2) return this.#tail === ".\n";
    return this.#tail.endsWith("\r\n") && this.#chunks.length < 8 && isRefusal(Buffer.concat(this.#chunks).toString());
  }

  #fail(cause: Error | undefined): void {
    const { name } = this.#options.server;
    const reason = cause === undefined ? "it closed the connection" : cause.message;
    this.#failure ??= this.#isConnected
      ? new GearError("CONNECTION_LOST", `the connection to ${name} was lost: ${reason}`, { cause })
      : new GearError("NO_SERVER", `${name} cannot be reached: ${reason}`, { cause });
    this.#wake();
  }

  /** Waits for `isDone`; throws the failure of the connection, or TIMED_OUT saying that the server `did` it. */
  async #until(isDone: () => boolean, did: string): Promise<void> {
    const { server, timeoutMs } = this.#options;
    let timer: NodeJS.Timeout | undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        this.#wake = () => {
          if (isDone()) resolve();
          else if (this.#failure !== undefined) reject(this.#failure);
        };
        const code = this.#isConnected ? "TIMED_OUT" : "NO_SERVER";
        const error = new GearError(code, `${server.name} ${did} within ${timeoutMs} ms`);
        timer = setTimeout(() => reject(error), timeoutMs);
        this.#wake();
      });
    } finally {
      clearTimeout(timer);
      this.#wake = () => {};
    }
  }
}

/** Refusals end in \r\n, which no line of a list does. */
function isRefusal(text: string): boolean {
  return /^ERR [^\n]*\r\n$/i.test(text);
}

/** A name with several addresses fails with one error for each of them. */
function firstOf(error: Error): Error {
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  return first instanceof Error ? first : error;
}
