/** A program of a user that starts test servers, in a process of its own on the runtime of choice, from the installed package. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { hasEnded, killAtEnd } from "../harness/leftovers.ts";
import { until } from "../harness/until.ts";

const PROGRAM = `
  import { startTestServer } from "gearwright/testing";
  const server = await startTestServer();
  const does = {
    stop: () => server.stop().then(() => process.stdin.destroy()),
    exit: () => process.exit(3),
    throw: () => { throw new Error("planted"); },
  };
  process.stdin.setEncoding("utf8").once("data", (word) => does[word]());
  console.log(server.port);
`;

/** What the program may be told to do once its server runs: stop it and end by itself, call process.exit(3), or throw. */
export type Deed = "stop" | "exit" | "throw";

/** Where and with what the program runs. */
export interface UserProgramOptions {
  /** The runtime's program. */
  readonly runtime: string;
  /** The folder with node_modules/gearwright. */
  readonly folder: string;
  /** More environment. */
  readonly env?: Readonly<Record<string, string>>;
}

/** The running program; killed when it is disposed of. */
export class UserProgram implements AsyncDisposable {
  readonly pid: number;
  /** Resolves with `exit status N` or `signal S` when it has ended. */
  readonly exited: Promise<string>;
  readonly #child: ChildProcess;
  readonly #folder: string;
  #children: readonly number[] = [];
  #output = "";
  #ended: string | undefined;

  constructor({ runtime, folder, env }: UserProgramOptions) {
    this.#folder = mkdtempSync(join(folder, "user-"));
    const program = join(this.#folder, "program.mjs");
    writeFileSync(program, PROGRAM);
    const clean = Object.entries(process.env).filter(([name]) => !name.startsWith("GEARWRIGHT_"));
    this.#child = spawn(runtime, [program], {
      cwd: this.#folder,
      env: { ...Object.fromEntries(clean), ...env },
      stdio: "pipe",
    });
    this.pid = this.#child.pid ?? 0;
    if (this.pid !== 0) killAtEnd(this.pid, this.#folder);
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        this.#output += text;
      });
    }
    this.exited = new Promise((resolve) => {
      const end = (how: string) => {
        hasEnded(this.pid);
        this.#ended = how;
        resolve(how);
      };
      this.#child.once("error", (error) => end(`an error: ${error.message}`));
      this.#child.once("close", (code, signal) => end(signal === null ? `exit status ${code}` : `signal ${signal}`));
    });
  }

  /** What it wrote to stdout and stderr so far. */
  get output(): string {
    return this.#output;
  }

  /** The port of its server; throws with its output when it ends before it says one. */
  async port(): Promise<number> {
    const port = await until(
      () => /^(\d+)$/m.exec(this.#output)?.[1] ?? (this.#ended === undefined ? undefined : "none"),
      { what: "the port of the test server" },
    );
    if (port === "none") throw new Error(`the program ended with ${this.#ended}\n${this.#output}`);
    return Number(port);
  }

  tell(deed: Deed): void {
    this.#child.stdin?.write(deed);
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Process ids of its children. What is left of them is killed when the program is disposed of. */
  children(): readonly number[] {
    const text = readFileSync(`/proc/${this.pid}/task/${this.pid}/children`, "utf8");
    this.#children = text
      .trim()
      .split(" ")
      .filter((word) => word !== "")
      .map(Number);
    return this.#children;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.exited;
    for (const pid of this.#children) if (isServer(pid)) process.kill(pid, "SIGKILL");
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** Whether the process is still the server that it was: ids are given again. */
function isServer(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("child-program");
  } catch {
    return false;
  }
}
