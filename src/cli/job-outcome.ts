/** What became of a submitted job, and how it is told: exit status, sentence, JSON. */
import { GearError } from "../base/errors.ts";
import { shownText } from "./columns.ts";
import { EXIT } from "./command-form.ts";
import { failureSentence } from "./failure.ts";
import { complain } from "./terminal.ts";

/** What became of one job. */
export interface JobOutcome {
  /** Undefined: no server took it. */
  readonly handle: string | undefined;
  /** Undefined for a background job too. */
  readonly server: string | undefined;
  /** The parts that were sent on the way, and the last. Undefined: it failed, or is in the background. */
  readonly result: Uint8Array | undefined;
  readonly error: unknown;
}

/** The exit status that says what `error` was. */
export function statusOf(error: unknown): number {
  if (error === undefined) return EXIT.done;
  if (!(error instanceof GearError)) return EXIT.mistake;
  switch (error.code) {
    case "JOB_FAILED":
    case "JOB_EXCEPTION":
      return EXIT.jobFailed;
    case "NO_SERVER":
    case "CONNECTION_LOST":
      return EXIT.noServer;
    case "TIMED_OUT":
      return EXIT.timedOut;
    default:
      return EXIT.mistake;
  }
}

/** Says on standard error what went wrong, with handle and server; nothing for a job that is done. */
export function complainOf({ error, handle, server }: JobOutcome, place = ""): void {
  if (error === undefined) return;
  const where = handle === undefined ? "" : ` (${handle}${server === undefined ? "" : ` at ${server}`})`;
  // An exception may be a stack of several lines.
  const lines = `${place}${failureSentence(error)}${where}`.split("\n");
  complain(lines.map((line) => shownText(line.replaceAll("\t", "  "))).join("\n"));
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** One line of JSON. */
export function outcomeJson({ error, handle, server, result }: JobOutcome): string {
  const code = error instanceof GearError ? error.code : "INVALID_ARGUMENT";
  return JSON.stringify({
    handle: handle ?? null,
    ...(server !== undefined && { server }),
    ...(result !== undefined && resultJson(result)),
    ...(error !== undefined && { error: code, reason: failureSentence(error) }),
  });
}

function resultJson(result: Uint8Array): object {
  try {
    return { result: decoder.decode(result) };
  } catch {
    return { resultBase64: Buffer.from(result.buffer, result.byteOffset, result.length).toString("base64") };
  }
}
