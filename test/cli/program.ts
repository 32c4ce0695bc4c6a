/** Starts the program as a user would, and watches it from outside. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BINARY, type RuntimeName, SERVER_PATH } from "../harness/runtimes.ts";

/** How long any one thing may take on a busy machine, ms. */
export const LIMIT_MS = 20_000;

/** How a program is started. */
export interface StartOptions {
  readonly runtime: RuntimeName | undefined;
  /** The whole environment, but for GEARWRIGHT_RUNTIME. Default: only PATH. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Default: the folder for temporary files. */
  readonly folder?: string;
  /** Default: the program under test. */
  readonly program?: string;
}

/** A started program; killed when it goes out of scope. */
export class Program implements AsyncDisposable {
  readonly pid: number;
  /** Resolves with the exit status, or the name of the signal that ended it. */
  readonly exit: Promise<number | string>;
  #stdout = "";
  #stderr = "";
  readonly #child: ChildProcess;

  constructor(args: readonly string[], options: StartOptions) {
    const environment = options.environment ?? { PATH: SERVER_PATH };
    const runtime = options.runtime === undefined ? {} : { GEARWRIGHT_RUNTIME: options.runtime };
    const child = spawn(options.program ?? BINARY, args, {
      env: { ...environment, ...runtime },
      cwd: options.folder ?? tmpdir(),
      stdio: ["ignore", "pipe", "pipe"],
    });
    child.stdout.on("data", (chunk) => {
      this.#stdout += String(chunk);
    });
    child.stderr.on("data", (chunk) => {
      this.#stderr += String(chunk);
    });
    this.exit = new Promise((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (code, signal) => resolve(code ?? signal ?? "unknown"));
    });
    this.#child = child;
    this.pid = child.pid ?? 0;
  }

  get stdout(): string {
    return this.#stdout;
  }

  get stderr(): string {
    return this.#stderr;
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** The port of the first IPv4 address that it says it listens on. */
  async port(): Promise<number> {
    const text = /(?:127\.0\.0\.1|0\.0\.0\.0):(\d+)/;
    await until(() => text.test(this.#stdout + this.#stderr), `the program says where it listens: ${this.#stderr}`);
    return Number(text.exec(this.#stdout + this.#stderr)?.[1]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill("SIGKILL");
    await this.exit;
  }
}

/** Runs a program to its end. */
export async function run(
  args: readonly string[],
  options: StartOptions,
): Promise<{ readonly status: number | string; readonly stdout: string; readonly stderr: string }> {
  await using program = new Program(args, options);
  const status = await program.exit;
  return { status, stdout: program.stdout, stderr: program.stderr };
}

/** Waits until `condition` holds; throws after `LIMIT_MS`, saying what did not come. */
export async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const endMs = performance.now() + LIMIT_MS;
  while (!(await condition())) {
    if (performance.now() > endMs) throw new Error(`did not happen within ${LIMIT_MS} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Whether something listens there. */
export function canConnect(port: number, host = "127.0.0.1"): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, host);
    socket.on("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
}

/** A folder of its own, deleted when it goes out of scope. */
export class Folder implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), "gearwright-test-"));

  file(name: string): string {
    return join(this.path, name);
  }

  /** What a file holds; empty if it does not exist. */
  read(name: string): string {
    try {
      return readFileSync(this.file(name), "utf8");
    } catch {
      return "";
    }
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** A line of /proc/PID/FILE that begins with `name`, without the name. */
export function procLine(pid: number, file: "limits" | "status", name: string): string {
  const lines = readFileSync(`/proc/${pid}/${file}`, "utf8").split("\n");
  const line = lines.find((one) => one.startsWith(name)) ?? "";
  return line.slice(name.length).trim().replace(/\s+/g, " ");
}
