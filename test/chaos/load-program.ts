/**
 * A process with the clients and workers of a load.
 *
 * Its argument is LoadOptions as JSON. It reads commands, one a line (`play PHASE`, `enough`, `look`), and answers all but `enough`
 * with a line of JSON, the word and its report. When its input ends it closes everything, reports a last time (`end`), and must then end by itself.
 */
import { createInterface } from "node:readline";
import { countTimers } from "./balance.ts";
import { Load, type LoadOptions, type Phase } from "./load.ts";
import type { LoadReport } from "./tally.ts";

countTimers();
const load = new Load(JSON.parse(process.argv[2] ?? "") as LoadOptions);
for (const name of ["unhandledRejection", "uncaughtException", "warning"] as const) {
  process.on(name as "warning", (error: unknown) => {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    // What the runtime says of its own parts is not ours.
    if (!/ExperimentalWarning/.test(text)) load.tally.fault("unhandled", `${name}: ${text}`);
  });
}

function say(word: string, report: LoadReport): void {
  process.stdout.write(`${word} ${JSON.stringify(report)}\n`);
}

function obey(line: string): void {
  const [word, rest] = [line.slice(0, line.indexOf(" ")), line.slice(line.indexOf(" ") + 1)];
  if (line === "enough") load.enough();
  else if (line === "look") say("look", load.report());
  else if (word === "play") void load.play(JSON.parse(rest) as Phase).then((report) => say("play", report));
}

load.start();
createInterface({ input: process.stdin })
  .on("line", obey)
  .on("close", () => void load.close().then((report) => say("end", report)));
