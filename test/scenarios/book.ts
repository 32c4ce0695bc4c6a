/** Reads a file of scenarios; README.md says how it is written. */
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { splitCommand } from "./command-words.ts";

/** Whose answers are expected: gearmand 1.1.20, gearmand 2.0.0-51, or a server that mends their known faults. */
export const EXPECTATIONS = ["1.1", "2.0", "new"] as const;

/** One of EXPECTATIONS. */
export type Expectation = (typeof EXPECTATIONS)[number];

/** One step for everybody, or a group in which some servers have steps of their own. */
type Block = { readonly step: string } | { readonly variants: Map<Expectation, string[]> };

/** A short conversation with a server. */
export interface Scenario {
  readonly title: string;
  /** Where it stands in its file, from 1. */
  readonly line: number;
  /** Whether the new server differs from both real ones. */
  readonly isMended: boolean;
  /** Its steps for one kind of server, in order. */
  readonly steps: (expectation: Expectation) => readonly string[];
}

/** A file of scenarios. */
export interface Book {
  /** Its name without folder. */
  readonly name: string;
  /** What is added to the server's command. */
  readonly flags: readonly string[];
  /** Whether each scenario needs a server of its own. */
  readonly isAlone: boolean;
  readonly scenarios: readonly Scenario[];
}

interface Draft {
  readonly title: string;
  readonly line: number;
  readonly blocks: Block[];
  isMended: boolean;
}

function isExpectation(word: string): word is Expectation {
  return (EXPECTATIONS as readonly string[]).includes(word);
}

/** Adds a line to a draft. Prefixed lines that follow each other are one group. */
function addLine(draft: Draft, line: string, isInGroup: boolean): boolean {
  if (line === "" || line.startsWith("#") || line.startsWith("mended")) {
    draft.isMended ||= line.startsWith("mended");
    return false;
  }
  const match = /^((?:1\.1|2\.0|new)(?:,(?:1\.1|2\.0|new))*)\|\s*(.*)$/.exec(line);
  if (match?.[1] === undefined || match[2] === undefined) {
    draft.blocks.push({ step: line });
    return false;
  }
  let last = draft.blocks.at(-1);
  if (!isInGroup || last === undefined || !("variants" in last)) {
    last = { variants: new Map() };
    draft.blocks.push(last);
  }
  for (const word of match[1].split(",")) {
    if (!isExpectation(word)) continue;
    const steps = last.variants.get(word) ?? [];
    steps.push(match[2]);
    last.variants.set(word, steps);
  }
  return true;
}

function stepsOf(blocks: readonly Block[], expectation: Expectation): readonly string[] {
  return blocks.flatMap((block) => {
    if ("step" in block) return [block.step];
    if (expectation === "new" && !block.variants.has("new")) return block.variants.get("2.0") ?? [];
    return block.variants.get(expectation) ?? [];
  });
}

/** Reads the text of a book; throws when a scenario has `new` steps and no word on what is mended, or the reverse. */
export function parseBook(name: string, text: string): Book {
  const drafts: Draft[] = [];
  let flags: readonly string[] = [];
  let isAlone = false;
  let isInGroup = false;
  for (const [index, line] of text.replace(/\n$/, "").split("\n").entries()) {
    const draft = drafts.at(-1);
    if (line.startsWith("## ")) drafts.push({ title: line.slice(3), line: index + 1, blocks: [], isMended: false });
    else if (draft !== undefined) isInGroup = addLine(draft, line, isInGroup);
    else if (line.startsWith("@flags ")) flags = splitCommand(line.slice("@flags ".length));
    else if (line === "@alone") isAlone = true;
    if (line.startsWith("## ")) isInGroup = false;
  }
  const scenarios = drafts.map((draft) => {
    const hasNew = draft.blocks.some((block) => "variants" in block && block.variants.has("new"));
    if (hasNew !== draft.isMended) throw new Error(`${name}:${draft.line}: "mended" and "new|" lines belong together`);
    const { title, line, isMended, blocks } = draft;
    return { title, line, isMended, steps: (expectation: Expectation) => stepsOf(blocks, expectation) };
  });
  return { name, flags, isAlone, scenarios };
}

/** Reads a book from a file. */
export function readBook(path: string): Book {
  return parseBook(basename(path), readFileSync(path, "ascii"));
}
