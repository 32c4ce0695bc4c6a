/** The listener on Node: `node:net`, with the same promise about written bytes as on Bun. */
import { createServer, type Socket } from "node:net";
import type { Listener, ListenerOptions, Wire, WireEvents } from "./wire.ts";

/** Most bytes that Node may hold for a connection whose peer does not read. */
const HELD_BYTES_MAX = 256 * 1024;

const NOTHING = Buffer.alloc(0);

class NodeWire implements Wire {
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly #socket: Socket;
  /** A unix socket cannot be reset. */
  readonly #isTcp: boolean;
  readonly #drained: (error: unknown) => void;

  constructor(socket: Socket, options: { readonly isTcp: boolean; readonly drained: () => void }) {
    this.#socket = socket;
    this.#isTcp = options.isTcp;
    this.#drained = (error) => {
      if (error === null || error === undefined) options.drained();
    };
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
    // The event `drain` comes only above the high-water mark; the callback of an empty write comes behind any write that waits.
    if (this.#socket.writableLength > 0) this.#socket.write(NOTHING, this.#drained);
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
    if (this.#isTcp) this.#socket.resetAndDestroy();
    else this.#socket.destroy();
  }
}

/** Listens with Node. Rejects with the runtime's error when the address cannot be had. */
export function listenOnNode(options: ListenerOptions): Promise<Listener> {
  const { address } = options;
  const server = createServer({ allowHalfOpen: true, noDelay: address.kind === "tcp", highWaterMark: 64 * 1024 });
  server.on("connection", (socket) => {
    if (address.kind === "tcp") socket.setKeepAlive(true, options.keepAliveMs);
    const wire = new NodeWire(socket, { isTcp: address.kind === "tcp", drained: () => events.drained() });
    const events: WireEvents = options.accept(wire);
    socket.on("data", (chunk: Buffer) => events.received(chunk));
    socket.on("end", () => events.finished());
    // `close` comes behind it.
    socket.on("error", () => {});
    socket.on("close", () => events.closed());
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    const place =
      address.kind === "unix"
        ? { path: address.path }
        : { host: address.host, port: address.port, ipv6Only: address.isIpv6Only === true };
    server.listen({ ...place, backlog: options.backlog, exclusive: true }, () => {
      server.off("error", reject);
      // A connection that could not be accepted is gone; the listener stays.
      server.on("error", () => {});
      const bound = server.address();
      resolve({
        port: typeof bound === "object" && bound !== null ? bound.port : 0,
        close: () => new Promise((closed) => void server.close(() => closed())),
      });
    });
  });
}
