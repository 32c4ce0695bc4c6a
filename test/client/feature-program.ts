/**
 * Plays the features against two job servers and prints a line of JSON for each: `program KIND PORT PORT [PART OF THE NAME]`.
 *
 * It leaves an idle client open at its end, which must not keep the process alive.
 */
import { Client } from "../../src/index.ts";
import type { FeatureLine } from "./feature.ts";
import { FEATURES, LAST_FEATURE, playFeature, type ServerKind } from "./feature-table.ts";

/** Features at the same time: most of their time they wait. */
const LANES = 6;

const [, , kind, one, two, part = ""] = process.argv;
if ((kind !== "gearwright" && kind !== "gearmand") || one === undefined || two === undefined) {
  throw new Error("usage: program gearwright|gearmand PORT PORT [PART OF THE NAME]");
}
const ports: readonly [number, number] = [Number(one), Number(two)];

/** After a play that failed, the process may take this long to end by itself, ms. */
const END_LIMIT_MS = 1_000;

let areAllOk = true;
const unheard: unknown[] = [];
process.on("unhandledRejection", (reason) => unheard.push(reason));
process.on("uncaughtException", (error) => unheard.push(error));

function say(line: FeatureLine): void {
  areAllOk &&= line.ok;
  console.log(JSON.stringify(line));
}

async function playAll(of: ServerKind): Promise<void> {
  const waiting = FEATURES.filter(({ name }) => name.includes(part));
  const lane = async () => {
    for (let feature = waiting.shift(); feature !== undefined; feature = waiting.shift()) {
      say(await playFeature(feature, { kind: of, ports }));
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
}

await playAll(kind);
const left = new Client({ servers: [`127.0.0.1:${ports[0]}`] });
await left.echo("idle from now on");
const first = unheard[0];
const error = first instanceof Error ? (first.stack ?? first.message) : String(first);
say(
  unheard.length === 0
    ? { name: LAST_FEATURE, ok: true }
    : { name: LAST_FEATURE, ok: false, error: `${unheard.length}: ${error}` },
);
// What a play has left behind when it failed is not what is asked here.
if (!areAllOk) setTimeout(() => process.exit(1), END_LIMIT_MS).unref();
