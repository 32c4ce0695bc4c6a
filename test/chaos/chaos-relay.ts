/** Stands between a load and a job server, and loses connections in every way in which a network does. */
import { connect, createServer, type Server, type Socket } from "node:net";
import type { Chance } from "../fuzz/chance.ts";
import { freePort } from "../harness/free-port.ts";

/** How a connection is lost. */
export const WAYS = [
  "reset",
  "ended by the server",
  "ended by the peer",
  "cut in a packet",
  "stalled, then reset",
] as const;
export type Way = (typeof WAYS)[number];

const PORT_TRIES_MAX = 4;
/** Longest stall, ms. */
const STALL_MS_MAX = 400;

/** Both halves of a connection. */
interface Pair {
  readonly near: Socket;
  readonly far: Socket;
  /** The next bytes from the server are cut short, and the connection with them. */
  isCutting: boolean;
  isDoomed: boolean;
}

/** A relay to `127.0.0.1:targetPort`. */
export class ChaosRelay implements AsyncDisposable {
  readonly #targetPort: number;
  readonly #chance: Chance;
  readonly #pairs = new Set<Pair>();
  #server: Server | undefined;
  #port = 0;

  constructor(targetPort: number, chance: Chance) {
    this.#targetPort = targetPort;
    this.#chance = chance;
  }

  /** `127.0.0.1:PORT`, once it was open. */
  get address(): string {
    return `127.0.0.1:${this.#port}`;
  }

  /** Connections through it now. */
  get connectionCount(): number {
    return this.#pairs.size;
  }

  /** Listens, on the same port each time; resolves with itself. */
  async open(): Promise<this> {
    for (let tries = 1; ; tries += 1) {
      const port = this.#port === 0 ? await freePort() : this.#port;
      try {
        this.#server = await this.#listen(port);
        this.#port = port;
        return this;
      } catch (error) {
        if (tries === PORT_TRIES_MAX) throw error;
      }
    }
  }

  /** Resets every connection and refuses new ones, until it is opened again. Resolves with how many it lost. */
  async shut(): Promise<number> {
    const server = this.#server;
    this.#server = undefined;
    const lost = [...this.#pairs].filter((pair) => !pair.isDoomed);
    for (const pair of this.#pairs) reset(pair);
    if (server !== undefined) await new Promise<void>((resolve) => server.close(() => resolve()));
    return lost.length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.shut();
  }

  /** Loses one connection in one way; undefined where there is none. */
  lose(): Way | undefined {
    const pairs = [...this.#pairs].filter((pair) => !pair.isDoomed && pair.far.readyState === "open");
    if (pairs.length === 0) return undefined;
    const [pair, way] = [this.#chance.of(pairs), this.#chance.of(WAYS)];
    pair.isDoomed = true;
    if (way === "reset") reset(pair);
    else if (way === "ended by the server") pair.near.end();
    else if (way === "ended by the peer") pair.far.end();
    else if (way === "cut in a packet") pair.isCutting = true;
    else {
      pair.near.pause();
      pair.far.pause();
      setTimeout(() => reset(pair), this.#chance.below(STALL_MS_MAX));
    }
    return way;
  }

  #listen(port: number): Promise<Server> {
    const server = createServer((socket) => this.#join(socket));
    return new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, "127.0.0.1", () => resolve(server));
    });
  }

  #join(near: Socket): void {
    const far = connect(this.#targetPort, "127.0.0.1");
    const pair: Pair = { near, far, isCutting: false, isDoomed: false };
    this.#pairs.add(pair);
    const over = (): void => {
      this.#pairs.delete(pair);
      near.destroy();
      far.destroy();
    };
    for (const socket of [near, far]) {
      socket.setNoDelay(true);
      socket.on("error", () => {});
      socket.once("close", over);
    }
    near.on("data", (chunk: Buffer) => pass(near, far, chunk));
    near.on("drain", () => far.resume());
    far.on("drain", () => near.resume());
    far.on("data", (chunk: Buffer) => {
      if (!pair.isCutting) pass(far, near, chunk);
      else near.write(chunk.subarray(0, this.#chance.below(chunk.length)), () => reset(pair));
    });
    near.once("end", () => far.end());
    far.once("end", () => near.end());
  }
}

function pass(from: Socket, to: Socket, chunk: Buffer): void {
  if (!to.write(chunk)) from.pause();
}

function reset({ near, far }: Pair): void {
  for (const socket of [near, far]) socket.resetAndDestroy();
}
