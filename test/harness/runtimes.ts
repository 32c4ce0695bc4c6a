/** Which binary is under test, and the runtimes on which black-box suites run it. */
import { existsSync } from "node:fs";
import { join } from "node:path";

/** A runtime of the job server. */
export type RuntimeName = "bun" | "node";

/** The folder of the checkout. */
export const ROOT_FOLDER: string = join(import.meta.dirname, "..", "..");

/** The program under test: `bin/gearwright` of the checkout, or what GEARWRIGHT_TEST_BIN names. */
export const BINARY: string = process.env["GEARWRIGHT_TEST_BIN"] ?? join(ROOT_FOLDER, "bin", "gearwright");

/** PATH for servers under test: the runtimes that npm installed stand first. */
export const SERVER_PATH = `${join(ROOT_FOLDER, "node_modules", ".bin")}:${process.env["PATH"] ?? "/usr/bin:/bin"}`;

function wantedRuntimes(): readonly RuntimeName[] {
  const words = (process.env["GEARWRIGHT_TEST_RUNTIMES"] ?? "bun,node").split(",").map((word) => word.trim());
  return words.map((word) => {
    if (word !== "bun" && word !== "node") throw new Error(`GEARWRIGHT_TEST_RUNTIMES: no such runtime: ${word}`);
    if (!SERVER_PATH.split(":").some((folder) => existsSync(join(folder, word)))) {
      throw new Error(`GEARWRIGHT_TEST_RUNTIMES: ${word} is not installed; npm ci brings it`);
    }
    return word;
  });
}

/** The runtimes under test, from GEARWRIGHT_TEST_RUNTIMES (default `bun,node`); throws when one is not installed. */
export const RUNTIMES: readonly RuntimeName[] = wantedRuntimes();
