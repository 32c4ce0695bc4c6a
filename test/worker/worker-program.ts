/** A worker in a process of its own, for what cannot be seen from within. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { ROOT_FOLDER, type RuntimeName } from "../harness/runtimes.ts";

const SOURCE = new URL("../../src/index.ts", import.meta.url).pathname;

/** A running program; killed by `await using`. */
export interface WorkerProgram extends AsyncDisposable {
  /** Resolves with the exit status and what was written to stdout. */
  readonly exited: Promise<{ readonly status: number | null; readonly output: string }>;
  /** Sends it a signal that `body` listens to. */
  signal(name: "SIGUSR2"): void;
}

/** Runs `body`, which sees `Worker` of the library. */
export function startProgram(body: string, runtime: RuntimeName = "bun"): WorkerProgram {
  const program = `const { Worker } = await import(${JSON.stringify(SOURCE)});\n${body}`;
  const binary = join(ROOT_FOLDER, "node_modules", ".bin", runtime);
  const child = spawn(binary, ["-e", program], { stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  const exited = new Promise<{ status: number | null; output: string }>((resolve) => {
    child.once("exit", (status) => resolve({ status, output }));
  });
  return {
    exited,
    signal: (name) => child.kill(name),
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGKILL");
      await exited;
    },
  };
}
