/** Which modules a TypeScript file names: imports of values and of types, re-exports, `import()` and types by `import()`. */
import { posix } from "node:path";
import { blanked } from "./blanked.ts";
import { lineAt, type SourceFile } from "./source-file.ts";

/** One module that a file names. */
export interface Import {
  readonly path: string;
  readonly line: number;
  /** As it is written, e.g. `../base/limits.ts` or `node:net`. */
  readonly specifier: string;
  /** The file of the checkout, e.g. `src/base/limits.ts`; undefined for a package or a module of the runtime. */
  readonly target: string | undefined;
}

const SPECIFIER = /(?<![.\w$#])(?:from\s*|import\s*\(?\s*|require\s*\(\s*)(["'`])([^"'`\n]+)\1/g;

/** Every module that `file` names. */
export function importsOf(file: SourceFile): readonly Import[] {
  const text = blanked(file.text, { strings: false });
  const code = blanked(file.text, { strings: true });
  const found: Import[] = [];
  for (const match of text.matchAll(SPECIFIER)) {
    // Inside a string there is no keyword in the blanked code.
    if (!/^(from|import|require)/.test(code.slice(match.index))) continue;
    const specifier = match[2] ?? "";
    const isFile = specifier.startsWith(".");
    found.push({
      path: file.path,
      line: lineAt(text, match.index),
      specifier,
      target: isFile ? posix.join(posix.dirname(file.path), specifier) : undefined,
    });
  }
  return found;
}
