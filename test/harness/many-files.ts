/** Servers and tests with thousands of connections: open files, and how many the machine allows. */
import { execFileSync } from "node:child_process";
import { BINARY, type RuntimeName } from "./runtimes.ts";
import { type ServerProcess, startServer } from "./server-process.ts";

/** Goes before a command: as many open files as the machine allows; the process id stays the command's. */
export const WITH_MANY_FILES: readonly string[] = ["/bin/sh", "-c", 'ulimit -n "$(ulimit -Hn)"; exec "$@"', "sh"];

/** Files that a process on this machine may open at most; Infinity where there is no limit. */
export function openFilesMax(): number {
  const text = execFileSync("/bin/sh", ["-c", "ulimit -Hn"], { encoding: "utf8" }).trim();
  return text === "unlimited" ? Number.POSITIVE_INFINITY : Number(text);
}

/**
 * Empties what speaks to tests: a server takes every GEARWRIGHT_ variable for a setting of its own, and an empty one for none.
 */
export function serverEnv(): Record<string, string> {
  const names = Object.keys(process.env).filter((name) => /^GEARWRIGHT_(TEST|FUZZ|SOAK)_/.test(name));
  return Object.fromEntries(names.map((name) => [name, ""]));
}

/** What to serve with. */
export interface ServeOptions {
  /** Default: what bin/gearwright chooses. */
  readonly runtime?: RuntimeName;
  /** More flags of `serve`. */
  readonly flags?: readonly string[];
  /** Another program with the command line of bin/gearwright. */
  readonly binary?: string;
}

/** Starts ours in `serve` form with the store in memory and as many open files as there can be. */
export function serveMany(options: ServeOptions = {}): Promise<ServerProcess> {
  const serve = ["serve", "--listen", "127.0.0.1", "--port", "{port}", "--store", "memory", "--http", "off"];
  return startServer({
    command: [...WITH_MANY_FILES, options.binary ?? BINARY, ...serve, ...(options.flags ?? [])],
    env: serverEnv(),
    ...(options.runtime === undefined ? {} : { runtime: options.runtime }),
  });
}
