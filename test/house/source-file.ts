/** A file of the checkout as the rules see it. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** A file and its text. */
export interface SourceFile {
  /** Path in the checkout, with slashes. */
  readonly path: string;
  readonly text: string;
}

/** What a rule found: `path:line: what is wrong`. */
export type Finding = string;

/** A rule looks at all files at once. */
export type Rule = (files: readonly SourceFile[]) => readonly Finding[];

/** Folders and files that the rules look at, from the top of the checkout. */
const TOPS = ["src", "test", "bench", "packaging", "examples", "docs", "bin", ".ci"];
const TOP_FILES = /^[^.].*\.(md|json)$|^LICENSE$/;
const LEFT_OUT = /^package-lock\.json$/;

function paths(root: string): readonly string[] {
  const entries = readdirSync(root, { withFileTypes: true });
  const top = entries.filter((entry) => entry.isFile() && TOP_FILES.test(entry.name) && !LEFT_OUT.test(entry.name));
  const below = TOPS.filter((folder) => entries.some((entry) => entry.name === folder)).flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1)),
  );
  return [...top.map((entry) => entry.name), ...below].sort();
}

/** Every file of the checkout at `root` that the rules look at. */
export function sourceFiles(root: string): readonly SourceFile[] {
  return paths(root).map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }));
}

/** Only our TypeScript below one of `folders`. */
export function typescriptIn(files: readonly SourceFile[], ...folders: readonly string[]): readonly SourceFile[] {
  return files.filter(({ path }) => path.endsWith(".ts") && folders.some((folder) => path.startsWith(`${folder}/`)));
}

/** The number of the line in which `index` lies, from 1. */
export function lineAt(text: string, index: number): number {
  return text.slice(0, index).split("\n").length;
}
