/** A job server that does only what a test scripts: it plays a foreign peer whose order of packets or misbehaviour matters. */
import { createServer, type Server, type Socket } from "node:net";
import { freePort } from "../harness/free-port.ts";
import { until } from "../harness/until.ts";
import { encodePacket, splitArguments, type WireArgument, WireReader } from "../harness/wire-bytes.ts";

const PORT_TRIES_MAX = 4;

/** A packet that a client has sent. */
export interface FakePacket {
  readonly name: string;
  /** One char per byte. */
  readonly args: readonly string[];
  /** The connection on which it came. */
  readonly from: FakeConnection;
}

/** How a server behaves by itself. */
export interface FakeOptions {
  /** Called for each packet, OPTION_REQ excepted. */
  readonly onPacket?: (packet: FakePacket) => void;
  /** Called for each connection, before anything is read. */
  readonly onConnection?: (connection: FakeConnection) => void;
  /** True: OPTION_REQ is not answered. Default: OPTION_RES. */
  readonly isMute?: boolean;
}

/** One accepted connection. */
export class FakeConnection {
  readonly socket: Socket;
  /** True once the client has ended it, or it was lost. */
  isEnded = false;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on("error", () => {});
    socket.on("close", () => {
      this.isEnded = true;
    });
    socket.on("end", () => {
      this.isEnded = true;
    });
  }

  /** Sends a reply. */
  send(name: string, ...args: readonly WireArgument[]): void {
    this.socket.write(encodePacket(name, args, "RES"));
  }

  /** Ends it without a word. */
  drop(): void {
    this.socket.destroy();
  }
}

/** Listens on 127.0.0.1 until it is shut; may be opened again on its port. */
export class FakeServer implements AsyncDisposable {
  port = 0;
  /** Every connection so far. */
  readonly connections: FakeConnection[] = [];
  /** Every packet so far but OPTION_REQ. */
  readonly packets: FakePacket[] = [];
  readonly #options: FakeOptions;
  #server: Server | undefined = undefined;
  #taken = 0;

  constructor(options: FakeOptions = {}) {
    this.#options = options;
  }

  /** `127.0.0.1:PORT`. */
  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** Packets of a name so far. */
  named(name: string): readonly FakePacket[] {
    return this.packets.filter((packet) => packet.name === name);
  }

  /** The first packet that was not taken yet; waits for it, and throws unless it is a `name`. */
  async next(name: string): Promise<FakePacket> {
    const packet = await until(() => this.packets[this.#taken], { what: `the fake server gets a ${name}` });
    this.#taken += 1;
    if (packet.name !== name) throw new Error(`the fake server got ${packet.name} instead of ${name}`);
    return packet;
  }

  /** The connection of that number, once it is there. */
  connection(index: number): Promise<FakeConnection> {
    return until(() => this.connections[index], { what: `connection ${index} of the fake server` });
  }

  /** Listens, on the port it had before if there was one. */
  async open(): Promise<this> {
    for (let tries = 1; ; tries += 1) {
      const port = this.port === 0 || tries > 1 ? await freePort() : this.port;
      try {
        this.#server = await this.#listen(port);
        this.port = port;
        return this;
      } catch (error) {
        if (this.port !== 0 || tries === PORT_TRIES_MAX) throw error;
      }
    }
  }

  /** Ends all connections and listens no more. */
  async shut(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    for (const connection of this.connections) connection.drop();
    if (server !== undefined) await new Promise<void>((resolve) => server.close(() => resolve()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.shut();
  }

  #listen(port: number): Promise<Server> {
    const server = createServer((socket) => this.#accepted(socket));
    return new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen({ port, host: "127.0.0.1" }, () => resolve(server));
    });
  }

  #accepted(socket: Socket): void {
    socket.setNoDelay(true);
    const connection = new FakeConnection(socket);
    this.connections.push(connection);
    const reader = new WireReader();
    socket.on("data", (chunk: Buffer) => {
      reader.add(chunk);
      for (let item = reader.take(); item !== undefined; item = reader.take()) {
        if (item.kind === "packet") this.#packet({ name: item.name, args: splitArguments(item), from: connection });
      }
    });
    this.#options.onConnection?.(connection);
  }

  #packet(packet: FakePacket): void {
    if (packet.name === "OPTION_REQ") {
      if (this.#options.isMute !== true) packet.from.send("OPTION_RES", ...packet.args);
      return;
    }
    this.packets.push(packet);
    this.#options.onPacket?.(packet);
  }
}

/** Opens a server that is scripted by `options`. */
export function openFakeServer(options: FakeOptions = {}): Promise<FakeServer> {
  return new FakeServer(options).open();
}

/** A script that answers ECHO_REQ, knows no job by its handle, and does every job at once: its result is `name:workload`. Handles are `H:name:1` and so on. */
export function doingJobs(name: string): (packet: FakePacket) => void {
  let count = 0;
  return ({ name: packet, args, from }) => {
    if (packet === "ECHO_REQ") from.send("ECHO_RES", ...args);
    else if (packet === "GET_STATUS") from.send("STATUS_RES", ...args, "0", "0", "0", "0");
    if (!packet.startsWith("SUBMIT")) return;
    count += 1;
    const handle = `H:${name}:${count}`;
    from.send("JOB_CREATED", handle);
    if (!/_BG$|_BACKGROUND$|_EPOCH$/.test(packet)) {
      from.send("WORK_COMPLETE", handle, `${name}:${args.at(-1) ?? ""}`);
    }
  };
}
