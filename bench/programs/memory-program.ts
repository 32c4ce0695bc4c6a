/**
 * Our client and worker in one process through a job server: prints a line of JSON with their memory now and then.
 *
 * `--port N --jobs N --samples N --ours MODULE`; 64 foreground jobs in flight, 16 in work.
 */
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { ours } from "./ours.ts";

const IN_FLIGHT = 64;
const CONCURRENCY = 16;
const WORKLOAD_BYTES = 64;

const text = { type: "string", default: "" } as const;
const { values: flags } = parseArgs({ options: { port: text, jobs: text, samples: text, ours: text } });
const library = await ours(() => import(pathToFileURL(flags.ours).href));
const place = { port: Number(flags.port), function: "memory" };
const jobs = Number(flags.jobs);
const every = Math.max(1, Math.floor(jobs / Number(flags.samples)));

await library.work(place, CONCURRENCY, () => {});
const client = await library.client(place);
const workload = Buffer.alloc(WORKLOAD_BYTES, "x");
let begun = 0;
let over = 0;

function sample(): void {
  const { rss: residentBytes, heapUsed: heapBytes } = process.memoryUsage();
  process.stdout.write(`${JSON.stringify({ over, residentBytes, heapBytes })}\n`);
}

async function lane(): Promise<void> {
  while (begun < jobs) {
    begun += 1;
    const result = await client.run(workload);
    if (result.length !== WORKLOAD_BYTES) throw new Error(`a result of ${result.length} bytes`);
    over += 1;
    if (over % every === 0) sample();
  }
}

await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
process.stdout.write("", () => process.exit(0));
