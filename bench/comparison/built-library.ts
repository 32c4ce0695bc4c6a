/** Our library as npm gets it: built by tsc into a folder of its own. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT_FOLDER } from "../../test/harness/runtimes.ts";

/** The built library; dispose it to remove its folder. */
export class BuiltLibrary implements Disposable {
  /** The module to import. */
  readonly module: string;
  readonly #folder: string;

  /** Throws with what tsc said when nothing was built. */
  constructor() {
    this.#folder = mkdtempSync(join(tmpdir(), "gearwright-bench-"));
    this.module = join(this.#folder, "index.js");
    const tsc = join(ROOT_FOLDER, "node_modules", ".bin", "tsc");
    const run = spawnSync(tsc, ["-p", join(ROOT_FOLDER, "tsconfig.build.json"), "--outDir", this.#folder], {
      encoding: "utf8",
    });
    writeFileSync(join(this.#folder, "package.json"), JSON.stringify({ type: "module" }));
    if (existsSync(this.module)) return;
    this[Symbol.dispose]();
    throw new Error(`tsc built nothing: ${run.stdout}`);
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
