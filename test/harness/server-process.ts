/**
 * Starts a job server as a process of its own on a free port in an empty folder, and ends it.
 *
 * It may be ours on either runtime (`serve` or `gearmand` form), a real gearmand, or any command.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./free-port.ts";
import { hasEnded, killAtEnd } from "./leftovers.ts";
import { listensOn, residentBytes } from "./process-facts.ts";
import { BINARY, type RuntimeName, SERVER_PATH } from "./runtimes.ts";
import { pause } from "./until.ts";

/** How long a server may take until it accepts connections, ms. */
const START_LIMIT_MS = 15_000;
/** How long a server may take to end after SIGTERM before it is killed, ms. */
const STOP_LIMIT_MS = 3_000;
/** How often it is looked whether a server listens, ms. */
const LOOK_EVERY_MS = 10;
/** Time for a server to notice that a trial connection is over, ms. */
const PROBE_END_MS = 50;
/** How many ports are tried when a server ends at once. */
const PORT_TRIES_MAX = 4;
/** Output kept of a server, chars. */
const OUTPUT_CHARS_MAX = 1_000_000;

/** Where Debian's gearmand lies; GEARWRIGHT_TEST_GEARMAND names another. */
export const REAL_GEARMAND: string = process.env["GEARWRIGHT_TEST_GEARMAND"] ?? "/usr/sbin/gearmand";

/** Whether a real gearmand is installed. */
export function hasRealGearmand(): boolean {
  return existsSync(REAL_GEARMAND);
}

/** What to start. */
export interface ServerOptions {
  /** `serve` and `gearmand` are ours; `real` is gearmand itself; default `serve`. Ignored where `command` is given. */
  readonly form?: "serve" | "gearmand" | "real";
  /** The runtime of ours; default: what bin/gearwright chooses. */
  readonly runtime?: RuntimeName;
  /** More arguments, after those of the form. */
  readonly flags?: readonly string[];
  /** More environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** A command of one's own, program first; `{port}` and `{tmp}` (the empty folder) are filled in, in `flags` too. */
  readonly command?: readonly string[];
  /** How long it may take until it accepts, ms; default 15,000. */
  readonly startLimitMs?: number;
}

/** A server's process. End it with `stop`, or by `await using`; what is left is killed when the tests end. */
export class ServerProcess implements AsyncDisposable {
  readonly host = "127.0.0.1";
  readonly port: number;
  readonly pid: number;
  /** An empty folder of its own, its working folder unless it is a `command`; removed by `stop`. */
  readonly folder: string;
  readonly child: ChildProcess;
  /** Resolves with `exit status N` or `signal S` when the process has ended. */
  readonly exited: Promise<string>;
  #ended: string | undefined;
  #output = "";

  constructor(child: ChildProcess, options: { readonly port: number; readonly folder: string }) {
    this.child = child;
    this.port = options.port;
    this.folder = options.folder;
    this.pid = child.pid ?? 0;
    if (child.pid !== undefined) killAtEnd(child.pid, this.folder);
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        this.#output = (this.#output + text).slice(-OUTPUT_CHARS_MAX);
      });
    }
    this.exited = new Promise((resolve) => {
      const end = (how: string) => {
        if (child.pid !== undefined) hasEnded(child.pid);
        this.#ended ??= how;
        resolve(this.#ended);
      };
      child.once("error", (error) => end(`an error: ${error.message}`));
      child.once("exit", (code, signal) => end(signal === null ? `exit status ${code}` : `signal ${signal}`));
    });
  }

  /** How the process ended; undefined while it runs. */
  get ended(): string | undefined {
    return this.#ended;
  }

  /** What it wrote to stdout and stderr so far, the last million chars. */
  get output(): string {
    return this.#output;
  }

  /** Resident memory, bytes (VmRSS). */
  rssBytes(): number {
    return residentBytes(this.pid);
  }

  /** Sends a signal. */
  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  /** Ends it (SIGTERM, then SIGKILL), removes its folder, and resolves with how it ended. */
  async stop(): Promise<string> {
    if (this.#ended === undefined) {
      this.signal("SIGTERM");
      const kill = setTimeout(() => this.signal("SIGKILL"), STOP_LIMIT_MS);
      await this.exited;
      clearTimeout(kill);
    }
    await rm(this.folder, { recursive: true, force: true });
    return this.exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

function wordsOf(options: ServerOptions): readonly string[] {
  if (options.command !== undefined) return options.command;
  const address = ["-p", "{port}", "-L", "127.0.0.1"];
  if (options.form === "real") return [REAL_GEARMAND, ...address, "-l", "stderr", "-P", "{tmp}/gearmand.pid"];
  if (options.form === "gearmand") return [BINARY, "gearmand", ...address, "-l", "stderr"];
  return [BINARY, "serve", "--listen", "127.0.0.1", "--port", "{port}", "--store", "memory", "--http", "off"];
}

function canConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1" });
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

/**
 * True when the server accepts on its port, false when it ended or took too long.
 *
 * No connection is made where the machine tells that the process itself listens. A command may have put its server into
 * another process, so there a connection counts too.
 */
async function accepts(server: ServerProcess, options: ServerOptions): Promise<boolean> {
  const endAtMs = performance.now() + (options.startLimitMs ?? START_LIMIT_MS);
  while (server.ended === undefined && performance.now() < endAtMs) {
    const listens = await listensOn(server.pid, server.port);
    if (listens === true) return true;
    if ((listens === undefined || options.command !== undefined) && (await canConnect(server.port))) {
      await pause(PROBE_END_MS);
      return server.ended === undefined;
    }
    await pause(LOOK_EVERY_MS);
  }
  return false;
}

/** Our environment without what is meant for the tests or would be a setting of the server; the choice of a runtime stays. */
function ownEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^GEARWRIGHT_(?!RUNTIME$)/.test(name)));
}

async function startOnce(options: ServerOptions): Promise<ServerProcess> {
  const port = await freePort();
  const folder = await mkdtemp(join(tmpdir(), "gearwright-test-"));
  const [program, ...args] = [...wordsOf(options), ...(options.flags ?? [])].map((word) =>
    word.replaceAll("{port}", String(port)).replaceAll("{tmp}", folder),
  );
  const env = { ...ownEnvironment(), PATH: SERVER_PATH, ...options.env };
  const runtime = options.runtime === undefined ? {} : { GEARWRIGHT_RUNTIME: options.runtime };
  const child = spawn(program ?? "", args, {
    // A command of one's own may be named from where one stands.
    cwd: options.command === undefined ? folder : process.cwd(),
    env: { ...env, ...runtime },
    stdio: ["ignore", "pipe", "pipe"],
  });
  return new ServerProcess(child, { port, folder });
}

/**
 * Starts a server and resolves once it accepts connections.
 *
 * Tries other ports when it ends at once (somebody may have taken the port). Throws with its output when it does not come up.
 */
export async function startServer(options: ServerOptions = {}): Promise<ServerProcess> {
  for (let tries = 1; ; tries += 1) {
    const server = await startOnce(options);
    if (await accepts(server, options)) return server;
    const ended = server.ended;
    await server.stop();
    if (ended === undefined || tries === PORT_TRIES_MAX) {
      const how = ended === undefined ? "accepts no connection" : `ended at once with ${ended}`;
      throw new Error(`the server ${how}: ${server.child.spawnargs.join(" ")}\n${server.output}`);
    }
  }
}
