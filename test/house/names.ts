/** Names of files and identifiers: the field's words, and none that says nothing. */
import { blanked } from "./blanked.ts";
import { type Finding, lineAt, type SourceFile, typescriptIn } from "./source-file.ts";

/** Words that say nothing of what a file holds. */
const EMPTY_WORDS = ["util", "helper", "common", "misc", "type", "manager", "service"];

/** Words of other fields for what has a name here. */
const FOREIGN_WORDS = ["broker", "producer", "consumer", "topic", "task", "payload"];

/** The text of an Error is its message; nothing else is one. */
const ERROR_TEXTS = /^(message|messageOf|errorMessage)$/;

function singular(word: string): string {
  return word.endsWith("s") ? word.slice(0, -1) : word;
}

/** Every name is kebab-case, and none has a word that says nothing. */
export function fileNameFindings(files: readonly SourceFile[]): readonly Finding[] {
  return typescriptIn(files, "src", "test", "bench", "packaging").flatMap(({ path }) => {
    const name = path.split("/").at(-1) ?? "";
    const words = path.toLowerCase().split(/[/.-]/).map(singular);
    const empty = words.filter((word) => EMPTY_WORDS.includes(word) || FOREIGN_WORDS.includes(word));
    const findings = empty.map((word) => `${path}:1: ${word} is no name for a file or folder`);
    if (!/^[a-z0-9]+([-.][a-z0-9]+)*\.ts$/.test(name)) findings.push(`${path}:1: not kebab-case`);
    return findings;
  });
}

/** The words of an identifier: `jobCount` is job, count. */
function wordsOf(identifier: string): readonly string[] {
  return identifier
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .replace(/[_$#]/g, " ")
    .toLowerCase()
    .split(" ")
    .map(singular);
}

function problemOf(identifier: string): string | undefined {
  const words = wordsOf(identifier);
  const foreign = words.find((word) => FOREIGN_WORDS.includes(word));
  if (foreign !== undefined) return `${foreign} is not a word of this house`;
  if (words.join(" ").includes("queue manager")) return "queue manager is not a word of this house";
  if (words.includes("message") && !ERROR_TEXTS.test(identifier)) return "a job or packet is not a message";
  return undefined;
}

/** No identifier of src uses another field's word for what has a name here. */
export function wordFindings(files: readonly SourceFile[]): readonly Finding[] {
  return typescriptIn(files, "src").flatMap(({ path, text }) => {
    const code = blanked(text, { strings: true });
    return [...code.matchAll(/[A-Za-z_$#][\w$]*/g)].flatMap((match) => {
      const problem = problemOf(match[0]);
      return problem === undefined ? [] : [`${path}:${lineAt(code, match.index)}: ${match[0]}: ${problem}`];
    });
  });
}

/** No exported class, type or function of src is called a manager, a service, a helper or the like. */
export function exportNameFindings(files: readonly SourceFile[]): readonly Finding[] {
  return typescriptIn(files, "src").flatMap(({ path, text }) => {
    const code = blanked(text, { strings: true });
    const names = code.matchAll(
      /^export (?:abstract |async )*(?:class|interface|type|function\*?|const|let) ([\w$]+)/gm,
    );
    return [...names].flatMap((match) => {
      const empty = wordsOf(match[1] ?? "").find((word) => ["manager", "service", "helper", "util"].includes(word));
      return empty === undefined ? [] : [`${path}:${lineAt(code, match.index)}: ${match[1]}: ${empty} says nothing`];
    });
  });
}
