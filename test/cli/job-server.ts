/** Servers of every kind for the commands that talk to them, and shells that run those commands. */
import { BINARY, RUNTIMES, type RuntimeName, SERVER_PATH } from "../harness/runtimes.ts";
import { hasRealGearmand, type ServerProcess, startServer } from "../harness/server-process.ts";
import { hasPackages } from "../interop/packages.ts";
import { Program } from "./program.ts";

/** The runtime of the command, and the server that it talks to. */
export interface Target {
  readonly runtime: RuntimeName;
  readonly form: "serve" | "real";
  /** For test names. */
  readonly title: string;
}

const HAS_GEARMAND = hasRealGearmand() || hasPackages("commands against gearmand", ["gearman-job-server"]);

/** Every runtime against a server of ours, and one against gearmand where it is installed. */
export const TARGETS: readonly Target[] = [
  ...RUNTIMES.map((runtime) => ({ runtime, form: "serve", title: `on ${runtime}, our server` }) as const),
  ...RUNTIMES.slice(HAS_GEARMAND ? -1 : RUNTIMES.length).map(
    (runtime) => ({ runtime, form: "real", title: `on ${runtime}, gearmand` }) as const,
  ),
];

/** Starts the target's server. */
export function startTarget({ runtime, form }: Target): Promise<ServerProcess> {
  return startServer(form === "real" ? { form } : { runtime });
}

/** What a command printed, and how it ended. */
export interface Ran {
  readonly status: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

/** A server as it is given to commands. */
export function addressOf(server: { readonly port: number }): string {
  return `127.0.0.1:${server.port}`;
}

/** The environment of a command that talks to these servers. */
export function environmentFor(servers: readonly string[]): Readonly<Record<string, string>> {
  return { PATH: SERVER_PATH, GEARWRIGHT_SERVERS: servers.join(",") };
}

/** Starts a shell line in which `$0` is the program under test. */
export function startLine(line: string, runtime: RuntimeName, servers: readonly string[]): Program {
  return new Program(["-c", line, BINARY], { runtime, program: "/bin/bash", environment: environmentFor(servers) });
}

/** Runs a shell line in which `$0` is the program under test, to its end. */
export async function runLine(line: string, runtime: RuntimeName, servers: readonly string[]): Promise<Ran> {
  await using program = startLine(line, runtime, servers);
  const status = await program.exit;
  return { status, stdout: program.stdout, stderr: program.stderr };
}
