/** Comments that must be there, and texts that must not. */
import { blanked } from "./blanked.ts";
import { type Finding, lineAt, type SourceFile, typescriptIn } from "./source-file.ts";

const EXPORT = /^export (?:declare |abstract |async )*(?:class|interface|type|function\*?|const|let)\b(?! \*| \{)/;

/** Every TypeScript file opens with a doc comment that says what it is. */
export function openingFindings(files: readonly SourceFile[]): readonly Finding[] {
  return typescriptIn(files, "src", "test", "bench", "packaging")
    .filter(({ text }) => !/^\/\*\*[ \n][\s\S]*?[\w`)][\s\S]*?\*\//.test(text))
    .map(({ path }) => `${path}:1: no doc comment says what this file is`);
}

/** Everything that src exports has a docstring of its own; the one that opens the file is the file's. */
export function docstringFindings(files: readonly SourceFile[]): readonly Finding[] {
  return typescriptIn(files, "src").flatMap(({ path, text }) => {
    const lines = text.split("\n");
    const code = blanked(text, { strings: true }).split("\n");
    const openingEnd = lines.findIndex((line) => line.includes("*/"));
    return code.flatMap((line, index) => {
      if (!EXPORT.test(line)) return [];
      let above = index - 1;
      while (/^\/\/ biome-ignore/.test(lines[above] ?? "")) above--;
      const hasOne = (lines[above] ?? "").endsWith("*/") && above !== openingEnd;
      // Overloads are one function with one docstring.
      const name = /function (\w+)/.exec(line)?.[1];
      const isOverload = name !== undefined && (code[index - 1] ?? "").startsWith(`export function ${name}`);
      return hasOne || isOverload ? [] : [`${path}:${index + 1}: no docstring: ${line}`];
    });
  });
}

/** No default export. */
export function defaultExportFindings(files: readonly SourceFile[]): readonly Finding[] {
  return typescriptIn(files, "src", "test", "bench", "packaging").flatMap(({ path, text }) => {
    const code = blanked(text, { strings: true });
    return [...code.matchAll(/^export (?:default\b|\{[^}]*\bas default\b|\* from)/gm)].map(
      (match) => `${path}:${lineAt(code, match.index)}: ${match[0]}`,
    );
  });
}

/** Work that is left has the number of its issue. */
export function unfinishedFindings(files: readonly SourceFile[]): readonly Finding[] {
  return files.flatMap(({ path, text }) =>
    [...text.matchAll(/\b(?:TO[D]O|FIX[M]E)\b(?!\s*\(?#\d)/g)].map(
      (match) => `${path}:${lineAt(text, match.index)}: ${match[0]} without the number of an issue`,
    ),
  );
}

/** No path of the machine on which it was written. */
export function machinePathFindings(files: readonly SourceFile[]): readonly Finding[] {
  return files.flatMap(({ path, text }) =>
    [...text.matchAll(/(?<![\w.$}~-])\/(?:work|root|home|Users)\/[\w.-]+/g)].map(
      (match) => `${path}:${lineAt(text, match.index)}: ${match[0]}`,
    ),
  );
}

const GENERATED = /<!-- (?:begin |generated: )([\w-]+)/g;

/** Every generated part of a document has a test that names the document and the part. */
export function generatedPartFindings(files: readonly SourceFile[]): readonly Finding[] {
  const tests = typescriptIn(files, "test");
  return files
    .filter(({ path }) => path.endsWith(".md"))
    .flatMap(({ path, text }) =>
      [...text.matchAll(GENERATED)]
        .filter(([, name = ""]) => !tests.some((test) => test.text.includes(path) && test.text.includes(name)))
        .map((match) => `${path}:${lineAt(text, match.index)}: no test sees whether ${match[1]} is stale`),
    );
}

/** Every relative link of a document leads to a file or folder. */
export function linkFindings(files: readonly SourceFile[]): readonly Finding[] {
  const known = new Set(files.map(({ path }) => path));
  const isThere = (path: string) =>
    known.has(path) || files.some((file) => file.path.startsWith(`${path.replace(/\/$/, "")}/`));
  return files
    .filter(({ path }) => path.endsWith(".md"))
    .flatMap(({ path, text }) =>
      [...text.matchAll(/\]\((?!https?:|mailto:|#)([^)#\s]+)(?:#[^)]*)?\)/g)]
        .filter(([, target = ""]) => !isThere(new URL(target, `file:///${path}`).pathname.slice(1)))
        .map((match) => `${path}:${lineAt(text, match.index)}: ${match[1]} is not there`),
    );
}
