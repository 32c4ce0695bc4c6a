/** A copy of the server with a fault in it, to see whether a test would find it. */
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT_FOLDER } from "./runtimes.ts";

/** A change of one place of the source. */
export interface PlantedFault {
  /** What is wrong then, in words. */
  readonly name: string;
  /** A file below the checkout. */
  readonly file: string;
  /** The place; must match exactly once. */
  readonly from: RegExp;
  readonly to: string;
}

/** The copy lives in a folder of its own until it is disposed. */
export class PlantedCopy implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), "gearwright-planted-"));
  /** Has the command line of bin/gearwright. */
  readonly binary: string;

  /** Throws when the place of the fault is not found exactly once. */
  constructor(fault: PlantedFault) {
    const places = [...readFileSync(join(ROOT_FOLDER, fault.file), "utf8").matchAll(new RegExp(fault.from, "g"))]
      .length;
    if (places !== 1) throw new Error(`${fault.name}: ${places} places match in ${fault.file}`);
    for (const part of ["src", "bin", "package.json"]) {
      cpSync(join(ROOT_FOLDER, part), join(this.#folder, part), { recursive: true });
    }
    symlinkSync(join(ROOT_FOLDER, "node_modules"), join(this.#folder, "node_modules"));
    const path = join(this.#folder, fault.file);
    writeFileSync(path, readFileSync(path, "utf8").replace(fault.from, fault.to));
    this.binary = join(this.#folder, "bin", "gearwright");
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
