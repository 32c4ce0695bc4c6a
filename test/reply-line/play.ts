/** One play of clients and workers at random on a whimsical store, checked: order of replies, and every acknowledged job once. */
import { equal } from "node:assert/strict";
import { until } from "../harness/until.ts";
import { LateServer } from "./late-server.ts";
import { PlayingClient, PlayingWorker } from "./players.ts";
import { type Whims, WhimsicalStore } from "./whimsical-store.ts";

const CLIENTS = 4;
const LEAVERS = 2;
const WORKERS = 3;
const REQUESTS = 80;
const OVER_LIMIT_MS = 20_000;

/** Numbers from 0 to below 1, the same for the same seed (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Play {
  readonly server: LateServer;
  readonly store: WhimsicalStore;
  readonly workers: readonly PlayingWorker[];
  readonly worked: Promise<unknown>;
}

/** A client that goes in the middle of things; what it was told until then counts. */
async function leave({ server }: Play, random: () => number): Promise<PlayingClient> {
  const wire = await server.connect();
  const client = new PlayingClient(wire, `leaver${Math.floor(random() * 1e6)}`, random);
  await client.send(REQUESTS / 2);
  const reads = Math.floor(random() * client.dueCount);
  for (let read = 0; read < reads; read += 1) await client.readOne();
  wire.socket.resetAndDestroy();
  return client;
}

async function stay({ server }: Play, name: string, random: () => number): Promise<PlayingClient> {
  await using wire = await server.connect();
  const client = new PlayingClient(wire, name, random);
  await Promise.all([client.send(REQUESTS), client.readOne()]);
  await client.settle();
  return client;
}

/** Every job that somebody was told of ran once, or was a leaver's; nothing that was refused ran. */
function check(clients: readonly PlayingClient[], leavers: readonly PlayingClient[], play: Play): void {
  const runs = new Map<string, number>();
  for (const worker of play.workers) {
    for (const [handle, count] of worker.runs) runs.set(handle, (runs.get(handle) ?? 0) + count);
  }
  for (const count of runs.values()) equal(count, 1);
  for (const { created, completes } of clients) {
    for (const [handle, watches] of created) {
      equal(runs.get(handle), 1, `runs of ${handle}`);
      equal(completes.get(handle) ?? 0, watches, `results of ${handle}`);
    }
  }
  for (const { created } of leavers) {
    for (const [handle, watches] of created) if (watches === 0) equal(runs.get(handle), 1, `runs of ${handle}`);
  }
  const ran = new Set(play.workers.flatMap((worker) => worker.workloads));
  for (const { refusedWorkloads } of [...clients, ...leavers]) {
    for (const workload of refusedWorkloads) equal(ran.has(workload), false, `${workload} was refused`);
  }
}

/** How a play goes. */
export interface PlayOptions extends Omit<Whims, "random"> {
  readonly seed: number;
  /** How long the server waits for the store, ms. */
  readonly commitMsMax: number;
}

/** Plays and checks; throws with the seed in its message. Resolves with how many submits were refused. */
export async function playOnce(options: PlayOptions): Promise<number> {
  try {
    return await playWith(options);
  } catch (error) {
    throw new Error(`seed ${options.seed}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}

async function playWith({ seed, commitMsMax, ...whims }: PlayOptions): Promise<number> {
  const random = randomFrom(seed);
  const store = new WhimsicalStore({ random, ...whims });
  await using server = await LateServer.start({ store, commitMsMax });
  const workers: PlayingWorker[] = [];
  const working: Promise<void>[] = [];
  for (let one = 0; one < WORKERS; one += 1) {
    const worker = new PlayingWorker(await server.connect());
    workers.push(worker);
    working.push(worker.work());
  }
  const play: Play = { server, store, workers, worked: Promise.all(working) };
  const [clients, leavers] = await Promise.all([
    Promise.all(Array.from({ length: CLIENTS }, (_, one) => stay(play, `client${one}`, random))),
    Promise.all(Array.from({ length: LEAVERS }, () => leave(play, random))),
  ]);
  const isOver = async () => {
    const { jobs, watchers, uniques, connections } = await server.counts();
    return jobs + watchers + uniques === 0 && connections === WORKERS + 1 && store.kept.jobs.size === 0;
  };
  await until(isOver, { what: "all is over", limitMs: OVER_LIMIT_MS });
  check(clients, leavers, play);
  await server.server.stop("now");
  await play.worked;
  return clients.reduce((sum, client) => sum + client.refusedWorkloads.length, 0);
}
