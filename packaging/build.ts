/**
 * Makes dist/, what the npm package runs: the library with its types, and the command line in one file.
 *
 * `bun packaging/build.ts [FOLDER]`; the folder is made anew. cli/main.js runs on Bun and on Node. Packages that it contains
 * are named in LICENSES.txt with their licences.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

const ROOT = join(import.meta.dirname, "..");
const DIST = resolve(process.argv[2] ?? join(ROOT, "dist"));

function compileLibrary(): void {
  const compiler = join(ROOT, "node_modules", ".bin", "tsc");
  const { status } = spawnSync(compiler, ["-p", "tsconfig.build.json", "--outDir", DIST], {
    cwd: ROOT,
    stdio: "inherit",
  });
  if (status !== 0) throw new Error("tsc failed");
}

/** Bundles the command line; answers the paths of the files that went into it. */
async function bundleProgram(): Promise<readonly string[]> {
  const result = await Bun.build({
    entrypoints: [join(ROOT, "src", "cli", "main.ts")],
    outdir: join(DIST, "cli"),
    root: join(ROOT, "src", "cli"),
    target: "node",
    format: "esm",
    metafile: true,
  });
  return Object.keys(result.metafile?.inputs ?? {});
}

/** The names of the npm packages among `paths`. */
function packagesIn(paths: readonly string[]): readonly string[] {
  const names = paths.map((path) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1]);
  return [...new Set(names.filter((name) => name !== undefined))].sort();
}

function licenceOf(name: string): string {
  const folder = join(ROOT, "node_modules", name);
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  if (file === undefined) throw new Error(`${name} has no licence file`);
  const { version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { readonly version: string };
  return `${name} ${version}\n\n${readFileSync(join(folder, file), "utf8").trim()}\n`;
}

rmSync(DIST, { recursive: true, force: true });
compileLibrary();
const inputs = await bundleProgram();
if (!inputs.some((path) => path.endsWith("src/cli/main.ts"))) throw new Error("the bundle does not say what is in it");
const packages = packagesIn(inputs);
const rule = `\n${"-".repeat(80)}\n\n`;
writeFileSync(
  join(DIST, "LICENSES.txt"),
  ["cli/main.js contains these packages.\n", ...packages.map(licenceOf)].join(rule),
);
for (const file of ["index.js", "index.d.ts", "cli/main.js"]) {
  if (!existsSync(join(DIST, file))) throw new Error(`${file} was not made`);
}
console.log(`${DIST} is made; bundled: ${packages.join(", ") || "nothing"}`);
