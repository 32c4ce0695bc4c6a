/**
 * Compares our job server with gearmand on this machine: `bun bench/run.ts`.
 *
 * `--rounds N` (5), `--short` (fewer jobs, 2 rounds; exit status 1 below 0.8 of a target), `--only LOAD,LOAD`,
 * `--servers NAME,NAME`. A full run writes bench/results.md; every run prints its report.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Figures } from "./figures.ts";
import { LoadGenerator } from "./load-generator.ts";
import { LOADS } from "./loads.ts";
import { report } from "./report.ts";
import { isInstalled, SERVER_NAMES, type ServerName } from "./servers.ts";
import { verdicts } from "./targets.ts";

const ROUNDS = 5;
const SHORT_ROUNDS = 2;
/** A short run fails below this part of a target. */
const SHORT_SHARE_MIN = 0.8;

const { values: flags } = parseArgs({
  options: {
    rounds: { type: "string" },
    short: { type: "boolean", default: false },
    only: { type: "string" },
    servers: { type: "string" },
  },
});

/** The words of a flag that names some of `known`; all of `known` where it is not given. */
function chosen<Name extends string>(words: string | undefined, known: readonly Name[]): readonly Name[] {
  if (words === undefined) return known;
  return words.split(",").map((word) => {
    const name = known.find((one) => one === word.trim());
    if (name === undefined) throw new Error(`there is no ${word}; there are ${known.join(", ")}`);
    return name;
  });
}

const asked: readonly ServerName[] = chosen(flags.servers, SERVER_NAMES);
const servers = asked.filter(isInstalled);
for (const name of asked) if (!servers.includes(name)) console.error(`not installed, left out: ${name}`);
const loads = chosen(flags.only, Object.keys(LOADS));
const rounds = Number(flags.rounds ?? (flags.short ? SHORT_ROUNDS : ROUNDS));
if (!Number.isSafeInteger(rounds) || rounds < 1) throw new Error("--rounds takes a whole number from 1 on");

const figures = new Figures();
{
  using generator = new LoadGenerator();
  for (const name of loads) {
    const run = {
      generator,
      figures,
      servers,
      rounds,
      isShort: flags.short,
      say: (line: string) => console.error(line),
    };
    await LOADS[name]?.(run);
  }
}

const text = report(figures, { rounds, isShort: flags.short, servers });
console.log(text);
const isFull = !flags.short && flags.only === undefined && flags.servers === undefined;
if (isFull) writeFileSync(join(import.meta.dirname, "results.md"), text);
if (flags.short) {
  const missed = verdicts(figures).filter((verdict) => verdict.share < SHORT_SHARE_MIN);
  for (const { measure, server, text: words } of missed) {
    console.error(`below ${SHORT_SHARE_MIN} of its target: ${measure} of ${server}: ${words}`);
  }
  if (missed.length > 0) process.exitCode = 1;
}
