/** The client libraries that are compared: the columns, and how each is run. */
import type { RuntimeName } from "../../test/harness/runtimes.ts";

/** A client library on a runtime. */
export interface LibraryColumn {
  readonly name: string;
  readonly title: string;
  /** A library of bench/programs/ on this runtime; undefined for libgearman. */
  readonly runtime?: RuntimeName;
  /** Its adapter's name. */
  readonly library: string;
  /** A package of npm that somebody else wrote. */
  readonly isNpmPeer?: boolean;
  /** Its submits are one at a time too. */
  readonly isOneAtATime?: boolean;
  /** The loads that it has; default all. */
  readonly loads?: readonly LibraryMeasure[];
}

/** The loads on a library. */
export type LibraryMeasure = "echo1" | "echo64" | "submit" | "work1" | "work16";

// biome-ignore format: a table
/** Every column, in order. */
export const LIBRARY_COLUMNS: readonly LibraryColumn[] = [
  { name: "ours-node",        title: "ours on Node",            runtime: "node", library: "ours" },
  { name: "ours-bun",         title: "ours on Bun",             runtime: "bun",  library: "ours" },
  { name: "gearman",          title: "npm gearman",             runtime: "node", library: "gearman",    isNpmPeer: true },
  { name: "gearmanode",       title: "npm gearmanode",          runtime: "node", library: "gearmanode", isNpmPeer: true },
  { name: "abraxas",          title: "npm abraxas",             runtime: "node", library: "abraxas",    isNpmPeer: true },
  { name: "libgearman",       title: "libgearman, one at a time",                library: "libgearman", isOneAtATime: true, loads: ["echo1", "submit", "work1"] },
  { name: "libgearman-tasks", title: "libgearman, 64 by run_tasks",              library: "libgearman", loads: ["echo64", "submit"] },
];
