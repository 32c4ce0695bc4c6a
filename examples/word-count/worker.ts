/** Counts words; start as many of these as there are cores. Ends by SIGTERM or SIGINT, after the jobs in hand. */
import { Worker } from "../../src/index.ts";
import { countWords, type WordCounts } from "./functions.ts";

const servers = (process.env["GEARMAN_SERVERS"] ?? "127.0.0.1:4730").split(",");
const stopping = new AbortController();
process.once("SIGTERM", () => stopping.abort());
process.once("SIGINT", () => stopping.abort());

const worker = new Worker({ servers });
worker.can(countWords, (job) => {
  const counts = new Map<string, number>();
  for (const [word] of job.workload.toLowerCase().matchAll(/[\p{L}\p{N}]+/gu)) {
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return Object.fromEntries(counts) satisfies WordCounts;
});
await worker.run({ signal: stopping.signal });
