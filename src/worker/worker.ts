/** Runs jobs: the public worker. */
import { checkNames, checkSignal, invalid } from "../base/checks.ts";
import type { JobFunction } from "../base/job-function.ts";
import { type Ability, ability, wireOf } from "./ability.ts";
import type { AnyFunction, BytesHandler, FunctionOptions, Handler, WorkerOptions } from "./worker-options.ts";
import { WorkerRun } from "./worker-run.ts";
import { type WorkerSettings, workerSettings } from "./worker-settings.ts";

const RUN_NAMES: ReadonlySet<string> = new Set(["signal"]);

/** What `run` may be given. */
export interface RunOptions {
  /** Stops the worker when it aborts, as `stop` does. */
  readonly signal?: AbortSignal;
}

/**
 * Does jobs of the functions it was told it can do, of all its servers at once.
 *
 * ```ts
 * await using worker = new Worker({ servers: ["127.0.0.1:4730"], concurrency: 4 });
 * worker.can("reverse", (job) => job.workload.toReversed());
 * await worker.run({ signal: stopping });
 * ```
 *
 * A server that cannot be reached, or is lost, is tried again for ever, at most LIMITS.retryMsMax after the last try, which may
 * itself take connectMs.
 */
export class Worker implements AsyncDisposable {
  readonly #settings: WorkerSettings;
  readonly #abilities = new Map<string, Ability>();
  #run: WorkerRun | undefined = undefined;

  /** Throws GearError INVALID_ARGUMENT. Connects only when it is run. */
  constructor(options: WorkerOptions = {}) {
    this.#settings = workerSettings(options);
  }

  /**
   * Registers a function, before or while the worker runs. One of the same name is replaced; its jobs in hand go on.
   *
   * Throws GearError INVALID_ARGUMENT.
   */
  can(name: string, handler: BytesHandler, options?: FunctionOptions): this;
  can<Workload, Result, WorkloadAccepted, ResultAccepted>(
    fn: JobFunction<Workload, Result, WorkloadAccepted, ResultAccepted>,
    handler: Handler<Workload, ResultAccepted>,
    options?: FunctionOptions,
  ): this;
  can(fn: string | AnyFunction, handler: unknown, options: FunctionOptions = {}): this {
    const made = ability(fn, handler, options);
    const earlier = this.#abilities.get(made.wire);
    this.#abilities.set(made.wire, made);
    this.#run?.register(made, earlier);
    return this;
  }

  /**
   * Gives a function up; nothing where it is not registered.
   *
   * While the worker runs, its jobs in hand of that function are given to another worker by the servers, so their signal aborts
   * (GearError CLOSED) and nothing more of them is sent. Throws GearError INVALID_ARGUMENT.
   */
  cannot(fn: string | AnyFunction): this {
    const wire = wireOf(fn);
    const earlier = this.#abilities.get(wire);
    if (earlier === undefined) return this;
    this.#abilities.delete(wire);
    this.#run?.unregister(earlier);
    return this;
  }

  /**
   * Connects to all servers and does jobs; resolves once the worker was stopped and the jobs in hand are over or given up: a
   * handler that does not end within drainMs and abortMs is then still at work. May be called again after that.
   *
   * Rejects with GearError INVALID_ARGUMENT when it runs already, when no function is registered, and for options that are none.
   */
  async run(options: RunOptions = {}): Promise<void> {
    checkNames(options, RUN_NAMES, "options of run");
    const { signal } = options;
    checkSignal(signal);
    if (this.#run !== undefined) throw invalid("the worker runs already");
    if (this.#abilities.size === 0) throw invalid("the worker can do nothing: call can() before run()");
    if (signal?.aborted === true) return;
    const run = new WorkerRun(this.#settings, this.#abilities);
    const stop = () => run.stop();
    this.#run = run;
    signal?.addEventListener("abort", stop, { once: true });
    run.start();
    await run.ended;
    signal?.removeEventListener("abort", stop);
    this.#run = undefined;
  }

  /**
   * Stops: no new jobs, those in hand have `drainMs`, then their signal aborts and they have `abortMs`, then the connections are
   * closed. Resolves when `run` does; at once where it does not run. A handler does not await it: it would wait for itself.
   */
  async stop(): Promise<void> {
    const run = this.#run;
    if (run === undefined) return;
    run.stop();
    await run.ended;
  }

  /** As `stop`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}
