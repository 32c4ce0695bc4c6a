/**
 * A live server under mutated packets, lawful packets in unlawful order and noise.
 *
 * Short by default. The long form: GEARWRIGHT_FUZZ_SECONDS=60 GEARWRIGHT_FUZZ_PACKETS=1000000. GEARWRIGHT_FUZZ_SEED plays a run's
 * packets again, though not its timing.
 */
import { describe, expect, test } from "bun:test";
import { serveMany } from "../harness/many-files.ts";
import { RUNTIMES } from "../harness/runtimes.ts";
import type { ServerProcess } from "../harness/server-process.ts";
import { until } from "../harness/until.ts";
import { Wire } from "../harness/wire.ts";
import { FuzzRun } from "./fuzz-run.ts";
import { describeRun, shortfalls } from "./verdict.ts";

const SECONDS = Number(process.env["GEARWRIGHT_FUZZ_SECONDS"] ?? 8);
const PACKETS_MIN = Number(process.env["GEARWRIGHT_FUZZ_PACKETS"] ?? 20_000);
/** A steady pace below what the server can do: at its limit the runtime's collector comes and goes as it likes. */
const PACKETS_PER_SECOND = 25_000;
const SEED = Number(process.env["GEARWRIGHT_FUZZ_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
/** Of a long run on Node, so long at full speed first, seconds: its heap grows for half a minute under a slow load. */
const RUSH_SECONDS = SECONDS >= 30 ? 8 : 0;
const OPTIONS = { seed: SEED, seconds: SECONDS, packets: PACKETS_MIN, packetsPerSecond: PACKETS_PER_SECOND };
/** Longest test beside the seconds that were asked for, ms: the packets may take longer than the seconds. */
const SPARE_MS = 300_000;
const EMPTY_LIMIT_MS = 20_000;

/** Cancels what is left, and resolves when the server holds nothing any more. */
async function expectEmpty(server: ServerProcess): Promise<void> {
  await using admin = await Wire.connect(server);
  let counts: Record<string, unknown> = {};
  const isEmpty = async () => {
    const jobs = (await admin.ask("show jobs")).split("\n").filter((line) => line.includes("\t"));
    for (const job of jobs) await admin.ask(`cancel job ${job.split("\t")[0]}`);
    counts = JSON.parse(await admin.ask("gearwright counts"));
    return ["jobs", "credits", "timers", "uniques", "watchers"].every((name) => counts[name] === 0);
  };
  await until(isEmpty, { what: "the server holds nothing any more", limitMs: EMPTY_LIMIT_MS }).catch((error) => {
    throw new Error(`${error}: ${JSON.stringify(counts)}`);
  });
}

describe.each(RUNTIMES.map((runtime) => ({ runtime })))("fuzz on $runtime", ({ runtime }) => {
  test(
    "the server lives, keeps its memory, and does real jobs rightly",
    async () => {
      await using server = await serveMany({ runtime });
      const rushSeconds = runtime === "node" ? RUSH_SECONDS : 0;
      const report = await new FuzzRun(server, { ...OPTIONS, rushSeconds }).run();
      console.log(`${runtime}, seed ${SEED}: ${describeRun(report)}`);
      expect(shortfalls(report)).toEqual([]);
      await expectEmpty(server);
    },
    SECONDS * 1000 + SPARE_MS,
  );
});
