/** Writes what was measured as a Markdown table, with the targets beside the figures. */
import { machine } from "../machine.ts";
import { type ServerName, versionOf } from "../servers.ts";
import { shownSpread } from "../spread.ts";
import type { Figures, Measure } from "./figures.ts";
import { MEASURES, verdicts } from "./targets.ts";

/** How the run was made. */
export interface RunFacts {
  readonly rounds: number;
  readonly isShort: boolean;
  readonly servers: readonly ServerName[];
}

function table(figures: Figures, servers: readonly ServerName[]): readonly string[] {
  const lines = [`| load | unit | ${servers.join(" | ")} | ours-bun to better gearmand |`];
  lines.push(`| --- | --- |${" ---: |".repeat(servers.length + 1)}`);
  for (const [measure, row] of Object.entries(MEASURES) as [Measure, (typeof MEASURES)[Measure]][]) {
    const cells = servers.map((name) => shownSpread(figures.spread(measure, name), row.digits));
    if (cells.every((text) => text === "–")) continue;
    const peer = figures.betterGearmand(measure);
    const ours = figures.spread(measure, "ours-bun")?.median;
    const hasRatio = row.ratioMin !== undefined && peer !== undefined && ours !== undefined;
    lines.push(
      `| ${row.title} | ${row.unit} | ${cells.join(" | ")} | ${hasRatio ? `${(ours / peer).toFixed(2)}×` : ""} |`,
    );
  }
  return lines;
}

function targetLines(figures: Figures): readonly string[] {
  return verdicts(figures).map(({ measure, server, text, share }) => {
    const word = share >= 1 ? "kept" : "**missed**";
    return `| ${MEASURES[measure].title} | ${server} | ${text} | ${word} |`;
  });
}

/** The whole report. */
export function report(figures: Figures, facts: RunFacts): string {
  const lines = [
    "# Results of the long campaign",
    "",
    `${machine()}; ${versionOf("gearmand-t0")}; ${facts.rounds} rounds${facts.isShort ? ", short" : ""}.`,
    "",
    "Made by `bun bench/run.ts --full`: one C load generator (`bench/generators/gearbench.c`, one thread) beside the server on the same machine,",
    "nothing pinned, workloads of 64 bytes, loopback TCP. gearmand runs with its default flags but for `-t` and `--backlog=4096`;",
    "`gearmand-buckets` is `-t 0 --hashtable-buckets=1000003`. Ours runs as a user starts it, with the store in memory. The",
    "rounds of all servers are interleaved; a cell is the median and, in brackets, the least and the greatest. The first five",
    "loads come after a run that is not counted; memory is VmRSS at one million queued jobs less VmRSS right after the start,",
    "divided by the jobs, with no forced collection.",
    "",
    ...table(figures, facts.servers),
    "",
    "| target | of | figure | |",
    "| --- | --- | --- | --- |",
    ...targetLines(figures),
    "",
    ...figures.notes.map((note) => `- ${note}`),
  ];
  return `${lines.join("\n").trimEnd()}\n`;
}
