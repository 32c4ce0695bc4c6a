/** The other end of a connection to a listener under test. */
import { connect, type Socket } from "node:net";
import { until } from "../harness/until.ts";
import { patternAt } from "./pattern.ts";

const CONNECT_LIMIT_MS = 15_000;
const SEND_PIECE_BYTES = 256 * 1024;

/** Where to connect: a TCP port (host default 127.0.0.1), or the path of a unix socket. */
export type PeerAddress = { readonly port: number; readonly host?: string } | { readonly path: string };

/** A socket that checks what it gets against the pattern. It reads from the start, and ends its own side only when told. */
export class Peer implements Disposable {
  readonly socket: Socket;
  receivedBytes = 0;
  isPattern = true;
  /** FIN has come. */
  hasEnded = false;
  isClosed = false;
  /** True: it reads one chunk per turn of the event loop. */
  isSlow = false;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (chunk: Buffer | string) => this.#take(Buffer.from(chunk)));
    socket.on("end", () => {
      this.hasEnded = true;
    });
    socket.on("close", () => {
      this.isClosed = true;
    });
    socket.on("error", () => {});
  }

  static async connect(address: PeerAddress): Promise<Peer> {
    const place = "path" in address ? { path: address.path } : { host: "127.0.0.1", ...address };
    const socket = connect({ ...place, allowHalfOpen: true });
    const peer = new Peer(socket);
    const isOpen = () => {
      if (peer.isClosed) throw new Error("the connection was refused");
      return socket.readyState === "open";
    };
    await until(isOpen, { what: "the connection is open", limitMs: CONNECT_LIMIT_MS });
    return peer;
  }

  /** Sends so many bytes of the pattern, from its start; resolves when the kernel has taken them. */
  async send(bytes: number): Promise<void> {
    for (let sent = 0; sent < bytes; sent += SEND_PIECE_BYTES) {
      const piece = patternAt(sent, Math.min(SEND_PIECE_BYTES, bytes - sent));
      await new Promise<void>((resolve) => this.socket.write(piece, () => resolve()));
    }
  }

  #take(chunk: Buffer): void {
    for (let from = 0; from < chunk.length; from += SEND_PIECE_BYTES) {
      const piece = chunk.subarray(from, from + SEND_PIECE_BYTES);
      this.isPattern &&= piece.equals(patternAt(this.receivedBytes, piece.length));
      this.receivedBytes += piece.length;
    }
    if (!this.isSlow) return;
    this.socket.pause();
    setTimeout(() => this.socket.resume(), 1);
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }
}
