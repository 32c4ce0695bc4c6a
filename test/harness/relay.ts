/** Stands between a client or worker and a job server, on a port of its own; a relay that is shut looks like a dead server. */
import { connect, createServer, type Server, type Socket } from "node:net";
import { freePort } from "./free-port.ts";

/** How many ports are tried until one is free. */
const PORT_TRIES_MAX = 4;

function ignore(): void {}

/** A relay to `127.0.0.1:targetPort`. Open it first; it may be shut and opened again, and keeps its port. */
export class Relay implements AsyncDisposable {
  readonly #targetPort: number;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #port = 0;
  #accepted = 0;
  #isFrozen = false;

  constructor(targetPort: number) {
    this.#targetPort = targetPort;
  }

  /** `127.0.0.1:PORT`, once it was open. */
  get address(): string {
    return `127.0.0.1:${this.#port}`;
  }

  /** Connections that it has accepted so far. */
  get acceptedCount(): number {
    return this.#accepted;
  }

  /** Listens; resolves with itself. */
  async open(): Promise<this> {
    this.#isFrozen = false;
    if (this.#port !== 0) {
      this.#server = await this.#listen(this.#port);
      return this;
    }
    for (let tries = 1; ; tries += 1) {
      const port = await freePort();
      try {
        this.#server = await this.#listen(port);
        this.#port = port;
        return this;
      } catch (error) {
        if (tries === PORT_TRIES_MAX) throw error;
      }
    }
  }

  #listen(port: number): Promise<Server> {
    const server = createServer((socket) => this.#join(socket));
    return new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, "127.0.0.1", () => resolve(server));
    });
  }

  /** From now on connections are accepted and kept, and no byte passes, as with a server that is stopped; until it is opened again. */
  freeze(): void {
    this.#isFrozen = true;
    for (const socket of this.#sockets) socket.unpipe().pause();
  }

  /** Cuts every connection; new ones are still accepted. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Cuts every connection and refuses new ones, until it is opened again. */
  async shut(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    this.cut();
    await closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.shut();
  }

  #join(near: Socket): void {
    this.#accepted += 1;
    if (this.#isFrozen) {
      this.#keep(near).resume();
      return;
    }
    const far = connect(this.#targetPort, "127.0.0.1");
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#keep(one).setNoDelay(true);
      one.once("close", () => other.destroy());
      one.pipe(other);
    }
  }

  #keep(socket: Socket): Socket {
    this.#sockets.add(socket);
    socket.on("error", ignore);
    return socket.once("close", () => this.#sockets.delete(socket));
  }
}
