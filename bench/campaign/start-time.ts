/** Measures how long a job server takes from its exec until its port answers. */
import { spawn } from "node:child_process";
import { mkdtemp } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../../test/harness/free-port.ts";
import { serverEnv } from "../../test/harness/many-files.ts";
import { BINARY, type RuntimeName, SERVER_PATH } from "../../test/harness/runtimes.ts";
import { REAL_GEARMAND, ServerProcess } from "../../test/harness/server-process.ts";
import { pause } from "../../test/harness/until.ts";
import { SERVERS, type ServerName } from "../servers.ts";

const LIMIT_MS = 10_000;
const TRY_EVERY_MS = 1;

/** Whether the port answers the text command `version` now. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1" });
    socket.once("connect", () => socket.write("version\n"));
    socket.once("data", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
    socket.once("close", () => resolve(false));
  });
}

/** Starts `<binary> gearmand -p P` (or gearmand itself) and resolves with the time until it answers, ms. */
export async function timeOfStart(name: ServerName): Promise<number> {
  const port = await freePort();
  const folder = await mkdtemp(join(tmpdir(), "gearbench-start-"));
  const runtime: RuntimeName | undefined = SERVERS[name].runtime;
  const flags = ["-p", String(port), "-l", "stderr", "-P", join(folder, "pid")];
  const [program, args] = runtime === undefined ? [REAL_GEARMAND, flags] : [BINARY, ["gearmand", ...flags]];
  const env = {
    ...process.env,
    ...serverEnv(),
    PATH: SERVER_PATH,
    ...(runtime === undefined ? {} : { GEARWRIGHT_RUNTIME: runtime }),
  };
  const startedAtMs = performance.now();
  const child = spawn(program, args, { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"] });
  await using server = new ServerProcess(child, { port, folder });
  while (!(await answers(port))) {
    if (server.ended !== undefined || performance.now() - startedAtMs > LIMIT_MS) {
      throw new Error(`${name} does not answer: ${server.ended ?? "still running"}\n${server.output}`);
    }
    await pause(TRY_EVERY_MS);
  }
  return performance.now() - startedAtMs;
}
