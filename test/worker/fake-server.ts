/** A job server for tests of the worker that says what it is told to, and shows what the worker sends, in order. */
import { createServer, type Server, type Socket } from "node:net";
import type { PacketName } from "../../src/protocol/packets.ts";
import { until } from "../harness/until.ts";
import { encodePacket, splitArguments, type WireArgument, WireReader } from "../harness/wire-bytes.ts";

/** A worker's connection, seen from the server. */
export class FakeConnection {
  readonly socket: Socket;
  /** What came, one chunk per read of the socket. */
  readonly chunks: string[] = [];
  readonly #reader = new WireReader();
  #ended = false;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    socket.on("data", (chunk: Buffer) => {
      this.chunks.push(chunk.toString("latin1"));
      this.#reader.add(chunk);
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      this.#ended = true;
    });
  }

  /** Sends packets of the server in one piece. */
  send(...packets: readonly (readonly [PacketName, ...WireArgument[]])[]): void {
    this.socket.write(Buffer.concat(packets.map(([name, ...args]) => encodePacket(name, args, "RES"))));
  }

  /** The next packet as `NAME argument argument`; `end` when the worker has closed the connection. */
  next(): Promise<string> {
    return until(
      () => {
        const item = this.#reader.take();
        if (item?.kind === "packet") return [item.name, ...splitArguments(item)].join(" ");
        return item === undefined && this.#ended ? "end" : undefined;
      },
      { what: "the worker's next packet" },
    );
  }

  /** The next `count` packets. */
  async take(count: number): Promise<string[]> {
    const taken: string[] = [];
    while (taken.length < count) taken.push(await this.next());
    return taken;
  }

  /** Packets up to and with the one that begins with `start`. */
  async upTo(start: string): Promise<string[]> {
    const taken: string[] = [];
    for (;;) {
      const packet = await this.next();
      taken.push(packet);
      if (packet.startsWith(start) || packet === "end") return taken;
    }
  }

  /** Answers the first GRAB_JOB_ALL with NO_JOB, and resolves with all packets up to the PRE_SLEEP that follows. */
  async toSleep(): Promise<string[]> {
    const before = await this.upTo("GRAB_JOB_ALL");
    this.send(["NO_JOB"]);
    return [...before, ...(await this.upTo("PRE_SLEEP"))];
  }
}

/** Listens on a free port; ends by `await using`. */
export class FakeServer implements AsyncDisposable {
  readonly port: number;
  readonly #server: Server;
  readonly #fresh: FakeConnection[];
  readonly #sockets: Set<Socket>;

  private constructor(server: Server, port: number, fresh: FakeConnection[], sockets: Set<Socket>) {
    this.#server = server;
    this.port = port;
    this.#fresh = fresh;
    this.#sockets = sockets;
  }

  /** Starts one. */
  static start(port = 0): Promise<FakeServer> {
    const fresh: FakeConnection[] = [];
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.once("close", () => sockets.delete(socket));
      fresh.push(new FakeConnection(socket));
    });
    return new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, "127.0.0.1", () => {
        const address = server.address();
        const bound = typeof address === "object" && address !== null ? address.port : 0;
        resolve(new FakeServer(server, bound, fresh, sockets));
      });
    });
  }

  /** As a worker is told of it. */
  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** The next connection that a worker opens. */
  accept(): Promise<FakeConnection> {
    return until(() => this.#fresh.shift(), { what: "a worker's connection" });
  }

  /** Closes everything. */
  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}
