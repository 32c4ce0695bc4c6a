/** What runs the program of a load, on each runtime that the libraries promise. */
import { join } from "node:path";
import { NODE_VERSIONS, type NodeMajor, nodeBinary } from "../harness/node-versions.ts";

/** A runtime of the libraries. */
export interface LibraryRuntime {
  /** E.g. `Node 20`. */
  readonly name: string;
  /** The binary and its flags. */
  readonly words: readonly string[];
}

/** The program of a load; Bun and the newest Node run it as it is. */
export const LOAD_PROGRAM: string = join(import.meta.dirname, "load-program.ts");

/** Memory is looked at after what is lying about was given back. */
const NODE_FLAGS = ["--expose-gc"];

/** The runtime of this process. */
export const BUN: LibraryRuntime = { name: "Bun", words: [process.execPath] };

/** The Nodes that the machine has or npm brings. */
export async function nodeRuntimes(): Promise<readonly LibraryRuntime[]> {
  const found: LibraryRuntime[] = [];
  for (const major of Object.keys(NODE_VERSIONS).map(Number) as NodeMajor[]) {
    const binary = await nodeBinary(major);
    if (binary !== undefined) found.push({ name: `Node ${major}`, words: [binary, ...NODE_FLAGS] });
  }
  return found;
}
