/**
 * Finds a Node of each major version that the client and worker libraries promise to run on.
 *
 * What the machine or npm has already is taken; else the npm package `node-PLATFORM-ARCH` is installed below
 * node_modules/.cache, from where `npm ci` clears it.
 */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { arePeersRequired } from "../interop/packages.ts";
import { ROOT_FOLDER } from "./runtimes.ts";

const run = promisify(execFile);

/** The majors under test, and the version that is installed where none of them is there. */
export const NODE_VERSIONS = { 20: "20.20.2", 24: "24.21.0", 26: "26.10.0" } as const;

/** A major version under test. */
export type NodeMajor = keyof typeof NODE_VERSIONS;

/** How long npm may take, ms. */
const INSTALL_LIMIT_MS = 300_000;
/** How long a binary may take to tell its version, ms. */
const VERSION_LIMIT_MS = 20_000;

async function majorOf(binary: string): Promise<number | undefined> {
  try {
    const { stdout } = await run(binary, ["--version"], { timeout: VERSION_LIMIT_MS });
    const major = /^v(\d+)\./.exec(stdout)?.[1];
    return major === undefined ? undefined : Number(major);
  } catch {
    return undefined;
  }
}

/** Every `node` that a shell would find, and npm's own. */
function installedBinaries(): readonly string[] {
  const folders = [...(process.env["PATH"] ?? "").split(":"), join(ROOT_FOLDER, "node_modules", ".bin")];
  return [...new Set(folders)].map((folder) => join(folder, "node")).filter((binary) => existsSync(binary));
}

/** The environment without what `npm test` tells its scripts, which would lead npm to the checkout. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_|^INIT_CWD$/i.test(name)));
}

/**
 * Installs `name` at `version` into a folder of its own below `cache` and resolves with that folder.
 *
 * It appears there whole or not at all, also when two do it at once. Rejects when npm cannot get it.
 */
async function installInto(cache: string, name: string, version: string): Promise<string> {
  const folder = join(cache, `${name}-${version}`);
  if (existsSync(folder)) return folder;
  await mkdir(cache, { recursive: true });
  const made = await mkdtemp(join(cache, "making-"));
  try {
    const quiet = ["--no-save", "--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts"];
    await run("npm", ["install", "--prefix", made, ...quiet, `${name}@${version}`], {
      cwd: tmpdir(),
      env: cleanEnvironment(),
      timeout: INSTALL_LIMIT_MS,
    });
    await rename(made, folder);
  } catch (error) {
    await rm(made, { recursive: true, force: true });
    // Another suite may have been faster.
    if (!existsSync(folder)) throw error;
  }
  return folder;
}

async function installed(major: NodeMajor): Promise<string> {
  const name = `node-${process.platform}-${process.arch}`;
  const cache = join(ROOT_FOLDER, "node_modules", ".cache", "gearwright-node");
  const binary = join(await installInto(cache, name, NODE_VERSIONS[major]), "node_modules", name, "bin", "node");
  if ((await majorOf(binary)) !== major) throw new Error(`${binary} is no Node ${major}`);
  return binary;
}

/**
 * Resolves with the path of a Node of this major version.
 *
 * Where none can be had it says so on stderr and resolves with undefined, or rejects where peers are required (CI=true or
 * GEARWRIGHT_TEST_REQUIRE=1).
 */
export async function nodeBinary(major: NodeMajor): Promise<string | undefined> {
  for (const binary of installedBinaries()) if ((await majorOf(binary)) === major) return binary;
  try {
    return await installed(major);
  } catch (error) {
    const line = `tests on Node ${major}: it is not there, and npm could not bring it: ${String(error)}`;
    if (arePeersRequired()) throw new Error(line, { cause: error });
    console.warn(`skipped: ${line}`);
    return undefined;
  }
}
