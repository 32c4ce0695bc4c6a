/** A raw Gearman connection for tests: sends packets as they are told, and gives what comes back, one thing at a time. */
import { connect as connectSocket, type Socket } from "node:net";
import type { PacketName } from "../../src/protocol/packets.ts";
import {
  encodePacket,
  splitArguments,
  type WireArgument,
  type WirePacket,
  WireReader,
  type WireText,
} from "./wire-bytes.ts";

/** How long a reply may take, ms. */
const REPLY_LIMIT_MS = 15_000;

/** Where a server listens: a TCP port (host default 127.0.0.1), or the path of a unix socket. */
export type WireAddress = { readonly port: number; readonly host?: string } | { readonly path: string };

/** What a connection gives: a packet, a text reply, or its end. */
export type WireItem = WirePacket | WireText | { readonly kind: "closed" };

/** One line for people: the packet's name and arguments, or the text. */
export function describeItem(item: WireItem): string {
  if (item.kind === "closed") return "the end of the connection";
  if (item.kind === "text") return `text ${JSON.stringify(item.text.slice(0, 200))}`;
  return [item.name, ...splitArguments(item).map((field) => JSON.stringify(field.slice(0, 80)))].join(" ");
}

let lastMark = 0;

/** A connection to a job server. Close it with `close`, or by `await using`. */
export class Wire implements AsyncDisposable {
  /** The socket itself, for tests that stop reading, cut in half or reset. */
  readonly socket: Socket;
  readonly #reader = new WireReader();
  readonly #kept: (WirePacket | WireText)[] = [];
  readonly #waiting = new Set<() => void>();
  #ended = false;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    socket.on("data", (chunk: Buffer | string) => {
      this.#reader.add(typeof chunk === "string" ? Buffer.from(chunk, "latin1") : chunk);
      this.#wake();
    });
    for (const event of ["end", "close", "error"]) {
      socket.on(event, () => {
        this.#ended = true;
        this.#wake();
      });
    }
  }

  /** Connects; rejects when nobody listens or when it takes longer than REPLY_LIMIT_MS. */
  static connect(address: WireAddress): Promise<Wire> {
    return new Promise((resolve, reject) => {
      const socket =
        "path" in address
          ? connectSocket(address.path)
          : connectSocket({ port: address.port, host: address.host ?? "127.0.0.1" });
      const timer = setTimeout(() => {
        socket.destroy();
        reject(new Error(`no connection within ${REPLY_LIMIT_MS} ms`));
      }, REPLY_LIMIT_MS);
      socket.once("error", (error) => {
        clearTimeout(timer);
        reject(error);
      });
      socket.once("connect", () => {
        clearTimeout(timer);
        socket.removeAllListeners("error");
        resolve(new Wire(socket));
      });
    });
  }

  /** Whether the server has closed the connection; what came before may still be taken. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Text commands that are not answered yet. */
  get openTexts(): number {
    return this.#reader.openTexts;
  }

  /** Sends one packet. Strings are one char per byte; any count of arguments passes. */
  send(name: PacketName, ...args: readonly WireArgument[]): void {
    this.write(encodePacket(name, args));
  }

  /** Sends several packets in one piece. */
  sendTogether(...packets: readonly (readonly [PacketName, ...WireArgument[]])[]): void {
    this.write(Buffer.concat(packets.map(([name, ...args]) => encodePacket(name, args))));
  }

  /** Sends exactly these bytes. */
  write(bytes: Uint8Array): void {
    if (!this.#ended) this.socket.write(bytes);
  }

  /** Sends a text command (a newline is added) and says to the reader that its reply will come. */
  sendText(line: string): void {
    this.#reader.expectText(line.trim().split(/\s+/).join(" ").toLowerCase());
    this.write(Buffer.from(line.endsWith("\n") ? line : `${line}\n`, "latin1"));
  }

  /** Tells the reader that a text command went out by `write`. */
  expectText(command: string): void {
    this.#reader.expectText(command);
  }

  /** The next thing that is already here; undefined when there is none. Does not wait. */
  take(): WirePacket | WireText | undefined {
    return this.#kept.shift() ?? this.#reader.take();
  }

  /** Puts things back in front of everything else, in this order. */
  putBack(items: readonly (WirePacket | WireText)[]): void {
    this.#kept.unshift(...items);
  }

  /** Resolves with true when bytes or the end came, with false after `limitMs` without. */
  more(limitMs: number): Promise<boolean> {
    if (this.#ended) return Promise.resolve(false);
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        this.#waiting.delete(wake);
        resolve(true);
      };
      const timer = setTimeout(() => {
        this.#waiting.delete(wake);
        resolve(false);
      }, limitMs);
      this.#waiting.add(wake);
    });
  }

  /** The next packet, text reply or end of the connection; throws when nothing comes within `limitMs`. */
  async next(limitMs: number = REPLY_LIMIT_MS): Promise<WireItem> {
    const item = await this.poll(limitMs);
    if (item === undefined) throw new Error(`nothing came within ${limitMs} ms`);
    return item;
  }

  /** The next packet, text reply or end of the connection; undefined when nothing comes within `limitMs`. */
  async poll(limitMs: number): Promise<WireItem | undefined> {
    const endAtMs = performance.now() + limitMs;
    for (;;) {
      const item = this.take();
      if (item !== undefined) return item;
      if (this.#ended) return { kind: "closed" };
      const leftMs = endAtMs - performance.now();
      if (leftMs <= 0) return undefined;
      await this.more(leftMs);
    }
  }

  /** The arguments of the next packet, which must be `name`; throws when something else or nothing comes. */
  async expect(name: PacketName, limitMs: number = REPLY_LIMIT_MS): Promise<string[]> {
    const item = await this.next(limitMs);
    if (item.kind !== "packet" || item.name !== name) throw new Error(`expected ${name}, got ${describeItem(item)}`);
    return splitArguments(item);
  }

  /** Sends a text command and resolves with its whole reply. */
  async ask(line: string, limitMs: number = REPLY_LIMIT_MS): Promise<string> {
    this.sendText(line);
    const item = await this.next(limitMs);
    if (item.kind !== "text") throw new Error(`expected a text reply, got ${describeItem(item)}`);
    return item.text;
  }

  /** Resolves when the server has dealt with everything sent here so far; what came meanwhile stays to be taken. */
  async barrier(limitMs: number = REPLY_LIMIT_MS): Promise<void> {
    lastMark += 1;
    const mark = `barrier ${lastMark}`;
    this.send("ECHO_REQ", mark);
    const kept: (WirePacket | WireText)[] = [];
    for (;;) {
      const item = await this.next(limitMs);
      if (item.kind === "closed") throw new Error("the connection ended before ECHO_RES");
      if (item.kind === "packet" && item.name === "ECHO_RES" && item.body.toString("latin1") === mark) break;
      kept.push(item);
    }
    this.putBack(kept);
  }

  /** Resolves when the server has dealt with everything sent here and has sent nothing; throws when something came. */
  async nothing(limitMs: number = REPLY_LIMIT_MS): Promise<void> {
    await this.barrier(limitMs);
    const item = this.take();
    if (item !== undefined) throw new Error(`expected nothing, got ${describeItem(item)}`);
  }

  /** Resolves when the server closes the connection; throws when something else or nothing comes. */
  async closed(limitMs: number = REPLY_LIMIT_MS): Promise<void> {
    const item = await this.next(limitMs);
    if (item.kind !== "closed") throw new Error(`expected the end of the connection, got ${describeItem(item)}`);
  }

  /** Ends our side and resolves when the socket is closed. */
  close(): Promise<void> {
    if (this.socket.destroyed) return Promise.resolve();
    return new Promise((resolve) => {
      this.socket.once("close", () => resolve());
      this.socket.end();
      this.socket.resume();
      setTimeout(() => this.socket.destroy(), 50);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #wake(): void {
    for (const wake of [...this.#waiting]) wake();
  }
}
