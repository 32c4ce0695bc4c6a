/**
 * Measures beside other job servers and client libraries on this machine: `npm run bench`.
 *
 * Without flags: the comparison, under ten minutes, written to results.md. `--full`: the long campaign of the server (README.md);
 * `--short`: the campaign with fewer jobs, exit status 1 below 0.8 of a target. `--only memory`: the client's and worker's memory
 * over millions of jobs.
 */
import { parseArgs } from "node:util";
import { runCampaign } from "./campaign/campaign.ts";
import { runComparison } from "./comparison/comparison.ts";
import { runMemory } from "./memory/memory.ts";

const text = { type: "string" } as const;
const { values: flags } = parseArgs({
  options: {
    full: { type: "boolean", default: false },
    short: { type: "boolean", default: false },
    only: text,
    servers: text,
    peers: text,
    rounds: text,
    seconds: text,
    jobs: text,
  },
});

/** The number of a flag, above 0; undefined where it is not given. */
function above0(name: "rounds" | "seconds" | "jobs"): number | undefined {
  const words = flags[name];
  const value = words === undefined ? undefined : Number(words);
  if (value === undefined) return undefined;
  if (!(value > 0) || (name !== "seconds" && !Number.isSafeInteger(value))) {
    throw new Error(`--${name} takes a ${name === "seconds" ? "" : "whole "}number above 0`);
  }
  return value;
}

const rounds = above0("rounds");
const { only, servers, peers } = flags;
if (flags.full || flags.short) await runCampaign({ rounds, isShort: flags.short, only, servers });
else if (only === "memory") await runMemory({ jobs: above0("jobs") });
else await runComparison({ rounds, seconds: above0("seconds"), only, peers });
