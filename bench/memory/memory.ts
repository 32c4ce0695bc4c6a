/** The memory of our client and worker over millions of jobs: `npm run bench -- --only memory`; writes memory-results.md. */
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { ROOT_FOLDER, RUNTIMES, type RuntimeName } from "../../test/harness/runtimes.ts";
import { BuiltLibrary } from "../comparison/built-library.ts";
import { machine } from "../machine.ts";
import { startNamed } from "../servers.ts";
import { shownNumber } from "../spread.ts";
import { growthOf, type MemorySample, readSample } from "./samples.ts";

const JOBS = 5_000_000;
const SAMPLES = 200;
/** Lines of the table per runtime. */
const SHOWN_SAMPLES = 10;
/** The last stretch may be this many times the first; what is above says that memory is not flat. */
const GROWTH_MAX = 1.1;
const MEGABYTE = 1e6;
const PROGRAM = fileURLToPath(import.meta.resolve("../programs/memory-program.ts"));
const RESULTS = join(import.meta.dirname, "..", "memory-results.md");

/** What to run. */
export interface MemoryOptions {
  /** Default 5,000,000. */
  readonly jobs?: number | undefined;
}

async function samplesOf(runtime: RuntimeName, jobs: number, module: string): Promise<readonly MemorySample[]> {
  await using server = await startNamed("ours-bun");
  const flags = ["--port", String(server.port), "--jobs", String(jobs), "--samples", String(SAMPLES), "--ours", module];
  const child = spawn(join(ROOT_FOLDER, "node_modules", ".bin", runtime), [PROGRAM, ...flags], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  const samples: MemorySample[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    const sample = readSample(line);
    samples.push(sample);
    console.error(`${runtime} ${sample.over} jobs: ${(sample.residentBytes / MEGABYTE).toFixed(1)} MB resident`);
  }
  const status = await ended;
  if (status !== 0) throw new Error(`the client and worker on ${runtime} ended with exit status ${status}`);
  return samples;
}

function linesOf(runtime: RuntimeName, samples: readonly MemorySample[]): readonly string[] {
  const every = Math.max(1, Math.floor(samples.length / SHOWN_SAMPLES));
  const shown = samples.filter((_, index) => (index + 1) % every === 0);
  const megabytes = (bytes: number) => shownNumber(bytes / MEGABYTE, 1);
  const rows = shown.map(
    ({ over, residentBytes, heapBytes }) =>
      `| ${shownNumber(over, 0)} | ${megabytes(residentBytes)} | ${megabytes(heapBytes)} |`,
  );
  const growth = growthOf(samples, "residentBytes");
  const verdict = growth <= GROWTH_MAX ? "flat" : "**not flat**";
  return [
    `## On ${runtime === "bun" ? "Bun" : "Node"}`,
    "",
    `Resident memory in the last fifth of the run to that after the warm-up: ${growth.toFixed(2)}× (asked: at most ` +
      `${GROWTH_MAX}×): ${verdict}; heap ${growthOf(samples, "heapBytes").toFixed(2)}×.`,
    "",
    "| jobs | resident, MB | heap used, MB |",
    "| ---: | ---: | ---: |",
    ...rows,
    "",
  ];
}

/** Runs it on every runtime, prints its report, and writes it when all jobs were run. Exit status 1 when memory grows. */
export async function runMemory(options: MemoryOptions): Promise<void> {
  const jobs = options.jobs ?? JOBS;
  using built = new BuiltLibrary();
  const lines = [
    "# Memory of client and worker",
    "",
    `${machine()}; ${shownNumber(jobs, 0)} jobs.`,
    "",
    "Made by `npm run bench -- --only memory`: our client with 64 foreground jobs in flight and our worker with a concurrency of 16",
    "in one process, through our server on Bun; workloads of 64 bytes. The first fifth of the run is warm-up. No collection is forced.",
    "",
  ];
  for (const runtime of RUNTIMES) {
    const module = runtime === "bun" ? join(ROOT_FOLDER, "src", "index.ts") : built.module;
    const samples = await samplesOf(runtime, jobs, module);
    lines.push(...linesOf(runtime, samples));
    if (growthOf(samples, "residentBytes") > GROWTH_MAX) process.exitCode = 1;
  }
  const text = `${lines.join("\n").trimEnd()}\n`;
  console.log(text);
  if (options.jobs === undefined) writeFileSync(RESULTS, text);
}
