/** Turns what comes in into canonical form: handles get names, what differs from run to run is replaced, lists are sorted. */
import type { WireItem } from "../harness/wire.ts";
import { isListCommand, splitArguments } from "../harness/wire-bytes.ts";
import type { Thing } from "./words.ts";

const HANDLE_FIRST: ReadonlySet<string> = new Set([
  "JOB_CREATED",
  "JOB_ASSIGN",
  "JOB_ASSIGN_UNIQ",
  "JOB_ASSIGN_ALL",
  "STATUS_RES",
  "WORK_STATUS",
  "WORK_COMPLETE",
  "WORK_FAIL",
  "WORK_EXCEPTION",
  "WORK_DATA",
  "WORK_WARNING",
]);

/** Replies that differ from run to run, and what stands for them. */
const PLACEHOLDERS: Readonly<Record<string, string>> = { version: "VERSION", getpid: "PID", verbose: "LEVEL" };

/** The handles and words of one scenario while it is played. */
export class Names {
  /** Handles in the order in which they appeared: the first is H1. */
  readonly handles: string[] = [];
  /** Every word that was sent: lists show only lines that begin with one. */
  readonly sent = new Set<string>();

  /** The name of a handle; with `learn`, one that is new gets the next name. Trailing NULs stay. */
  nameHandle(handle: string, learn: boolean): string {
    const core = handle.replace(/\0+$/, "");
    let at = this.handles.indexOf(core);
    if (at < 0) {
      if (!learn || this.sent.has(core)) return handle;
      at = this.handles.push(core) - 1;
    }
    return `\${H${at + 1}}${handle.slice(core.length)}`;
  }

  /** What came in, in canonical form; undefined is `nothing`. */
  canonical(item: WireItem | undefined): Thing {
    if (item === undefined) return { name: "nothing", words: [] };
    if (item.kind === "closed") return { name: "closed", words: [] };
    if (item.kind === "text") return { name: "text", words: [this.#canonicalText(item.command, item.text)] };
    const words = splitArguments(item);
    const name = item.magic === "RES" ? item.name : `REQ-${item.name}`;
    if (HANDLE_FIRST.has(name) && words[0] !== undefined) words[0] = this.nameHandle(words[0], true);
    return { name, words };
  }

  #canonicalText(command: string, text: string): string {
    const placeholder = PLACEHOLDERS[command];
    if (placeholder !== undefined) return text.replace(/^(OK )?\S+(\r?\n)$/, `$1${placeholder}$2`);
    if (!isListCommand(command) || text.startsWith("ERR")) {
      return this.handles.reduce((told, handle) => told.replaceAll(handle, this.nameHandle(handle, true)), text);
    }
    const lines = this.#ownLines(command, text.split("\n").slice(0, -2));
    return sortedList(lines);
  }

  #ownLines(command: string, lines: readonly string[]): readonly string[] {
    if (command === "workers") return lines.map((line) => line.replace(/^\S+ \S+ /, "FD IP "));
    const firstOf = (line: string) => line.split("\t")[0] ?? "";
    if (command !== "show jobs") return lines.filter((line) => this.sent.has(firstOf(line)));
    return lines
      .filter((line) => this.handles.includes(firstOf(line)))
      .map((line) => this.nameHandle(firstOf(line), false) + line.slice(firstOf(line).length));
  }
}

/** A list reply of these lines, sorted by bytes, with its closing dot. */
export function sortedList(lines: readonly string[]): string {
  return `${[...lines]
    .sort()
    .map((line) => `${line}\n`)
    .join("")}.\n`;
}
