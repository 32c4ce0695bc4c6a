/** What a play needs: two servers, and clients, workers and relays that are ended with it. */
import { Client, type ClientOptions, Worker, type WorkerOptions } from "../../src/index.ts";
import { Relay } from "../harness/relay.ts";
import { until } from "../harness/until.ts";
import { Wire } from "../harness/wire.ts";

/** How long a worker of a play may hold jobs after its stop, ms. */
const DRAIN_MS = 3_000;
const ABORT_MS = 1_000;

/** The stage of one play. */
export class FeatureStage implements AsyncDisposable {
  /** The name of a function that no other play uses. */
  readonly name: string;
  /** Both servers, as clients and workers name them. */
  readonly servers: readonly [string, string];
  /** The first of them. */
  readonly server: string;
  readonly #ports: readonly [number, number];
  readonly #clients: Client[] = [];
  readonly #workers: Worker[] = [];
  readonly #relays: Relay[] = [];
  readonly #runs: Promise<void>[] = [];

  constructor(name: string, ports: readonly [number, number]) {
    this.name = name;
    this.#ports = ports;
    this.servers = [`127.0.0.1:${ports[0]}`, `127.0.0.1:${ports[1]}`];
    this.server = this.servers[0];
  }

  /** A client, of the first server unless others are given. */
  client(options: ClientOptions = {}): Client {
    const client = new Client({ servers: [this.server], ...options });
    this.#clients.push(client);
    return client;
  }

  /** A worker that is not run, of the first server unless others are given. */
  worker(options: WorkerOptions = {}): Worker {
    const worker = new Worker({ servers: [this.server], drainMs: DRAIN_MS, abortMs: ABORT_MS, ...options });
    this.#workers.push(worker);
    return worker;
  }

  /** A worker that runs; `prepare` tells it what it can. */
  work(prepare: (worker: Worker) => void, options: WorkerOptions = {}): Worker {
    const worker = this.worker(options);
    prepare(worker);
    const run = worker.run();
    // The end of the play awaits it.
    run.catch(() => {});
    this.#runs.push(run);
    return worker;
  }

  /** An open relay to the first or the second server. */
  async relay(index: 0 | 1 = 0): Promise<Relay> {
    const relay = new Relay(this.#ports[index]);
    this.#relays.push(relay);
    return await relay.open();
  }

  /** The address of a server that is not there. */
  async deadServer(): Promise<string> {
    const relay = await this.relay();
    await relay.shut();
    return relay.address;
  }

  /** The reply of a server to a line of admin text. */
  async ask(line: string, index: 0 | 1 = 0): Promise<string> {
    await using wire = await Wire.connect({ port: this.#ports[index] });
    return await wire.ask(line);
  }

  /** Waits until the first server's list of workers has, or has no longer, one that can do `name`. */
  async untilWorkers(name: string, can: boolean): Promise<void> {
    const pattern = new RegExp(`: (.* )?${name.replaceAll(/[.*+?^$()[\]{}|\\]/g, "\\$&")}( |$)`, "m");
    await until(async () => pattern.test(await this.ask("workers")) === can, {
      what: `${can ? "a" : "no"} worker that can do ${name}`,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.close()));
    await Promise.all(this.#workers.map((worker) => worker.stop()));
    await Promise.all(this.#runs);
    await Promise.all(this.#relays.map((relay) => relay.shut()));
  }
}
