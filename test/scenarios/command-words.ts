/** Splits a command as a shell would: blanks, both kinds of quotes, backslash; nothing is expanded. */

/** The words of `command`; throws when a quote is not closed. */
export function splitCommand(command: string): string[] {
  const words: string[] = [];
  const pattern = /\s+|'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)|([^\s'"\\]+)/gsy;
  let word: string | undefined;
  let end = 0;
  for (const match of command.matchAll(pattern)) {
    end = match.index + match[0].length;
    const part = match[1] ?? match[2]?.replace(/\\(["\\$`])/g, "$1") ?? match[3] ?? match[4];
    if (part !== undefined) word = (word ?? "") + part;
    else if (word !== undefined) {
      words.push(word);
      word = undefined;
    }
  }
  if (end !== command.length) throw new Error(`a quote is not closed: ${command}`);
  return word === undefined ? words : [...words, word];
}
