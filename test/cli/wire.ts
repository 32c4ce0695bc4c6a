/** The least of the Gearman wire that tests of the command line need; knows nothing of src/protocol on purpose. */
import { connect, type Socket } from "node:net";
import { LIMIT_MS } from "./program.ts";

/** Types of packets by name. Source: gearmand, PROTOCOL. */
export const TYPE = {
  CAN_DO: 1,
  PRE_SLEEP: 4,
  NOOP: 6,
  SUBMIT_JOB: 7,
  JOB_CREATED: 8,
  GRAB_JOB: 9,
  NO_JOB: 10,
  JOB_ASSIGN: 11,
  WORK_COMPLETE: 13,
  WORK_FAIL: 14,
  ECHO_REQ: 16,
  ECHO_RES: 17,
  SUBMIT_JOB_BG: 18,
  SUBMIT_JOB_HIGH_BG: 32,
  WORK_EXCEPTION: 25,
} as const;

/** A packet that came. */
export interface Received {
  readonly type: number;
  readonly args: readonly string[];
}

/** A connection to a job server; closed when it goes out of scope. */
export class Wire implements Disposable {
  readonly #socket: Socket;
  #bytes: Buffer = Buffer.alloc(0);
  #wake: () => void = () => {};
  #isClosed = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => {
      this.#bytes = Buffer.concat([this.#bytes, chunk]);
      this.#wake();
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      this.#isClosed = true;
      this.#wake();
    });
  }

  static async open(port: number, host = "127.0.0.1"): Promise<Wire> {
    const socket = connect(port, host);
    await new Promise<void>((resolve, reject) => socket.once("connect", resolve).once("error", reject));
    return new Wire(socket);
  }

  send(type: number, ...args: readonly string[]): void {
    const body = Buffer.from(args.join("\0"), "latin1");
    const head = Buffer.from("\0REQ\0\0\0\0\0\0\0\0", "latin1");
    head.writeUInt32BE(type, 4);
    head.writeUInt32BE(body.length, 8);
    this.#socket.write(Buffer.concat([head, body]));
  }

  /** The next packet. Throws when none comes in time. */
  async receive(): Promise<Received> {
    await this.#has(12);
    const length = this.#bytes.readUInt32BE(8);
    await this.#has(12 + length);
    const type = this.#bytes.readUInt32BE(4);
    const args = this.#bytes
      .subarray(12, 12 + length)
      .toString("latin1")
      .split("\0");
    this.#bytes = this.#bytes.subarray(12 + length);
    return { type, args };
  }

  /** Sends a line of text; the answer's first line. */
  async ask(line: string): Promise<string> {
    this.#socket.write(`${line}\n`);
    let at = this.#bytes.indexOf("\n");
    while (at < 0) {
      await this.#has(this.#bytes.length + 1);
      at = this.#bytes.indexOf("\n");
    }
    const answer = this.#bytes.subarray(0, at).toString();
    this.#bytes = this.#bytes.subarray(at + 1);
    return answer;
  }

  /** Everything that comes before the answer to an echo. */
  async receivedSoFar(): Promise<readonly Received[]> {
    this.send(TYPE.ECHO_REQ, "mark");
    const packets: Received[] = [];
    for (;;) {
      const packet = await this.receive();
      if (packet.type === TYPE.ECHO_RES) return packets;
      packets.push(packet);
    }
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }

  async #has(length: number): Promise<void> {
    const endMs = performance.now() + LIMIT_MS;
    while (this.#bytes.length < length) {
      if (this.#isClosed) throw new Error("the server closed the connection");
      if (performance.now() > endMs) throw new Error(`nothing came within ${LIMIT_MS} ms`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, endMs - performance.now());
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }
}
