/** A worker that runs for one test, with what it told. */
import { Worker, type WorkerEvent, type WorkerOptions } from "../../src/index.ts";
import type { FakeServer } from "./fake-server.ts";

/** A worker and its events; stopped by `await using`, at once unless told otherwise. */
export class RunningWorker implements AsyncDisposable {
  readonly worker: Worker;
  readonly events: WorkerEvent[] = [];
  readonly ended: Promise<void>;

  constructor(servers: readonly FakeServer[], options: WorkerOptions, prepare: (worker: Worker) => void) {
    this.worker = new Worker({
      servers: servers.map(({ address }) => address),
      clientId: "w",
      drainMs: 0,
      abortMs: 0,
      ...options,
      onEvent: (event) => this.events.push(event),
    });
    prepare(this.worker);
    this.ended = this.worker.run();
  }

  /** Codes of the errors of all `failed` events, or what was thrown. */
  get failures(): unknown[] {
    return this.events.flatMap((event) => (event.kind === "failed" ? [codeOf(event.error)] : []));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.worker.stop();
    await this.ended;
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : error;
}

/** A promise, and how it is settled from outside. */
export interface Gate<Value> {
  readonly promise: Promise<Value>;
  open(value: Value): void;
  fail(error: unknown): void;
}

/** A handler that is held until the test lets it go. */
export function gate<Value = string>(): Gate<Value> {
  let open: (value: Value) => void = () => {};
  let fail: (error: unknown) => void = () => {};
  const promise = new Promise<Value>((resolve, reject) => {
    open = resolve;
    fail = reject;
  });
  return { promise, open, fail };
}
