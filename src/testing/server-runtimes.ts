/** Which runtimes can run the job server, and where one is found when this process is none; bin/gearwright looks alike. */
import { execFile } from "node:child_process";
import { delimiter, join } from "node:path";

interface Runtime {
  readonly name: "bun" | "node";
  /** The oldest version that serves: major, minor. */
  readonly version: readonly [number, number];
  /** The program in the npm package of that name. */
  readonly packaged: string;
  /** Keep what lies in the folder of the tests (.env, bunfig.toml) away from the server, and warnings from the terminal. */
  readonly flags: readonly string[];
}

const RUNTIMES: readonly Runtime[] = [
  {
    name: "bun",
    version: [1, 4],
    packaged: "bun/bin/bun.exe",
    flags: ["--no-env-file", "--no-install", "--config=/dev/null"],
  },
  { name: "node", version: [24, 0], packaged: "node/bin/node", flags: ["--disable-warning=ExperimentalWarning"] },
];

/** Variables that say how our own runtime is run; another does not know all of their words. */
const OWN_VARIABLES: ReadonlySet<string> = new Set(["NODE_OPTIONS", "NODE_V8_COVERAGE", "BUN_OPTIONS"]);

/** How long a program may take to say its version, ms. */
const VERSION_MS_MAX = 20_000;

/** A program that can run the job server, with its flags. */
export interface FoundRuntime {
  readonly program: string;
  readonly flags: readonly string[];
}

/** Whether this process can run the job server itself. */
export function canServeHere(): boolean {
  const bun = process.versions["bun"];
  const name = bun === undefined ? "node" : "bun";
  const runtime = RUNTIMES.find((one) => one.name === name);
  return runtime !== undefined && isAtLeast(bun ?? process.versions.node, runtime.version);
}

/**
 * The first program that can run the job server; undefined: there is none.
 *
 * Looked for in npm packages beside this one, on PATH and in node_modules of the working folder; the environment variable
 * GEARWRIGHT_RUNTIME, `bun` or `node`, chooses.
 */
export async function findRuntime(packageFolder: string): Promise<FoundRuntime | undefined> {
  const wanted = process.env["GEARWRIGHT_RUNTIME"] ?? "";
  for (const runtime of RUNTIMES) {
    if (wanted !== "" && wanted !== runtime.name) continue;
    for (const program of placesOf(runtime, packageFolder)) {
      const version = await versionOf(program);
      if (version !== undefined && isAtLeast(version, runtime.version)) return { program, flags: runtime.flags };
    }
  }
  return undefined;
}

/** The environment for a runtime other than our own. */
export function foreignEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !OWN_VARIABLES.has(name)));
}

function placesOf({ name, packaged }: Runtime, packageFolder: string): ReadonlySet<string> {
  const path = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  return new Set([
    join(packageFolder, "node_modules", packaged),
    join(packageFolder, "..", packaged),
    ...path.map((folder) => join(folder, name)),
    join(process.cwd(), "node_modules", ".bin", name),
  ]);
}

/** What `program --version` says; undefined: it cannot be run. */
function versionOf(program: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(program, ["--version"], { timeout: VERSION_MS_MAX, env: foreignEnvironment() }, (error, output) =>
      resolve(error === null ? output.trim() : undefined),
    );
  });
}

function isAtLeast(version: string, [major, minor]: readonly [number, number]): boolean {
  const parts = /^v?(\d+)\.(\d+)/.exec(version);
  if (parts === null) return false;
  const found = Number(parts[1]);
  return found > major || (found === major && Number(parts[2]) >= minor);
}
