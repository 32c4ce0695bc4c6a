/**
 * One client library under one load: prints one line of JSON and ends.
 *
 * `--library NAME --load echo|submit|work --port N --function NAME --in-flight N --jobs N --warm-ms N --measure-ms N --peers FOLDER
 * --ours MODULE`. Runs on Node and on Bun.
 */
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { abraxas } from "./abraxas.ts";
import { failed } from "./failed.ts";
import { gearman } from "./gearman.ts";
import { gearmanode } from "./gearmanode.ts";
import type { Adapter } from "./library.ts";
import { ours } from "./ours.ts";
import { CountedJobs, timedCalls } from "./timing.ts";

const ADAPTERS: Readonly<Record<string, Adapter>> = { ours, gearman, gearmanode, abraxas };
const WORKLOAD_BYTES = 64;

const text = { type: "string", default: "" } as const;
const { values: flags } = parseArgs({
  options: {
    library: text,
    load: text,
    port: text,
    function: text,
    "in-flight": { type: "string", default: "1" },
    jobs: { type: "string", default: "1000000" },
    "warm-ms": { type: "string", default: "400" },
    "measure-ms": { type: "string", default: "1200" },
    peers: text,
    ours: text,
  },
});

const requirePeer = createRequire(join(flags.peers === "" ? import.meta.dirname : flags.peers, "package.json"));
const adapter = ADAPTERS[flags.library];
if (adapter === undefined) throw new Error(`there is no adapter for ${flags.library}`);
const load = (name: string) =>
  name === "ours" ? import(pathToFileURL(flags.ours).href) : Promise.resolve(requirePeer(name) as unknown);
const library = await adapter(load).catch(failed);

const place = { port: Number(flags.port), function: flags.function };
const span = { warmMs: Number(flags["warm-ms"]), measureMs: Number(flags["measure-ms"]) };
const inFlight = Number(flags["in-flight"]);
const workload = Buffer.alloc(WORKLOAD_BYTES, "x");

async function measure() {
  if (flags.load === "work") {
    const counted = new CountedJobs(Number(flags.jobs), span);
    await library.work(place, inFlight, counted.onJob);
    return counted.result;
  }
  const client = await library.client(place);
  if (flags.load === "submit") return timedCalls(() => client.submitBackground(workload), inFlight, span);
  const echo = async () => {
    const result = await client.run(workload);
    if (result.length !== WORKLOAD_BYTES) throw new Error(`a result of ${result.length} bytes`);
  };
  return timedCalls(echo, inFlight, span);
}

const result = { ...(await measure().catch(failed)), residentBytes: process.memoryUsage.rss() };
// A library's open sockets must not keep the program; the line must be out before it ends.
process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0));
