/** A job server that is killed and comes back on the same port, as a machine that lost its power does. */
import { spawn } from "node:child_process";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { listensOn } from "../harness/process-facts.ts";
import { SERVER_PATH } from "../harness/runtimes.ts";
import { type ServerOptions, ServerProcess, startServer } from "../harness/server-process.ts";
import { until } from "../harness/until.ts";

/** A server on a port that stays the same. */
export class ReturningServer implements AsyncDisposable {
  readonly #options: ServerOptions;
  /** The command, and the folder that it names. */
  readonly #words: readonly string[];
  readonly #folder: string;
  #server: ServerProcess;

  private constructor(server: ServerProcess, options: ServerOptions) {
    this.#server = server;
    this.#options = options;
    this.#words = server.child.spawnargs;
    this.#folder = server.folder;
  }

  /** Starts it on a free port. */
  static async start(options: ServerOptions): Promise<ReturningServer> {
    return new ReturningServer(await startServer(options), options);
  }

  /** The process that runs now, or ran last. */
  get process(): ServerProcess {
    return this.#server;
  }

  /** `127.0.0.1:PORT`. */
  get address(): string {
    return `127.0.0.1:${this.#server.port}`;
  }

  /** Kills it (SIGKILL); resolves when it is gone. */
  async kill(): Promise<void> {
    this.#server.signal("SIGKILL");
    await this.#server.exited;
  }

  /** Starts it again after `kill`, without waiting until it listens. */
  async begin(): Promise<void> {
    const { port } = this.#server;
    await this.#server.stop();
    const folder = await mkdtemp(join(tmpdir(), "gearwright-test-"));
    const [program = "", ...args] = this.#words.map((word) => word.replaceAll(this.#folder, folder));
    const { runtime, env } = this.#options;
    const child = spawn(program, args, {
      cwd: folder,
      env: {
        ...process.env,
        PATH: SERVER_PATH,
        ...env,
        ...(runtime === undefined ? {} : { GEARWRIGHT_RUNTIME: runtime }),
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#server = new ServerProcess(child, { port, folder });
  }

  /** Starts it again after `kill`; resolves when it listens. */
  async comeBack(): Promise<void> {
    await this.begin();
    const { pid, port } = this.#server;
    await until(async () => (await listensOn(pid, port)) !== false, { what: "the server listens again" }).catch(
      (error) => {
        throw new Error(`${error}: ${this.#server.ended ?? "it runs"} ${this.#server.output}`);
      },
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.stop();
  }
}
