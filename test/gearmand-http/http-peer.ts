/** The two ends of gearmand's HTTP module for tests: raw requests with parsed replies, and a worker that answers them. */
import { connect, type Socket } from "node:net";
import { freePort } from "../harness/free-port.ts";
import type { RuntimeName } from "../harness/runtimes.ts";
import { type ServerProcess, startServer } from "../harness/server-process.ts";
import { Wire, type WireAddress } from "../harness/wire.ts";
import { splitArguments } from "../harness/wire-bytes.ts";

/** How long a reply may take, ms. */
const REPLY_LIMIT_MS = 20_000;

/** A server with its HTTP module open. */
export interface HttpServer extends AsyncDisposable {
  readonly server: ServerProcess;
  readonly httpPort: number;
}

/** Starts `gearwright gearmand --protocol=http` on free ports. */
export async function startHttpServer(
  runtime: RuntimeName,
  more: { readonly flags?: readonly string[]; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<HttpServer> {
  const httpPort = await freePort();
  const flags = ["--protocol=http", `--http-port=${httpPort}`, ...(more.flags ?? [])];
  const server = await startServer({ form: "gearmand", runtime, flags, env: more.env ?? {} });
  return { server, httpPort, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

/** What came back, bytes as latin1. */
export interface Reply {
  readonly raw: string;
  readonly statusLine: string;
  readonly status: number;
  /** By lower-case name. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
  /** By lower-case name; of a chunked body that came to its end. */
  readonly trailers: ReadonlyMap<string, string> | undefined;
  /** The lengths of the chunks. */
  readonly chunks: readonly number[];
}

/** One HTTP connection under full control. */
export class RawHttp implements Disposable {
  readonly socket: Socket;
  /** Resolves with everything that came once the server has closed its side, or the connection broke. */
  readonly ended: Promise<string>;
  #pieces: Buffer[] = [];

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (piece: Buffer) => this.#pieces.push(piece));
    this.ended = new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no end within ${REPLY_LIMIT_MS} ms`)), REPLY_LIMIT_MS);
      socket.once("close", () => {
        clearTimeout(timer);
        resolve(this.text);
      });
    });
    // A test that is over waits no more.
    this.ended.catch(() => {});
  }

  static connect(port: number): Promise<RawHttp> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host: "127.0.0.1" });
      socket.on("error", reject);
      socket.once("connect", () => resolve(new RawHttp(socket)));
    });
  }

  /** What came so far. */
  get text(): string {
    this.#pieces = [Buffer.concat(this.#pieces)];
    return this.#pieces[0]?.toString("latin1") ?? "";
  }

  send(text: string | Uint8Array): void {
    this.socket.write(typeof text === "string" ? Buffer.from(text, "latin1") : text);
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }
}

/** Sends one request, one char per byte, and gives what came until the server closed. */
export async function askRaw(port: number, request: string): Promise<Reply> {
  using http = await RawHttp.connect(port);
  http.send(request);
  return parseReply(await http.ended);
}

/** A request in text; Content-Length is added where there is a body. */
export function request(line: string, headers: readonly string[] = [], body = ""): string {
  const length = body === "" ? [] : [`Content-Length: ${body.length}`];
  return `${[line, ...headers, ...length].join("\r\n")}\r\n\r\n${body}`;
}

/** Takes a reply apart; throws where it is none. */
export function parseReply(raw: string): Reply {
  const headEnd = raw.indexOf("\r\n\r\n");
  const match = /^HTTP\/1\.[01] (\d{3}) [^\r\n]+\r\n/.exec(raw);
  if (headEnd < 0 || match === null) throw new Error(`not a reply: ${JSON.stringify(raw.slice(0, 300))}`);
  const [statusLine = "", ...lines] = raw.slice(0, headEnd).split("\r\n");
  const head = { raw, statusLine, status: Number(match[1]), headers: readLines(lines) };
  const body = raw.slice(headEnd + 4);
  if (head.headers.get("transfer-encoding") !== "chunked") return { ...head, body, trailers: undefined, chunks: [] };
  return { ...head, ...readChunks(body) };
}

function readLines(lines: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    lines.map((line) => [line.slice(0, line.indexOf(": ")).toLowerCase(), line.slice(line.indexOf(": ") + 2)]),
  );
}

function readChunks(text: string): Pick<Reply, "body" | "trailers" | "chunks"> {
  let [body, at]: [string, number] = ["", 0];
  const chunks: number[] = [];
  for (;;) {
    const lineEnd = text.indexOf("\r\n", at);
    if (lineEnd < 0) return { body, trailers: undefined, chunks };
    const count = Number.parseInt(text.slice(at, lineEnd), 16);
    at = lineEnd + 2;
    if (count === 0) break;
    chunks.push(count);
    body += text.slice(at, at + count);
    at += count;
    if (text.slice(at, at + 2) !== "\r\n" && at < text.length) throw new Error("a chunk does not end in a newline");
    at += 2;
  }
  if (!text.endsWith("\r\n\r\n")) throw new Error("the chunks do not end in an empty line");
  const trailers = readLines(text.slice(at, -4).split("\r\n"));
  return { body, trailers, chunks };
}

/** A job as a worker got it. */
export interface Assigned {
  readonly handle: string;
  readonly functionName: string;
  readonly unique: string;
  readonly workload: string;
}

/** What a worker does with a job; it says the last word too. */
export type Work = (wire: Wire, job: Assigned) => void | Promise<void>;

/** Answers with the workload backwards. */
export const reverse: Work = (wire, job) => {
  wire.send("WORK_COMPLETE", job.handle, [...job.workload].reverse().join(""));
};

/** A worker that does its functions until it is closed. */
export class HttpWorker implements AsyncDisposable {
  /** The jobs it got, in order. */
  readonly jobs: Assigned[] = [];
  readonly wire: Wire;
  readonly #work: Readonly<Record<string, Work>>;
  readonly #over: Promise<void>;

  private constructor(wire: Wire, work: Readonly<Record<string, Work>>) {
    this.wire = wire;
    this.#work = work;
    this.#over = this.#run();
    this.#over.catch(() => {});
  }

  static async start(address: WireAddress, work: Readonly<Record<string, Work>>): Promise<HttpWorker> {
    const wire = await Wire.connect(address);
    for (const name of Object.keys(work)) wire.send("CAN_DO", name);
    await wire.barrier();
    return new HttpWorker(wire, work);
  }

  async #run(): Promise<void> {
    for (;;) {
      this.wire.send("GRAB_JOB_UNIQ");
      const item = await this.#next();
      if (item.kind === "closed") return;
      if (item.kind !== "packet" || item.name !== "JOB_ASSIGN_UNIQ") {
        this.wire.send("PRE_SLEEP");
        if ((await this.#next()).kind === "closed") return;
        continue;
      }
      const [handle = "", functionName = "", unique = "", workload = ""] = splitArguments(item);
      const job = { handle, functionName, unique, workload };
      this.jobs.push(job);
      await this.#work[functionName]?.(this.wire, job);
    }
  }

  #next() {
    return this.wire.next(600_000);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.wire.close();
    await this.#over;
  }
}
