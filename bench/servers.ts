/** The servers that are compared, and how each is started. */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { serverEnv, WITH_MANY_FILES } from "../test/harness/many-files.ts";
import { BINARY, RUNTIMES, type RuntimeName } from "../test/harness/runtimes.ts";
import { REAL_GEARMAND, type ServerProcess, startServer } from "../test/harness/server-process.ts";

/** How one server is started and named. */
export interface ServerRow {
  /** What the report calls it. */
  readonly title: string;
  /** The runtime of ours. */
  readonly runtime?: RuntimeName;
  /** The command for loads; `{port}` and `{tmp}` are filled in. */
  readonly command: readonly string[];
  /** Prints its version; undefined for ours. */
  readonly versionCommand?: readonly string[];
  /** The Debian package that brings it. */
  readonly debianPackage?: string;
}

const OURS = [BINARY, "serve", "--listen", "127.0.0.1", "--port", "{port}", "--store", "memory", "--http", "off"];
const PERL_GEARMAND = "/usr/bin/gearmand";
const BEANSTALKD = "/usr/bin/beanstalkd";
const REDIS = "/usr/bin/redis-server";

/** gearmand with these flags added. */
function gearmand(...flags: readonly string[]): Pick<ServerRow, "command" | "versionCommand" | "debianPackage"> {
  const address = ["-p", "{port}", "-L", "127.0.0.1", "-l", "stderr", "-P", "{tmp}/pid"];
  return {
    command: [REAL_GEARMAND, ...address, "--backlog=4096", ...flags],
    versionCommand: [REAL_GEARMAND, "--version"],
    debianPackage: "gearman-job-server",
  };
}

const ROWS = {
  "ours-bun": { title: "ours on Bun", runtime: "bun", command: OURS },
  "ours-node": { title: "ours on Node", runtime: "node", command: OURS },
  "gearmand-t0": { title: "gearmand -t 0", ...gearmand("-t", "0") },
  "gearmand-t4": { title: "gearmand -t 4", ...gearmand("-t", "4") },
  /** With a hash table for a million jobs. */
  "gearmand-buckets": { title: "gearmand -t 0, buckets", ...gearmand("-t", "0", "--hashtable-buckets=1000003") },
  "perl-server": {
    title: "Perl Gearman::Server",
    command: [PERL_GEARMAND, "--port={port}", "--listen=127.0.0.1"],
    versionCommand: [PERL_GEARMAND, "--version"],
    debianPackage: "gearman-server",
  },
  beanstalkd: {
    title: "beanstalkd",
    command: [BEANSTALKD, "-l", "127.0.0.1", "-p", "{port}"],
    versionCommand: [BEANSTALKD, "-v"],
    debianPackage: "beanstalkd",
  },
  redis: {
    title: "Redis with BullMQ",
    command: [REDIS, "--bind", "127.0.0.1", "--port", "{port}", "--dir", "{tmp}", "--save", "", "--appendonly", "no"],
    versionCommand: [REDIS, "--version"],
    debianPackage: "redis-server",
  },
} as const satisfies Readonly<Record<string, ServerRow>>;

/** A server under comparison. */
export type ServerName = keyof typeof ROWS;

/** Every server, in the order of the columns. */
export const SERVERS: Readonly<Record<ServerName, ServerRow>> = ROWS;

/** Whether it can be started on this machine. */
export function isInstalled(name: ServerName): boolean {
  const { runtime, command } = SERVERS[name];
  return runtime === undefined ? existsSync(command[0] ?? "") : RUNTIMES.includes(runtime);
}

/** Starts a server on a free port; resolves once it accepts. */
export function startNamed(name: ServerName): Promise<ServerProcess> {
  const row = SERVERS[name];
  return startServer({
    command: [...WITH_MANY_FILES, ...row.command],
    env: serverEnv(),
    ...(row.runtime === undefined ? {} : { runtime: row.runtime }),
  });
}

/** What a server says of itself, its name and version; "none" where it is not installed. */
export function versionOf(name: ServerName): string {
  const [program = "", ...args] = SERVERS[name].versionCommand ?? [];
  if (program === "" || !isInstalled(name)) return "none";
  const line = execFileSync(program, args, { encoding: "utf8" }).trim().split("\n")[0] ?? "unknown";
  return /^.*?\d+(\.\d+)+\S*/.exec(line)?.[0] ?? line;
}
