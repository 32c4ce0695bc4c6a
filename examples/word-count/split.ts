/** Splits many files into parts of some length, cut where a line ends. */
import { createReadStream } from "node:fs";

/** The parts of all `paths`, as UTF-8 text; each has at least `partChars` chars and ends with a line, but for the last of a file. */
export async function* partsOf(paths: readonly string[], partChars: number): AsyncGenerator<string> {
  for (const path of paths) {
    let part = "";
    for await (const chunk of createReadStream(path, "utf8")) {
      part += chunk;
      const end = part.lastIndexOf("\n") + 1;
      if (end < partChars) continue;
      yield part.slice(0, end);
      part = part.slice(end);
    }
    if (part !== "") yield part;
  }
}
