/** A worker in a process of its own, for what cannot be seen from within. */
import { spawn } from "node:child_process";

const SOURCE = new URL("../../src/index.ts", import.meta.url).pathname;

/** A running program; killed by `await using`. */
export interface WorkerProgram extends AsyncDisposable {
  /** Resolves with the exit status and what was written to stdout. */
  readonly exited: Promise<{ readonly status: number | null; readonly output: string }>;
}

/** Runs `body`, which sees `Worker` of the library. */
export function startProgram(body: string): WorkerProgram {
  const program = `const { Worker } = await import(${JSON.stringify(SOURCE)});\n${body}`;
  const child = spawn(process.execPath, ["-e", program], { stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  const exited = new Promise<{ status: number | null; output: string }>((resolve) => {
    child.once("exit", (status) => resolve({ status, output }));
  });
  return {
    exited,
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGKILL");
      await exited;
    },
  };
}
