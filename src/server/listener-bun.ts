/** The listener on Bun: `Bun.listen`, whose sockets take what the kernel takes and keep nothing. */
import { readFileSync } from "node:fs";
import type { Socket, SocketHandler } from "bun";
import { Arrivals } from "./arrivals.ts";
import type { Listener, ListenerOptions, Wire, WireEvents } from "./wire.ts";

/** Descriptors that connections leave free: where Bun has none to accept with, it tries without pause and burns a core. */
const SPARE_DESCRIPTORS = 8;

class BunWire implements Wire {
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly isHolding = false;
  readonly #socket: Socket<Line>;

  constructor(socket: Socket<Line>) {
    this.#socket = socket;
    this.remoteAddress = socket.remoteAddress || "-";
    this.remotePort = socket.remotePort || 0;
  }

  write(bytes: Uint8Array, start: number, end: number): number {
    return Math.max(0, this.#socket.write(bytes, start, end - start));
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  finish(): void {
    this.#socket.shutdown();
  }

  destroy(): void {
    this.#socket.terminate();
  }
}

/** A socket's events; `end` may be dispatched more than once on a half-open socket. */
class Line {
  isFinished = false;
  isClosed = false;
  readonly #options: ListenerOptions;
  readonly #socket: Socket<Line>;
  #events: WireEvents | undefined = undefined;

  constructor(options: ListenerOptions, socket: Socket<Line>) {
    this.#options = options;
    this.#socket = socket;
  }

  /** Set up with the first event, or a little after the accept. */
  get events(): WireEvents {
    this.#events ??= this.#setUp();
    return this.#events;
  }

  /** Nobody has been told of it. */
  get isNew(): boolean {
    return this.#events === undefined;
  }

  #setUp(): WireEvents {
    if (this.#options.address.kind === "tcp") {
      this.#socket.setNoDelay(true);
      this.#socket.setKeepAlive(true, this.#options.keepAliveMs);
    }
    return this.#options.accept(new BunWire(this.#socket));
  }
}

/** Descriptors from here on are too many for a connection; Infinity where the system does not say. */
function firstSpareDescriptor(): number {
  try {
    const limit = /^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"))?.[1];
    return limit === undefined ? Number.POSITIVE_INFINITY : Number(limit) - SPARE_DESCRIPTORS;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

function handlerOf(options: ListenerOptions, arrivals: Arrivals): SocketHandler<Line> {
  const spareDescriptor = firstSpareDescriptor();
  return {
    open(opened) {
      if (Number(Reflect.get(opened, "fd")) >= spareDescriptor) {
        opened.terminate();
        return;
      }
      const line = new Line(options, opened);
      opened.data = line;
      arrivals.add(() => void (line.isClosed || line.events));
    },
    data(from, chunk) {
      from.data.events.received(chunk);
    },
    drain(to) {
      to.data.events.drained();
    },
    end(from) {
      if (from.data.isFinished) return;
      from.data.isFinished = true;
      from.data.events.finished();
    },
    close(closed) {
      const line = closed.data;
      if (line === undefined) return;
      line.isClosed = true;
      if (!line.isNew) line.events.closed();
    },
    error(_socket, error) {
      throw error;
    },
  };
}

/** Listens with Bun. Throws the runtime's error when the address cannot be had. */
export function listenOnBun(options: ListenerOptions): Listener {
  const { address } = options;
  const arrivals = new Arrivals();
  const socket = handlerOf(options, arrivals);
  const closeListener = async (listener: { stop(): void }): Promise<void> => {
    arrivals.flush();
    listener.stop();
  };
  if (address.kind === "unix") {
    const listener = Bun.listen<Line>({ unix: address.path, allowHalfOpen: true, socket });
    return { port: 0, close: () => closeListener(listener) };
  }
  const ipv6Only = address.isIpv6Only === true ? { ipv6Only: true } : {};
  const listener = Bun.listen<Line>({
    hostname: address.host,
    port: address.port,
    exclusive: true,
    allowHalfOpen: true,
    ...ipv6Only,
    socket,
  });
  return { port: listener.port, close: () => closeListener(listener) };
}
