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

/** The sentence, without a stack. */
export function failureSentence(error: unknown): string {
  if (error instanceof GearError) return withReason(error);
  if (!(error instanceof Error)) return String(error);
  return reasonOf(error) ?? error.message;
}

/** Puts words for people in the place of the system's, where the message ends in them. */
function withReason(error: GearError): string {
  const { cause, message } = error;
  const reason = reasonOf(cause);
  return reason !== undefined && cause instanceof Error ? message.replace(cause.message, reason) : message;
}

/** What the system's error code means, or undefined if it is not one. */
function reasonOf(error: unknown): string | undefined {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return REASONS[code];
}
