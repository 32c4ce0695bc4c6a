/** Turns whatever stopped a command into one sentence: what happened, to what, and what to do. */
import { GearError } from "../base/errors.ts";

const REASONS: Readonly<Record<string, string>> = {
  EACCES: "permission is denied; run as a user who may, or choose another place",
  EADDRINUSE: "another program listens there already; stop it or choose another port",
  EADDRNOTAVAIL: "this machine does not have that address",
  EISDIR: "it is a folder",
  EMFILE: "this process may open no more files",
  ENOENT: "its folder does not exist",
  ENOSPC: "the disk is full",
  ENOTDIR: "part of its path is not a folder",
  EPERM: "it is not permitted",
  EROFS: "the file system is read-only",
};

/** The same codes where a server was to be reached. */
const LINE_REASONS: Readonly<Record<string, string>> = {
  EAI_AGAIN: "its name cannot be looked up now",
  ECONNREFUSED: "nobody listens there; start a job server (gearwright serve) or name another one with --server",
  ECONNRESET: "it cut the connection",
  EHOSTUNREACH: "this machine knows no way there",
  ENETUNREACH: "this machine knows no way there",
  ENOENT: "there is no such socket",
  ENOTFOUND: "this machine knows no address of that name",
  EPIPE: "it cut the connection",
  ETIMEDOUT: "it does not answer",
};

/** The sentence, without a stack. */
export function failureSentence(error: unknown): string {
  if (error instanceof GearError) return withReason(error);
  if (!(error instanceof Error)) return String(error);
  return reasonOf(error) ?? error.message;
}

/** Puts words for people in the place of the system's, where the message ends in them. */
function withReason(error: GearError): string {
  const { cause, message } = error;
  // A client's error for its servers has theirs as its cause.
  if (cause instanceof GearError) return message.replace(cause.message, () => withReason(cause));
  if (cause instanceof AggregateError) return withReasons(message, cause.errors);
  const reason = reasonOf(cause, error.code === "NO_SERVER" || error.code === "CONNECTION_LOST" ? LINE_REASONS : {});
  const hasWords = reason !== undefined && cause instanceof Error && cause.message !== "";
  return hasWords ? message.replace(cause.message, reason) : message;
}

/** Puts words in the place of each error's, which stand in their order; what to do is left out, because it would be said of each. */
function withReasons(message: string, errors: readonly unknown[]): string {
  let done = "";
  let rest = message;
  for (const error of errors) {
    const at = error instanceof GearError ? rest.indexOf(error.message) : -1;
    if (!(error instanceof GearError) || at < 0) continue;
    const [sentence = ""] = withReason(error).split("; ");
    done += rest.slice(0, at) + sentence;
    rest = rest.slice(at + error.message.length);
  }
  return done + rest;
}

/** What the system's error code means, or undefined if it is not one. */
function reasonOf(error: unknown, first: Readonly<Record<string, string>> = {}): string | undefined {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return first[code] ?? REASONS[code];
}
