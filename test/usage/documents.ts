/** Takes the code blocks out of a document. */

/** A fenced block. */
export interface CodeBlock {
  /** What stands after the fence, e.g. `php`. */
  readonly language: string;
  /** The file name after the language; "" for none. */
  readonly name: string;
  readonly text: string;
}

/** One command of a `console` block, and what it prints. */
export interface ConsoleStep {
  readonly command: string;
  /** "" where the document shows nothing. */
  readonly output: string;
}

/** All fenced blocks of a Markdown text, in order. */
export function codeBlocks(markdown: string): readonly CodeBlock[] {
  return [...markdown.matchAll(/^```(\w+)(?: ([\w./-]+))?\n([\s\S]*?)^```$/gm)].map(
    ([, language = "", name = "", text = ""]) => ({ language, name, text }),
  );
}

/** The commands of a `console` block: lines that begin with `$ `, each followed by what it prints. */
export function consoleSteps(text: string): readonly ConsoleStep[] {
  return text
    .split(/^\$ /m)
    .slice(1)
    .map((step) => {
      const [command = "", ...output] = step.split("\n");
      return { command, output: output.join("\n") };
    });
}
