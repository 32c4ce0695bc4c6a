/** Which modules an import really loads on a Node, traced by hooks of its loader, and what they import. */
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);

const HOOKS = `
  import { writeSync } from "node:fs";
  export async function resolve(specifier, context, next) {
    const { url } = await next(specifier, context);
    writeSync(1, JSON.stringify({ specifier, url }) + "\\n");
    return next(specifier, context);
  }
`;

const PROGRAM = `
  import { register } from "node:module";
  register("./hooks.mjs", import.meta.url);
  await import(process.argv[2]);
`;

/** What an import loaded. */
export interface LoadedModules {
  /** Paths of the files, each once. */
  readonly files: readonly string[];
  /** What is no file of the library, as it was written, each once, e.g. `node:net`. */
  readonly others: readonly string[];
}

/** Imports `name` from below `folder` on the Node `node` (20 or newer); throws when it cannot be imported. */
export async function loadedModules(
  node: string,
  options: { readonly folder: string; readonly name: string },
): Promise<LoadedModules> {
  const place = await mkdtemp(join(options.folder, "trace-"));
  try {
    await writeFile(join(place, "hooks.mjs"), HOOKS);
    await writeFile(join(place, "program.mjs"), PROGRAM);
    const { stdout } = await run(node, [join(place, "program.mjs"), options.name]);
    const found = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { readonly specifier: string; readonly url: string });
    const isFile = (url: string) => url.startsWith("file:");
    return {
      files: [...new Set(found.filter(({ url }) => isFile(url)).map(({ url }) => fileURLToPath(url)))],
      others: [...new Set(found.filter(({ url }) => !isFile(url)).map(({ specifier }) => specifier))].sort(),
    };
  } finally {
    await rm(place, { recursive: true, force: true });
  }
}
