/** Runs `program.ts` on a runtime and talks with it. */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { hasEnded, killAtEnd } from "../harness/leftovers.ts";
import { type RuntimeName, SERVER_PATH } from "../harness/runtimes.ts";
import { until } from "../harness/until.ts";
import type { Request, WireLook } from "./program.ts";

const REPLY_LIMIT_MS = 15_000;
/** Until something is seen, ms: what the kernel had to drop for want of memory may come late. */
const SEE_LIMIT_MS = 60_000;

/** What `listen` answered. */
export interface Listened {
  readonly listener: number;
  readonly port: number;
  /** The runtime's error code, where it could not listen. */
  readonly code?: string;
}

/** A process with listeners, and an empty folder for their unix sockets. */
export class ListeningProcess implements Disposable {
  readonly folder: string = mkdtempSync(join(tmpdir(), "gearwright-listener-"));
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #replies: string[] = [];
  #ended: string | undefined;

  constructor(runtime: RuntimeName) {
    this.#child = spawn(runtime, [join(import.meta.dirname, "program.ts")], {
      stdio: ["pipe", "pipe", "inherit"],
      env: { ...process.env, PATH: SERVER_PATH },
    });
    const { pid } = this.#child;
    if (pid !== undefined) killAtEnd(pid, this.folder);
    let text = "";
    this.#child.stdout.setEncoding("utf8").on("data", (piece: string) => {
      const lines = (text + piece).split("\n");
      text = lines.pop() ?? "";
      this.#replies.push(...lines);
    });
    this.#child.once("exit", (code, signal) => {
      if (pid !== undefined) hasEnded(pid);
      this.#ended = `exit status ${code}, signal ${signal}`;
    });
  }

  /** The process id. */
  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Sends a request and resolves with its answer. One at a time. */
  async ask(request: Request): Promise<unknown> {
    this.#child.stdin.write(`${JSON.stringify(request)}\n`);
    const look = () => {
      if (this.#ended !== undefined) throw new Error(`the process has ended: ${this.#ended}`);
      return this.#replies.shift();
    };
    return JSON.parse(await until(look, { what: `an answer to ${request.do}`, limitMs: REPLY_LIMIT_MS }));
  }

  async listen(address: Extract<Request, { do: "listen" }>["address"]): Promise<Listened> {
    return (await this.ask({ do: "listen", address })) as Listened;
  }

  /** Ends it as a crash does (SIGKILL), and resolves when it has ended. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await until(() => this.#ended, { what: "the process ends" });
  }

  /** What is known of a connection; undefined while it has not come. */
  async look(id: number): Promise<WireLook | undefined> {
    const reply = (await this.ask({ do: "look", id })) as WireLook | { missing: number };
    return "missing" in reply ? undefined : reply;
  }

  /** Resolves with what is known of a connection once `holds` is true of it. */
  async see(id: number, what: string, holds: (look: WireLook) => boolean): Promise<WireLook> {
    let last: WireLook | undefined;
    const look = async () => {
      last = await this.look(id);
      return last !== undefined && holds(last) ? last : undefined;
    };
    try {
      return await until(look, { what, limitMs: SEE_LIMIT_MS });
    } catch (error) {
      throw new Error(`${String(error)}; known: ${JSON.stringify(last)}`);
    }
  }

  [Symbol.dispose](): void {
    this.#child.stdin.end();
    this.#child.kill("SIGKILL");
    rmSync(this.folder, { recursive: true, force: true });
  }
}
