/** What a fuzz run must have shown. */
import { PACKETS, type PacketName } from "../../src/protocol/packets.ts";
import type { FuzzReport } from "./fuzz-run.ts";

/** Of all packets, so many at least have mutated arguments. */
const MUTATED_SHARE_MIN = 0.5;
/** Of all packets, so many at least are lawful in unlawful order. */
const LAWFUL_SHARE_MIN = 0.25;
/** Of all packets, so many at least are of each type and reached their handler. */
const TYPE_SHARE_MIN = 0.01;
/** Memory at the end may be so many times that of the beginning: of a run of a minute, and of a shorter one. */
const GROWTH_MAX = 1.1;
const SHORT_GROWTH_MAX = 1.3;
const MINUTE_MS = 55_000;
const WINDOW_MS = 10_000;

function medianBytes(report: FuzzReport, fromMs: number, toMs: number): number {
  const inside = report.memory.filter(({ atMs }) => atMs >= fromMs && atMs < toMs).map(({ bytes }) => bytes);
  return inside.sort((left, right) => left - right)[Math.floor(inside.length / 2)] ?? 0;
}

/** Memory of the last part divided by memory of an early one: seconds 10 to 20 against the last 10, or the like of a shorter run. */
function growthOf(report: FuzzReport): { readonly ratio: number; readonly ratioMax: number } {
  const isLong = report.durationMs >= MINUTE_MS;
  const windowMs = isLong ? WINDOW_MS : report.durationMs / 5;
  const fromMs = isLong ? WINDOW_MS : report.durationMs * 0.4;
  const early = medianBytes(report, fromMs, fromMs + windowMs);
  const late = medianBytes(report, report.durationMs - windowMs, Number.POSITIVE_INFINITY);
  return { ratio: late / early, ratioMax: isLong ? GROWTH_MAX : SHORT_GROWTH_MAX };
}

/** All packets of a run. */
function packetsOf(report: FuzzReport): number {
  return report.counts.lawful + report.counts.mutated + report.counts.noise;
}

/** Everything that the run did not show; empty when all is well. */
export function shortfalls(report: FuzzReport): readonly string[] {
  const all = packetsOf(report);
  const missing = [...report.faults];
  if (report.counts.mutated < all * MUTATED_SHARE_MIN) missing.push("too few packets were mutated");
  if (report.counts.lawful < all * LAWFUL_SHARE_MIN) missing.push("too few packets were lawful");
  for (const name of Object.keys(PACKETS) as PacketName[]) {
    const count = report.handled.get(name) ?? 0;
    if (count < all * TYPE_SHARE_MIN)
      missing.push(`only ${count} of ${all} packets were ${name} and reached their handler`);
  }
  if (report.real.some(({ count }) => count === 0)) missing.push("no real job ended beside it");
  const { ratio, ratioMax } = growthOf(report);
  if (!(ratio <= ratioMax)) missing.push(`memory grew ${ratio.toFixed(2)} times (at most ${ratioMax})`);
  return missing;
}

/** Lines for people. */
export function describeRun(report: FuzzReport): string {
  const { lawful, mutated, noise } = report.counts;
  const counts = [...report.handled].sort(([left], [right]) => PACKETS[left].type - PACKETS[right].type);
  const lines = counts.map(([name, count]) => `  ${name.padEnd(28)} ${String(count).padStart(9)}`);
  const real = report.real.reduce((sum, { count }) => sum + count, 0);
  const seconds = (report.durationMs / 1000).toFixed(1);
  return [
    `${packetsOf(report)} packets in ${seconds} s: ${mutated} mutated, ${lawful} lawful in any order, ${noise} noise or deadly`,
    "reached their handler, by type:",
    ...lines,
    `real jobs beside them: ${real}; memory at the end: ${growthOf(report).ratio.toFixed(2)} times that of an early part`,
  ].join("\n");
}
