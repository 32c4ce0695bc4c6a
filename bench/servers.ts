/** The job servers that are compared, and how each is started. */
import { execFileSync } from "node:child_process";
import { serverEnv, WITH_MANY_FILES } from "../test/harness/many-files.ts";
import { BINARY, RUNTIMES, type RuntimeName } from "../test/harness/runtimes.ts";
import { hasRealGearmand, REAL_GEARMAND, type ServerProcess, startServer } from "../test/harness/server-process.ts";

/** A server under comparison; `gearmand-buckets` is `-t 0` with a hash table for a million jobs. */
export type ServerName = "ours-bun" | "ours-node" | "gearmand-t0" | "gearmand-t4" | "gearmand-buckets";

/** The servers in the order of their columns. */
export const SERVER_NAMES: readonly ServerName[] = [
  "ours-bun",
  "ours-node",
  "gearmand-t0",
  "gearmand-t4",
  "gearmand-buckets",
];

interface ServerRow {
  readonly runtime?: RuntimeName;
  /** The command for loads; `{port}` and `{tmp}` are filled in. */
  readonly command: readonly string[];
}

const OURS = [BINARY, "serve", "--listen", "127.0.0.1", "--port", "{port}", "--store", "memory", "--http", "off"];
const GEARMAND = [
  REAL_GEARMAND,
  "-p",
  "{port}",
  "-L",
  "127.0.0.1",
  "-l",
  "stderr",
  "-P",
  "{tmp}/pid",
  "--backlog=4096",
];

const ROWS: Readonly<Record<ServerName, ServerRow>> = {
  "ours-bun": { runtime: "bun", command: OURS },
  "ours-node": { runtime: "node", command: OURS },
  "gearmand-t0": { command: [...GEARMAND, "-t", "0"] },
  "gearmand-t4": { command: [...GEARMAND, "-t", "4"] },
  "gearmand-buckets": { command: [...GEARMAND, "-t", "0", "--hashtable-buckets=1000003"] },
};

/** Whether it can be started on this machine. */
export function isInstalled(name: ServerName): boolean {
  const runtime = ROWS[name].runtime;
  return runtime === undefined ? hasRealGearmand() : RUNTIMES.includes(runtime);
}

/** The runtime of ours; undefined for gearmand. */
export function runtimeOf(name: ServerName): RuntimeName | undefined {
  return ROWS[name].runtime;
}

/** Starts a server on a free port; resolves once it accepts. */
export function startNamed(name: ServerName): Promise<ServerProcess> {
  const row = ROWS[name];
  return startServer({
    command: [...WITH_MANY_FILES, ...row.command],
    env: serverEnv(),
    ...(row.runtime === undefined ? {} : { runtime: row.runtime }),
  });
}

/** What gearmand says of its version. */
export function gearmandVersion(): string {
  if (!hasRealGearmand()) return "none";
  return execFileSync(REAL_GEARMAND, ["--version"], { encoding: "utf8" }).trim().split("\n")[0] ?? "unknown";
}
