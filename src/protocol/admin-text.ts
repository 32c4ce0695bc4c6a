/** Admin text lines to requests; what is refused by its form alone comes with its reply. */
import { LIMITS } from "../base/limits.ts";
import { ADMIN_REPLY, formatIncomplete, formatUnknownCommand } from "./admin-replies.ts";

/** Commands whose further words, if any, say nothing. */
type PlainCommand = "version" | "verbose" | "getpid" | "status" | "prioritystatus" | "workers";

/** Largest total of jobs per priority of the new job; 0 means no limit. */
export interface QueueMax {
  readonly high: number;
  readonly normal: number;
  readonly low: number;
}

/** What an admin line asks for. */
export type AdminRequest =
  | { readonly command: PlainCommand | "show jobs" | "show unique jobs" | "shutdown" | "shutdown graceful" }
  | { readonly command: "maxqueue"; readonly functionName: string; readonly queueMax: QueueMax }
  | { readonly command: "create function" | "drop function"; readonly functionName: string }
  | { readonly command: "cancel job"; readonly handle: string }
  | { readonly command: "refused"; readonly reply: string };

/** Methods a browser may be made to send, and those that proxies and scanners send. */
const HTTP_LINE = /^(?:(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|TRACE|CONNECT) |host:)/i;

/** True for a line of an HTTP request: a web page must not be able to give commands, so the connection is closed. */
export function isHttpLine(line: string): boolean {
  return HTTP_LINE.test(line);
}

/**
 * The words of a line without its end, or "close" for more than LIMITS.textWordsMax.
 *
 * Only blanks part words. A blank at the front or at the back makes an empty word, and a NUL ends the line.
 * Source: gearmand 1.1.20, observed.
 */
export function splitWords(line: string): readonly string[] | "close" {
  const nul = line.indexOf("\0");
  const words = (nul < 0 ? line : line.slice(0, nul)).split(/ +/, LIMITS.textWordsMax + 1);
  return words.length > LIMITS.textWordsMax ? "close" : words;
}

/** Reads a line without its end; "close" means that the connection is to be closed without a word. */
export function parseAdminLine(line: string): AdminRequest | "close" {
  const words = splitWords(line);
  if (words === "close") return words;
  const first = words[0] ?? "";
  const parse = PARSERS.get(first.toLowerCase());
  return parse === undefined ? refuse(formatUnknownCommand(first)) : parse(words);
}

type Parser = (words: readonly string[]) => AdminRequest;

const PARSERS: ReadonlyMap<string, Parser> = new Map<string, Parser>([
  ["version", () => ({ command: "version" })],
  ["verbose", () => ({ command: "verbose" })],
  ["getpid", () => ({ command: "getpid" })],
  ["status", () => ({ command: "status" })],
  ["prioritystatus", () => ({ command: "prioritystatus" })],
  ["workers", () => ({ command: "workers" })],
  ["show", parseShow],
  ["maxqueue", parseMaxQueue],
  ["create", (words) => parseFunctionCommand("create", words)],
  ["drop", (words) => parseFunctionCommand("drop", words)],
  ["cancel", parseCancel],
  ["shutdown", parseShutdown],
]);

function refuse(reply: string): AdminRequest {
  return { command: "refused", reply };
}

function isWord(word: string | undefined, wanted: string): boolean {
  return word?.toLowerCase() === wanted;
}

function parseShow(words: readonly string[]): AdminRequest {
  if (words.length === 1) return refuse(formatUnknownCommand(words[0] ?? ""));
  if (words.length === 2 && isWord(words[1], "jobs")) return { command: "show jobs" };
  const isUnique = words.length === 3 && isWord(words[1], "unique") && isWord(words[2], "jobs");
  return isUnique ? { command: "show unique jobs" } : refuse(ADMIN_REPLY.unknownShowArguments);
}

/** One number holds for every priority; of two or three, a missing one means no limit. */
function parseMaxQueue(words: readonly string[]): AdminRequest {
  const functionName = words[1];
  if (functionName === undefined) return refuse(formatIncomplete("maxqueue"));
  const high = parseLimit(words[2]);
  const isOne = words.length === 3;
  const queueMax = { high, normal: isOne ? high : parseLimit(words[3]), low: isOne ? high : parseLimit(words[4]) };
  return { command: "maxqueue", functionName, queueMax };
}

/** The digits at the front, as C's atoi reads them; absent, negative or no number at all means no limit, 0. */
function parseLimit(word: string | undefined): number {
  const limit = Number.parseInt(word ?? "", 10);
  return Number.isNaN(limit) ? 0 : Math.max(limit, 0);
}

function parseFunctionCommand(verb: "create" | "drop", words: readonly string[]): AdminRequest {
  const functionName = words[2];
  if (words.length !== 3 || !isWord(words[1], "function") || functionName === undefined || functionName === "") {
    return refuse(formatIncomplete(verb));
  }
  return { command: `${verb} function`, functionName };
}

function parseCancel(words: readonly string[]): AdminRequest {
  const handle = words[2];
  if (handle === undefined) return refuse(formatUnknownCommand(words[0] ?? ""));
  return words.length === 3 && isWord(words[1], "job")
    ? { command: "cancel job", handle }
    : refuse(ADMIN_REPLY.unknownError);
}

function parseShutdown(words: readonly string[]): AdminRequest {
  if (words.length === 1) return { command: "shutdown" };
  if (words.length === 2 && isWord(words[1], "graceful")) return { command: "shutdown graceful" };
  return refuse(formatUnknownCommand(words[0] ?? ""));
}
