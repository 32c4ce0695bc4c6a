/** The packages of npm that are compared: their versions, and how they come onto the machine. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT_FOLDER } from "../../test/harness/runtimes.ts";

/** What is installed, and in which version; winston is what gearmanode logs with. */
export const NPM_PEERS: Readonly<Record<string, string>> = {
  gearman: "2.1.0",
  gearmanode: "0.9.2",
  winston: "3.19.0",
  abraxas: "2.1.10",
  bullmq: "6.7.0",
  ioredis: "5.11.1",
};

/** Where they are: a folder that git ignores and `npm ci` clears. */
export const PEERS_FOLDER: string = join(ROOT_FOLDER, "node_modules", ".cache", "gearwright-bench");

const INSTALL_LIMIT_MS = 180_000;

/** Whether the package is there in the version of the table. */
export function isPeerInstalled(name: string, folder: string = PEERS_FOLDER): boolean {
  const file = join(folder, "node_modules", name, "package.json");
  if (!existsSync(file)) return false;
  const parsed: unknown = JSON.parse(readFileSync(file, "utf8"));
  return typeof parsed === "object" && parsed !== null && "version" in parsed && parsed.version === NPM_PEERS[name];
}

/** Installs what is missing, without its install scripts. Returns what npm said when it failed, else undefined. */
export function installNpmPeers(): string | undefined {
  if (Object.keys(NPM_PEERS).every((name) => isPeerInstalled(name))) return undefined;
  const wanted = Object.entries(NPM_PEERS).map(([name, version]) => `${name}@${version}`);
  const flags = [
    "--prefix",
    PEERS_FOLDER,
    "--no-save",
    "--no-package-lock",
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
  ];
  const run = spawnSync("npm", ["install", ...flags, ...wanted], { encoding: "utf8", timeout: INSTALL_LIMIT_MS });
  if (run.status === 0) return undefined;
  return run.error?.message ?? run.stderr.trim().split("\n").slice(-5).join("; ");
}
