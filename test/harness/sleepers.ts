/** Many workers of one function that sleep, and count what wakes them. */
import { connect, type Socket } from "node:net";
import { until } from "./until.ts";
import type { WireAddress } from "./wire.ts";
import { encodePacket, WireReader } from "./wire-bytes.ts";

/** How many connects are under way at once. */
const CONNECTS_AT_ONCE = 500;
/** How long it may take until all sleep, ms. */
const SLEEP_LIMIT_MS = 30_000;

const GRAB_JOB = encodePacket("GRAB_JOB", []);
const PRE_SLEEP = encodePacket("PRE_SLEEP", []);

/** What is opened. */
export interface SleepersOptions {
  readonly address: WireAddress & { readonly port: number };
  readonly count: number;
  readonly functionName: string;
  /** Whether the worker of this index asks for a job when it is woken; default: always. */
  readonly comes?: (worker: number) => boolean;
}

/** Sleeping workers. A woken one grabs, keeps its job, and sleeps again only when there was none. */
export class Sleepers implements Disposable {
  /** NOOPs that came, by worker. */
  readonly noops: Uint32Array;
  /** Jobs that came, by worker. */
  readonly jobs: Uint32Array;
  /** Connections that ended although nobody here closed them. */
  lost = 0;
  readonly #sockets: Socket[] = [];
  readonly #comes: (worker: number) => boolean;
  #asleep = 0;
  #isClosed = false;

  private constructor(options: SleepersOptions) {
    this.noops = new Uint32Array(options.count);
    this.jobs = new Uint32Array(options.count);
    this.#comes = options.comes ?? (() => true);
  }

  /** Connects, registers and sleeps; resolves when the server knows that all sleep. */
  static async open(options: SleepersOptions): Promise<Sleepers> {
    const sleepers = new Sleepers(options);
    for (let from = 0; from < options.count; from += CONNECTS_AT_ONCE) {
      const end = Math.min(from + CONNECTS_AT_ONCE, options.count);
      const batch = Array.from({ length: end - from }, (_, index) => sleepers.#connect(from + index, options));
      await Promise.all(batch);
    }
    await until(() => sleepers.#asleep === options.count, { what: "all workers sleep", limitMs: SLEEP_LIMIT_MS });
    return sleepers;
  }

  get noopCount(): number {
    return this.noops.reduce((sum, count) => sum + count, 0);
  }

  get jobCount(): number {
    return this.jobs.reduce((sum, count) => sum + count, 0);
  }

  #connect(worker: number, options: SleepersOptions): Promise<void> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port: options.address.port, host: "127.0.0.1", noDelay: true });
      this.#sockets.push(socket);
      const reader = new WireReader();
      socket.on("data", (chunk: Buffer | string) => {
        reader.add(typeof chunk === "string" ? Buffer.from(chunk, "latin1") : chunk);
        for (let item = reader.take(); item?.kind === "packet"; item = reader.take())
          this.#take(worker, item.name, socket);
      });
      socket.once("error", reject);
      socket.once("close", () => {
        if (!this.#isClosed) this.lost += 1;
      });
      socket.once("connect", () => {
        const register = encodePacket("CAN_DO", [options.functionName]);
        socket.write(Buffer.concat([register, PRE_SLEEP, encodePacket("ECHO_REQ", ["asleep"])]));
        resolve();
      });
    });
  }

  #take(worker: number, name: string, socket: Socket): void {
    if (name === "ECHO_RES") this.#asleep += 1;
    if (name === "NO_JOB") socket.write(PRE_SLEEP);
    if (name === "JOB_ASSIGN") this.jobs[worker] = (this.jobs[worker] ?? 0) + 1;
    if (name !== "NOOP") return;
    this.noops[worker] = (this.noops[worker] ?? 0) + 1;
    if (this.#comes(worker)) socket.write(GRAB_JOB);
  }

  [Symbol.dispose](): void {
    this.#isClosed = true;
    for (const socket of this.#sockets) socket.destroy();
  }
}
