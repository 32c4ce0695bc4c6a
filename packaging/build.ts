/**
 * Makes dist/, what the npm package runs: the library with its types, the command line in one file, and beside the library's
 * testing/ the job server that it loads when a test wants one.
 *
 * `bun packaging/build.ts [FOLDER]`; the folder is made anew. The library runs on Node 20, what has the job server in it on Bun
 * and on Node 24. Packages that cli/main.js contains are named in LICENSES.txt with their licences.
 */
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

const ROOT = join(import.meta.dirname, "..");
const DIST = resolve(process.argv[2] ?? join(ROOT, "dist"));
/** The types of the entry points in package.json. */
const TYPE_ENTRIES: readonly string[] = ["index.d.ts", "testing/start-test-server.d.ts"];

function compileLibrary(): void {
  const compiler = join(ROOT, "node_modules", ".bin", "tsc");
  const { status } = spawnSync(compiler, ["-p", "tsconfig.build.json", "--outDir", DIST], {
    cwd: ROOT,
    stdio: "inherit",
  });
  if (status !== 0) throw new Error("tsc failed");
}

/** Makes the types fit for every project: relative imports as every compiler reads them, and what a project's `lib` may lack. */
function finishTypes(): void {
  const files = readdirSync(DIST, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".d.ts"));
  for (const file of files) {
    const types = readFileSync(join(DIST, file), "utf8");
    const ambient = relative(dirname(file), "ambient.d.ts");
    const opening = TYPE_ENTRIES.includes(file) ? `/// <reference path="${ambient}" />\n` : "";
    writeFileSync(join(DIST, file), opening + types.replace(/((?:from |import\()"\.{1,2}\/[^"]+)\.ts"/g, '$1.js"'));
  }
  copyFileSync(join(import.meta.dirname, "ambient.d.ts"), join(DIST, "ambient.d.ts"));
}

/** Bundles entry points of one folder of src, with chunks for what they share; answers the paths of the files that went in. */
async function bundle(folder: string, entries: readonly string[], hasChunks: boolean): Promise<readonly string[]> {
  const result = await Bun.build({
    entrypoints: entries.map((entry) => join(ROOT, "src", folder, entry)),
    outdir: join(DIST, folder),
    root: join(ROOT, "src", folder),
    target: "node",
    format: "esm",
    splitting: hasChunks,
    metafile: true,
  });
  const inputs = Object.keys(result.metafile?.inputs ?? {});
  for (const entry of entries) {
    if (!inputs.some((path) => path.endsWith(`src/${folder}/${entry}`)))
      throw new Error(`${entry} is not in its bundle`);
  }
  return inputs;
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
finishTypes();
const serverInputs = await bundle("testing", ["open-test-server.ts", "child-program.ts"], true);
if (packagesIn(serverInputs).length > 0)
  throw new Error(`the test server contains ${packagesIn(serverInputs).join(", ")}`);
const packages = packagesIn(await bundle("cli", ["main.ts"], false));
const rule = `\n${"-".repeat(80)}\n\n`;
writeFileSync(
  join(DIST, "LICENSES.txt"),
  ["cli/main.js contains these packages.\n", ...packages.map(licenceOf)].join(rule),
);
for (const file of [
  "index.js",
  "index.d.ts",
  "testing/start-test-server.js",
  "testing/open-test-server.js",
  "cli/main.js",
]) {
  if (!existsSync(join(DIST, file))) throw new Error(`${file} was not made`);
}
console.log(`${DIST} is made; bundled: ${packages.join(", ") || "nothing"}`);
