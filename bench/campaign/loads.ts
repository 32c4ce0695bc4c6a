/** The loads: each runs its rounds over the chosen servers in turn and adds what it measured. */
import type { ServerProcess } from "../../test/harness/server-process.ts";
import type { LoadGenerator } from "../generator.ts";
import type { LoadResult } from "../program-run.ts";
import { type ServerName, startNamed } from "../servers.ts";
import { turnOf } from "../turn-of.ts";
import type { Figures, Measure } from "./figures.ts";
import { timeOfStart } from "./start-time.ts";

/** How long gearmand may take over the different uniques, seconds; its rate falls with every job queued. */
const UNIQUES_LIMIT_SECONDS = 120;
const MEGABYTE = 1e6;

/** What a load needs. */
export interface LoadRun {
  readonly generator: LoadGenerator;
  readonly figures: Figures;
  readonly servers: readonly ServerName[];
  readonly rounds: number;
  /** Fewer jobs where the figure does not depend on them. */
  readonly isShort: boolean;
  /** Tells progress. */
  readonly say: (line: string) => void;
}

/** One load; resolves when its rounds are over. */
export type Load = (run: LoadRun) => Promise<void>;

function note(run: LoadRun, measure: Measure, server: ServerName, value: number, digits = 0): void {
  run.figures.add(measure, server, value);
  run.say(`${measure.padEnd(18)} ${server.padEnd(17)} ${value.toFixed(digits)}`);
}

/** A load on servers that stay up over all rounds, after one run that is not counted. */
function warmLoad(measure: Measure, one: (run: LoadRun, port: number) => Promise<LoadResult>): Load {
  return async (run) => {
    const started = new Map<ServerName, ServerProcess>();
    try {
      const servers = run.servers.filter((name) => name !== "gearmand-buckets" || measure === "drain");
      for (const name of servers) {
        const server = await startNamed(name);
        started.set(name, server);
        await one(run, server.port);
      }
      for (let round = 0; round < run.rounds; round += 1) {
        for (const name of turnOf(servers, round)) {
          const server = started.get(name);
          if (server !== undefined) note(run, measure, name, (await one(run, server.port)).perSecond);
        }
      }
    } finally {
      for (const server of started.values()) await server.stop();
    }
  };
}

/** A load on a new server each round. */
function freshLoad(one: (run: LoadRun, name: ServerName, server: ServerProcess) => Promise<void>): Load {
  return async (run) => {
    for (let round = 0; round < run.rounds; round += 1) {
      for (const name of turnOf(run.servers, round)) {
        await using server = await startNamed(name);
        await one(run, name, server);
      }
    }
  };
}

/** Jobs submitted and worked before a new server's figures count. */
const WARM_UP_JOBS = 50_000;

async function warmUp(run: LoadRun, port: number): Promise<void> {
  await run.generator.run(port, `-m submit -c 8 -d 64 -n ${WARM_UP_JOBS}`);
  await run.generator.run(port, `-m drain -w 16 -n ${WARM_UP_JOBS}`);
}

async function oneSubmit(run: LoadRun, name: ServerName, server: ServerProcess): Promise<void> {
  const before = server.rssBytes();
  await warmUp(run, server.port);
  const result = await run.generator.run(server.port, "-m submit -c 8 -d 256 -n 1000000");
  note(run, "submit", name, result.perSecond);
  note(run, "bytesPerJob", name, (server.rssBytes() - before) / result.count);
}

async function oneUniques(run: LoadRun, name: ServerName, server: ServerProcess): Promise<void> {
  const before = server.rssBytes();
  await warmUp(run, server.port);
  const words = `-m submit -u -c 8 -d 256 -n 1000000 -t ${UNIQUES_LIMIT_SECONDS}`;
  const result = await run.generator.run(server.port, words);
  note(run, "uniques", name, result.perSecond);
  if (result.isCut) {
    run.figures.addNote(
      `${name}: uniques cut after ${UNIQUES_LIMIT_SECONDS} s at ${result.count} jobs, which flatters it`,
    );
  }
  note(run, "bytesPerUniqueJob", name, (server.rssBytes() - before) / result.count);
}

/** gearmand with its default hash table takes minutes, so it has one round only, and `-t 4`, slower still, none. */
async function uniques(run: LoadRun): Promise<void> {
  const slow = run.servers.filter((name) => name === "gearmand-t0");
  const fast = run.servers.filter((name) => name !== "gearmand-t0" && name !== "gearmand-t4");
  await freshLoad(oneUniques)({ ...run, servers: fast });
  await freshLoad(oneUniques)({ ...run, servers: slow, rounds: 1 });
  if (slow.length > 0)
    run.figures.addNote("uniques: gearmand -t 0 with its default hash table had one round, -t 4 none");
}

async function oneIdle(run: LoadRun, name: ServerName, server: ServerProcess): Promise<void> {
  const held = await run.generator.hold(server.port, "-m idle -w 10000");
  note(run, "idleMegabytes", name, server.rssBytes() / MEGABYTE, 1);
  await held.release();
}

async function oneBurst(run: LoadRun, name: ServerName, server: ServerProcess): Promise<void> {
  // With more connects at once than its queues hold, the kernel now and then resets one by itself.
  const result = await run.generator.run(server.port, "-m burst -c 10000").catch((error: unknown) => String(error));
  if (typeof result === "string") run.figures.addNote(`${name}: a burst of connects was not counted: ${result}`);
  else note(run, "burstMs", name, result.seconds * 1000);
}

async function start(run: LoadRun): Promise<void> {
  for (let round = 0; round < run.rounds; round += 1) {
    for (const name of turnOf(run.servers, round)) {
      if (name === "ours-bun" || name === "ours-node" || name === "gearmand-t4") {
        note(run, "startMs", name, await timeOfStart(name), 1);
      }
    }
  }
}

function without(load: Load, left: ServerName): Load {
  return (run) => load({ ...run, servers: run.servers.filter((name) => name !== left) });
}

const echo16: Load = warmLoad("echo16", (run, port) =>
  run.generator.run(port, `-m echo -c 16 -d 1 -w 16 -n ${run.isShort ? 60_000 : 150_000}`),
);

const echo8x64: Load = warmLoad("echo8x64", (run, port) =>
  run.generator.run(port, `-m echo -c 8 -d 64 -w 16 -n ${run.isShort ? 200_000 : 500_000}`),
);

const drain: Load = warmLoad("drain", async (run, port) => {
  await run.generator.run(port, "-m submit -c 8 -d 64 -n 200000");
  return run.generator.run(port, "-m drain -w 16 -n 200000");
});

/** All loads by name, in the order in which they run. */
export const LOADS: Readonly<Record<string, Load>> = {
  start,
  echo16,
  echo8x64,
  drain,
  submit: without(freshLoad(oneSubmit), "gearmand-buckets"),
  uniques,
  idle: without(freshLoad(oneIdle), "gearmand-buckets"),
  burst: without(freshLoad(oneBurst), "gearmand-buckets"),
};
