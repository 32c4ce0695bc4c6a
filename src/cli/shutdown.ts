/** `gearwright shutdown`: asks job servers to end. */
import { GearError } from "../base/errors.ts";
import type { TextReply } from "../link/text-line.ts";
import { askServers, jsonText, linesOf, strangeLine } from "./ask-servers.ts";
import { shownText } from "./columns.ts";
import { ANSWER_TIMEOUT_FLAG, type CommandForm, EXIT, JSON_FLAG, SERVER_FLAG } from "./command-form.ts";
import { runForm } from "./command-line.ts";
import { report } from "./terminal.ts";

/** The table of the command. */
export const SHUTDOWN_FORM = {
  name: "shutdown",
  words: "",
  wordCount: [0, 0],
  about: [
    "Asks job servers to end: at once, or with --graceful when the jobs in hand are over. Jobs in memory are lost.",
    "gearmand has no such command any more and refuses; end its process with SIGTERM.",
    'An object of --json has server and mode, "now" or "graceful".',
  ],
  flags: {
    graceful: { kind: "switch", help: "The server gives out no new jobs, and ends when those in hand are over." },
    server: SERVER_FLAG,
    json: JSON_FLAG,
    timeout: ANSWER_TIMEOUT_FLAG,
  },
  exits: [
    [EXIT.done, "every server said that it will end"],
    [EXIT.mistake, "a mistake in the command line, or a server refused"],
    [EXIT.noServer, "a server could not be reached or did not answer; the others were asked"],
  ],
} as const satisfies CommandForm;

/** Runs the command; returns the exit status. */
export function shutdown(args: readonly string[]): Promise<number> {
  return runForm(SHUTDOWN_FORM, args, async ({ flags }) => {
    const questions = [{ command: flags.graceful ? "shutdown graceful" : "shutdown", reply: "line" }] as const;
    const ask = { servers: flags.server, timeoutMs: flags.timeout, questions };
    const { rows, status } = await askServers(ask, (replies, server) => [endingServer(replies[0], server)]);
    if (flags.json) report(jsonText(rows.map((server) => ({ server, mode: flags.graceful ? "graceful" : "now" }))));
    const how = flags.graceful ? "ends when the jobs in hand are over." : "ends.";
    if (!flags.json) for (const server of rows) report(`${shownText(server)} ${how}`);
    return status;
  });
}

function endingServer(reply: TextReply | GearError | undefined, server: string): string {
  if (reply instanceof GearError && reply.code === "REFUSED") {
    const fix = "gearmand has no such command; end its process with SIGTERM";
    throw new GearError("REFUSED", `${server} does not end: it refuses the command; ${fix}`);
  }
  const [line = ""] = linesOf(reply);
  if (line.trim() !== "OK") throw strangeLine(server, line);
  return server;
}
