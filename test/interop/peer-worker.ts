/** A peer's worker program, whose functions are `PREFIX.echo`, `.stream`, `.hold`, `.exception`, `.fail`, `.hurry` (and `.split`). */
import type { ServerProcess } from "../harness/server-process.ts";
import { bytesOf, LineProcess } from "./line-process.ts";
import { untilTold } from "./raw-peer.ts";

/** A job as the peer's worker has told it. */
export interface ToldJob {
  readonly function: string;
  /** Empty where the peer's workers do not see it. */
  readonly unique: string;
  readonly workload: string;
}

/** What to start. */
export interface PeerWorkerOptions {
  /** The program without its arguments. */
  readonly program: readonly string[];
  readonly server: ServerProcess;
  /** What its functions' names begin with. */
  readonly prefix: string;
  /** The only function that it registers; default all. */
  readonly only?: string;
  /** Whether its jobs know their unique. */
  readonly seesUnique: boolean;
}

/** A running worker program. */
export class PeerWorker implements AsyncDisposable {
  readonly options: PeerWorkerOptions;
  readonly #process: LineProcess;
  readonly #echoes: string[] = [];

  private constructor(options: PeerWorkerOptions) {
    const { program, server, prefix, only } = options;
    this.options = options;
    const args = [String(server.port), server.folder, prefix, ...(only === undefined ? [] : [only])];
    this.#process = new LineProcess({ command: [...program, ...args] });
  }

  /** Starts it and resolves when the server knows its last function. */
  static async start(options: PeerWorkerOptions): Promise<PeerWorker> {
    const worker = new PeerWorker(options);
    for (const name of options.only === undefined ? ["echo", "hurry"] : [options.only]) {
      await untilTold(options.server, "workers", `${options.prefix}.${name}`);
    }
    return worker;
  }

  /** The next job that it ran. */
  async nextJob(): Promise<ToldJob> {
    for (;;) {
      const [kind = "", ...words] = await this.#process.next();
      if (kind === "echo") this.#echoes.push(words.join(" "));
      if (kind !== "job") continue;
      const [functionName = "", unique = "", workload = ""] = words;
      return { function: functionName, unique: bytesOf(unique), workload: bytesOf(workload) };
    }
  }

  /** What became of the ECHO_REQ that it sent at its start, once it has run a job. */
  get echoes(): readonly string[] {
    return this.#echoes;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process[Symbol.asyncDispose]();
  }
}
