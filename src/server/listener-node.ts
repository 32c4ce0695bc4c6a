/** The listener on Node: `node:net`, with the same promise about written bytes as on Bun. */
import { createServer, type Socket } from "node:net";
import type { Listener, ListenerOptions, Wire } from "./wire.ts";

/** Most bytes that Node may hold for a connection whose peer does not read. */
const HELD_BYTES_MAX = 256 * 1024;

class NodeWire implements Wire {
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly #socket: Socket;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.remoteAddress = socket.remoteAddress ?? "-";
    this.remotePort = socket.remotePort ?? 0;
  }

  get isHolding(): boolean {
    return this.#socket.writableLength > 0;
  }

  write(bytes: Uint8Array, start: number, end: number): number {
    if (this.#socket.writableLength > 0 || !this.#socket.writable) return 0;
    const count = Math.min(end - start, HELD_BYTES_MAX);
    this.#socket.write(bytes.subarray(start, start + count));
    return count;
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  finish(): void {
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.resetAndDestroy();
  }
}

/** Listens with Node. Rejects with the runtime's error when the address cannot be had. */
export function listenOnNode(options: ListenerOptions): Promise<Listener> {
  const { address } = options;
  // A low mark: `drain` comes when all is written, whatever was held.
  const server = createServer({ allowHalfOpen: true, noDelay: address.kind === "tcp", highWaterMark: 64 * 1024 });
  server.on("connection", (socket) => {
    if (address.kind === "tcp") socket.setKeepAlive(true, options.keepAliveMs);
    const events = options.accept(new NodeWire(socket));
    let hasFailed = false;
    socket.on("data", (chunk: Buffer) => events.received(chunk));
    socket.on("drain", () => events.drained());
    socket.on("end", () => events.finished());
    socket.on("error", () => {
      hasFailed = true;
    });
    socket.on("close", () => {
      if (hasFailed) socket.destroy();
      events.closed();
    });
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    const place =
      address.kind === "unix"
        ? { path: address.path }
        : { host: address.host, port: address.port, ipv6Only: address.isIpv6Only === true };
    server.listen({ ...place, backlog: options.backlog, exclusive: true }, () => {
      server.off("error", reject);
      const bound = server.address();
      resolve({
        port: typeof bound === "object" && bound !== null ? bound.port : 0,
        close: () => new Promise((closed) => void server.close(() => closed())),
      });
    });
  });
}
