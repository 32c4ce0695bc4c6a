/** The package as users install it: built, packed, and installed by npm in an empty folder, without the network. */
import { execFile } from "node:child_process";
import { statSync } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** What of the checkout can come into the package besides dist/; `files` in package.json chooses among it. */
const PARTS = ["package.json", "bin", "docs", "src", "README.md", "CHANGELOG.md", "LICENSE"];

/** npm packages of the checkout that stand beside the installed one, as for a user who has installed a runtime with it. */
const RUNTIME_PACKAGES = ["bun", "node"];

/** An installed package; its folder is removed when it is disposed of. */
export interface InstalledPackage extends AsyncDisposable {
  /** The folder with node_modules/. */
  readonly folder: string;
  /** The program as npm links it. */
  readonly binary: string;
  /** Paths of the files in the tarball, sorted. */
  readonly files: readonly string[];
  /** What npm downloads, and what lies on the disk then, bytes. */
  readonly packedBytes: number;
  readonly unpackedBytes: number;
}

/** The environment without what `npm test` tells its scripts, which would lead npm back to the checkout. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_|^INIT_CWD$/i.test(name)));
}

async function npm(folder: string, args: readonly string[]): Promise<string> {
  const quiet = ["--no-audit", "--no-fund", "--no-update-notifier", "--ignore-scripts", "--offline"];
  const { stdout } = await run("npm", [...args, ...quiet], { cwd: folder, env: cleanEnvironment() });
  return stdout;
}

/** What these files hold together, bytes. */
export function bytesOf(paths: readonly string[]): number {
  return paths.reduce((sum, path) => sum + statSync(path).size, 0);
}

/** Builds, packs and installs the checkout at `root`; the checkout stays as it is. */
export async function installedPackage(root: string): Promise<InstalledPackage> {
  const folder = await mkdtemp(join(tmpdir(), "gearwright-package-"));
  const source = join(folder, "source");
  await mkdir(source);
  for (const part of PARTS) await cp(join(root, part), join(source, part), { recursive: true });
  await run(process.execPath, [join(root, "packaging", "build.ts"), join(source, "dist")], { cwd: root });
  await npm(source, ["pack", "--pack-destination", folder]);
  const tarball = (await readdir(folder)).find((name) => name.endsWith(".tgz"));
  if (tarball === undefined) throw new Error("npm pack made no tarball");
  const { stdout } = await run("tar", ["-tzf", join(folder, tarball)]);
  const files = stdout.trim().split("\n").sort();
  await writeFile(join(folder, "package.json"), "{}\n");
  await npm(folder, ["install", join(folder, tarball)]);
  for (const name of RUNTIME_PACKAGES) {
    await symlink(join(root, "node_modules", name), join(folder, "node_modules", name));
  }
  return {
    folder,
    binary: join(folder, "node_modules", ".bin", "gearwright"),
    files,
    packedBytes: statSync(join(folder, tarball)).size,
    unpackedBytes: bytesOf(
      files.map((path) => join(folder, "node_modules/gearwright", path.replace(/^package\//, ""))),
    ),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}
