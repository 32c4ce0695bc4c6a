/** Tables of options in docs/client.md and docs/worker.md, made from the docstrings of the interfaces that hold them. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT_FOLDER } from "../harness/runtimes.ts";

/** One member of an interface. */
export interface Member {
  readonly name: string;
  /** As it is written: a type, or for a method its arguments and what it returns. */
  readonly type: string;
  /** The docstring in one line; "" where there is none. */
  readonly text: string;
}

/** A member with its docstring; types of more than one line end at the first `;` that ends a line. */
const MEMBER = /(?: {2}\/\*\*((?:(?!\*\/)[\s\S])*?)\*\/\n)? {2}(?:readonly )?(\w+)\??(: |\()([\s\S]*?);$/gm;

/** The members of interface `name` in a TypeScript text, without those of an interface it extends. Throws if it is not there. */
export function membersOf(source: string, name: string): readonly Member[] {
  const body = new RegExp(`^(?:export )?interface ${name}\\b.*\\{\\n([\\s\\S]*?)^\\}`, "m").exec(source)?.[1];
  if (body === undefined) throw new Error(`there is no interface ${name}`);
  return [...body.matchAll(MEMBER)].map(([, comment = "", member = "", sign = "", type = ""]) => ({
    name: sign === "(" ? `${member}()` : member,
    type: oneLine(sign === "(" ? `(${type}` : type),
    text: oneLine(comment.replace(/^ *\*/gm, "")),
  }));
}

/** Markdown: a table of the members of an interface in a file of src. */
export function optionTable(file: string, name: string): string {
  const rows = membersOf(readFileSync(join(ROOT_FOLDER, file), "utf8"), name).map(
    (member) => `| \`${member.name}\` | \`${cell(member.type)}\` | ${cell(member.text)} |`,
  );
  return ["| name | type | meaning |", "| --- | --- | --- |", ...rows].join("\n");
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}
