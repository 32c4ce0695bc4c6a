/** A worker program out of the docs or examples, running beside a test. */
import { type ChildProcess, spawn } from "node:child_process";
import { connect } from "node:net";
import { hasEnded, killAtEnd } from "../harness/leftovers.ts";
import { SERVER_PATH } from "../harness/runtimes.ts";
import { until } from "../harness/until.ts";
import type { Ended, ProgramPlace } from "./typescript-blocks.ts";

/** A running program; the end of its scope kills it. */
export interface StartedProgram extends AsyncDisposable {
  readonly child: ChildProcess;
  /** How it ended, and what it wrote. */
  readonly ended: Promise<Ended>;
  /** Resolves once the job server on `port` knows a worker of this function. */
  isRegistered(functionName: string, port: number): Promise<void>;
}

/** Starts a program. */
export function startProgram(
  program: string,
  args: readonly string[],
  { folder, env: more }: ProgramPlace,
): StartedProgram {
  const env = { ...process.env, PATH: SERVER_PATH, ...more };
  const child = spawn(program, [...args], { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"] });
  const { pid } = child;
  if (pid !== undefined) killAtEnd(pid, folder);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (part) => (output += part));
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (status) => {
      if (pid !== undefined) hasEnded(pid);
      resolve({ status, output });
    });
  });
  return {
    child,
    ended,
    isRegistered: async (functionName, port) => {
      const hasWorker = async () => new RegExp(`^${functionName}\t\\d+\t\\d+\t[1-9]`, "m").test(await statusOf(port));
      await until(hasWorker, { what: `a worker of ${functionName}` });
    },
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

/** The answer to the admin command `status`. */
async function statusOf(port: number): Promise<string> {
  const socket = connect({ port, host: "127.0.0.1" });
  socket.write("status\n");
  let answer = "";
  for await (const part of socket.setEncoding("utf8")) {
    answer += part;
    if (/^\.$/m.test(answer)) break;
  }
  return answer;
}
