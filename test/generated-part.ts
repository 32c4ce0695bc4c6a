/** Compares a generated part of a document with what it should be, and writes it when asked to. */
import { readFile, writeFile } from "node:fs/promises";

/**
 * The text between `<!-- begin NAME…-->` and `<!-- end NAME -->`, and the text that belongs there.
 *
 * With UPDATE_DOCS=1 in the environment the document is written anew first. Throws if it has no such marks.
 */
export async function generatedPart(
  path: string,
  name: string,
  text: string,
): Promise<{ readonly found: string; readonly wanted: string }> {
  const file = new URL(`../${path}`, import.meta.url);
  const wanted = `\n${text}\n`;
  const before = await readFile(file, "utf8");
  const begin = before.indexOf("-->", before.indexOf(`<!-- begin ${name}`)) + "-->".length;
  const end = before.indexOf(`<!-- end ${name} -->`);
  if (!before.includes(`<!-- begin ${name}`) || end < begin) throw new Error(`${path} has no part ${name}`);
  if (process.env["UPDATE_DOCS"] === "1") {
    await writeFile(file, before.slice(0, begin) + wanted + before.slice(end));
    return { found: wanted, wanted };
  }
  return { found: before.slice(begin, end), wanted };
}
