/** Reads a flag that names some of a list. */

/** The words of a flag that names some of `known`, with commas; all of `known` where it is not given. Throws for others. */
export function chosen<Name extends string>(words: string | undefined, known: readonly Name[]): readonly Name[] {
  if (words === undefined) return known;
  return words.split(",").map((word) => {
    const name = known.find((one) => one === word.trim());
    if (name === undefined) throw new Error(`there is no ${word}; there are ${known.join(", ")}`);
    return name;
  });
}
