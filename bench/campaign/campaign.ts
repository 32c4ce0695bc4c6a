/** The long campaign: our job server and gearmand under more loads and longer than in the comparison; writes server-results.md. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { chosen } from "../chosen.ts";
import { LoadGenerator } from "../generator.ts";
import { isInstalled, type ServerName } from "../servers.ts";
import { Figures } from "./figures.ts";
import { LOADS } from "./loads.ts";
import { report } from "./report.ts";
import { verdicts } from "./targets.ts";

const ROUNDS = 5;
const SHORT_ROUNDS = 2;
/** A short run fails below this part of a target. */
const SHORT_SHARE_MIN = 0.8;
const RESULTS = join(import.meta.dirname, "..", "server-results.md");

/** The servers of the campaign. */
const SERVER_NAMES: readonly ServerName[] = ["ours-bun", "ours-node", "gearmand-t0", "gearmand-t4", "gearmand-buckets"];

/** What to run. */
export interface CampaignOptions {
  /** Default 5; 2 of a short one. */
  readonly rounds?: number | undefined;
  /** Fewer jobs, and exit status 1 below 0.8 of a target. */
  readonly isShort: boolean;
  /** Names of loads, with commas; default all. */
  readonly only?: string | undefined;
  /** Names of servers, with commas; default all. */
  readonly servers?: string | undefined;
}

function failBelowTargets(figures: Figures): void {
  const missed = verdicts(figures).filter((verdict) => verdict.share < SHORT_SHARE_MIN);
  for (const { measure, server, text } of missed) {
    console.error(`below ${SHORT_SHARE_MIN} of its target: ${measure} of ${server}: ${text}`);
  }
  if (missed.length > 0) process.exitCode = 1;
}

/** Runs it, prints its report, and writes the results when everything was run. */
export async function runCampaign(options: CampaignOptions): Promise<void> {
  const asked = chosen(options.servers, SERVER_NAMES);
  const servers = asked.filter(isInstalled);
  for (const name of asked) if (!servers.includes(name)) console.error(`not installed, left out: ${name}`);
  const loads = chosen(options.only, Object.keys(LOADS));
  const rounds = options.rounds ?? (options.isShort ? SHORT_ROUNDS : ROUNDS);
  const figures = new Figures();
  const say = (line: string) => console.error(line);
  {
    using generator = new LoadGenerator();
    for (const name of loads) {
      await LOADS[name]?.({ generator, figures, servers, rounds, isShort: options.isShort, say });
    }
  }
  const text = report(figures, { rounds, isShort: options.isShort, servers });
  console.log(text);
  const isWhole = !options.isShort && options.only === undefined && options.servers === undefined;
  if (isWhole) writeFileSync(RESULTS, text);
  if (options.isShort) failBelowTargets(figures);
}
