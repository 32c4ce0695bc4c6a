/** A client and a worker that go on with small jobs beside whatever a test does, and time each round trip. */
import { Wire, type WireAddress } from "./wire.ts";

/** The round trips so far. */
export interface RoundTrips {
  readonly count: number;
  /** The slowest, ms. */
  readonly worstMs: number;
}

/** One foreground job and one ECHO after the other; a wrong result or a reply later than the limit is an error of `stop`. */
export class SteadyPeers {
  readonly #client: Wire;
  readonly #worker: Wire;
  readonly #limitMs: number;
  readonly #name: string;
  readonly #ended: Promise<unknown>;
  #count = 0;
  #worstMs = 0;
  #isStopped = false;

  private constructor(client: Wire, worker: Wire, options: { readonly name: string; readonly limitMs: number }) {
    this.#client = client;
    this.#worker = worker;
    this.#name = options.name;
    this.#limitMs = options.limitMs;
    this.#ended = Promise.all([this.#submit(), this.#work()]).then(
      () => undefined,
      (error: unknown) => error,
    );
  }

  /** Connects both and starts; `name` is the function that they use for themselves. */
  static async start(
    address: WireAddress,
    options: { readonly name: string; readonly limitMs: number },
  ): Promise<SteadyPeers> {
    return new SteadyPeers(await Wire.connect(address), await Wire.connect(address), options);
  }

  get roundTrips(): RoundTrips {
    return { count: this.#count, worstMs: this.#worstMs };
  }

  /** Ends both after the job in hand; throws what went wrong. */
  async stop(): Promise<RoundTrips> {
    this.#isStopped = true;
    const error = await this.#ended;
    await this.#client.close();
    await this.#worker.close();
    if (error !== undefined) throw error;
    return this.roundTrips;
  }

  async #submit(): Promise<void> {
    while (!this.#isStopped) {
      const startedAtMs = performance.now();
      const workload = `${this.#name} ${this.#count}`;
      this.#client.send("SUBMIT_JOB", this.#name, "", workload);
      const [handle = ""] = await this.#client.expect("JOB_CREATED", this.#limitMs);
      const [resultHandle, result] = await this.#client.expect("WORK_COMPLETE", this.#limitMs);
      if (resultHandle !== handle || result !== workload)
        throw new Error(`${handle} ${workload}: got ${resultHandle} ${result}`);
      await this.#client.barrier(this.#limitMs);
      this.#count += 1;
      this.#worstMs = Math.max(this.#worstMs, performance.now() - startedAtMs);
    }
    await this.#worker.close();
  }

  async #work(): Promise<void> {
    this.#worker.sendTogether(["CAN_DO", this.#name], ["GRAB_JOB"]);
    for (;;) {
      const item = await this.#worker.poll(this.#limitMs);
      if (item === undefined) throw new Error(`${this.#name}: the worker heard nothing for ${this.#limitMs} ms`);
      if (item.kind !== "packet") return;
      if (item.name === "NOOP") this.#worker.send("GRAB_JOB");
      if (item.name === "NO_JOB") this.#worker.send("PRE_SLEEP");
      if (item.name !== "JOB_ASSIGN") continue;
      const [handle = "", , workload = ""] = item.body.toString("latin1").split("\0");
      this.#worker.sendTogether(["WORK_COMPLETE", handle, workload], ["GRAB_JOB"]);
    }
  }
}
