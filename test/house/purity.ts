/** What the deterministic folders must not touch, and where the Bun global may be used. */
import { blanked } from "./blanked.ts";
import { importsOf } from "./imports.ts";
import { type Finding, lineAt, type SourceFile, typescriptIn } from "./source-file.ts";

/** Folders without clock, chance, timer and runtime. */
const PURE = ["src/protocol", "src/job"];

const IMPURE_WORDS =
  /(?<![.\w$#])(Date|Intl|performance|process|crypto|fetch|console|Bun|Deno|setTimeout|setInterval|setImmediate|queueMicrotask|Promise)\b(?!\s*\??:)|\bMath\.random\b|\b(?:async|await)\b/g;

const BUN_PLACES = ["src/server/listener-bun.ts"];

function wordFindings(file: SourceFile, words: RegExp, reason: string): readonly Finding[] {
  const code = blanked(file.text, { strings: true });
  return [...code.matchAll(words)].map((match) => `${file.path}:${lineAt(code, match.index)}: ${match[0]}: ${reason}`);
}

/** The protocol and the job table import no runtime module and know neither clock, chance nor timers. */
export function purityFindings(files: readonly SourceFile[]): readonly Finding[] {
  return typescriptIn(files, ...PURE).flatMap((file) => [
    ...importsOf(file)
      .filter(({ target }) => target === undefined)
      .map(({ path, line, specifier }) => `${path}:${line}: a pure folder imports ${specifier}`),
    ...wordFindings(file, IMPURE_WORDS, "not in a pure folder"),
  ]);
}

/** Only the Bun listener uses the global Bun. */
export function bunFindings(files: readonly SourceFile[]): readonly Finding[] {
  return typescriptIn(files, "src")
    .filter(({ path }) => !BUN_PLACES.includes(path))
    .flatMap((file) => wordFindings(file, /(?<![.\w$#])Bun\s*\./g, "the seam between the runtimes is the listener"));
}
