/** How long files and functions may be. */
import { blanked } from "./blanked.ts";
import { type Finding, type SourceFile, typescriptIn } from "./source-file.ts";

const FILE_LINES_MAX = 400;
const FUNCTION_LINES_MAX = 50;

/** No TypeScript file is longer than 400 lines. */
export function fileSizeFindings(files: readonly SourceFile[]): readonly Finding[] {
  return typescriptIn(files, "src", "test", "bench", "packaging")
    .map(({ path, text }) => ({ path, lineCount: text.replace(/\n$/, "").split("\n").length }))
    .filter(({ lineCount }) => lineCount > FILE_LINES_MAX)
    .map(({ path, lineCount }) => `${path}:1: ${lineCount} lines, ${FILE_LINES_MAX} are allowed`);
}

const CONTROL =
  /^\s*(?:\}\s*)?(?:if|for|while|switch|else|do|try|catch|finally|return\s*\{|class|interface|export\s+(?:interface|type)|type)\b/;
const OPENS_FUNCTION = /\bfunction\b.*\{$|=>\s*\{$|^\s*[\w#[\] .]*\w\]?\s*(?:<.*>)?\(.*\).*\{$/;

function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}

/** The line on which a signature begins that ends on line `end`; -1 where it is none. */
function startOf(lines: readonly string[], end: number): number {
  const line = lines[end] ?? "";
  if (!/^\s*\)/.test(line)) return OPENS_FUNCTION.test(line) && !CONTROL.test(line) ? end : -1;
  let start = end - 1;
  while (start >= 0 && ((lines[start] ?? "").trim() === "" || indentOf(lines[start] ?? "") > indentOf(line))) start--;
  return start >= 0 && !CONTROL.test(lines[start] ?? "") ? start : -1;
}

/** No function of src is longer than 50 lines. Relies on the formatter: a body ends with a brace at its first line's indent. */
export function functionSizeFindings(files: readonly SourceFile[]): readonly Finding[] {
  return typescriptIn(files, "src", "bench", "packaging").flatMap(({ path, text }) => {
    const lines = blanked(text, { strings: true })
      .split("\n")
      .map((line) => line.trimEnd());
    const findings: Finding[] = [];
    for (const [index, line] of lines.entries()) {
      if (!line.endsWith("{")) continue;
      const start = startOf(lines, index);
      if (start === -1) continue;
      const end = lines.findIndex(
        (later, at) => at > index && indentOf(later) === indentOf(line) && /^\s*\}/.test(later),
      );
      const length = end - start + 1;
      if (length > FUNCTION_LINES_MAX) {
        findings.push(`${path}:${start + 1}: a function of ${length} lines, ${FUNCTION_LINES_MAX} are allowed`);
      }
    }
    return findings;
  });
}
