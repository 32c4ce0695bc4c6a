/** Compiles a program of the tests together with the library, by the options with which the package is built. */
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { promisify } from "node:util";
import { ROOT_FOLDER } from "./runtimes.ts";

const run = promisify(execFile);

/** How long the compiler may take, ms. */
const COMPILE_LIMIT_MS = 120_000;

/** A compiled program; its folder is removed when it is disposed of. */
export interface CompiledProgram extends AsyncDisposable {
  /** The program as plain JavaScript, for every runtime. */
  readonly path: string;
}

/**
 * Compiles `source` (an absolute path in the checkout) and all that it imports, as JavaScript in an empty folder.
 *
 * Types are not looked at: `npm run check` does that. Throws with what the compiler says.
 */
export async function compiledProgram(source: string): Promise<CompiledProgram> {
  const folder = await mkdtemp(join(tmpdir(), "gearwright-compiled-"));
  const settings = {
    extends: join(ROOT_FOLDER, "tsconfig.build.json"),
    compilerOptions: {
      noCheck: true,
      declaration: false,
      rootDir: ROOT_FOLDER,
      outDir: join(folder, "out"),
      typeRoots: [join(ROOT_FOLDER, "node_modules", "@types")],
    },
    files: [source],
  };
  await writeFile(join(folder, "tsconfig.json"), JSON.stringify(settings));
  await writeFile(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  try {
    const compiler = join(ROOT_FOLDER, "node_modules", ".bin", "tsc");
    await run(compiler, ["-p", join(folder, "tsconfig.json")], { cwd: folder, timeout: COMPILE_LIMIT_MS });
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    const { stdout } = error as { readonly stdout?: string };
    throw new Error(`${source} does not compile: ${stdout ?? String(error)}`, { cause: error });
  }
  return {
    path: join(folder, "out", relative(ROOT_FOLDER, source).replace(/\.ts$/, ".js")),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}
