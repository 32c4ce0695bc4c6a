/**
 * BullMQ under load: prints lines of JSON.
 *
 * `--load echo|submit|drain|worker|idle --port N --in-flight N --workers N --jobs N --warm-ms N --measure-ms N --peers FOLDER`.
 * `worker` and `idle` stay until stdin closes; `echo` needs a `worker` in another process.
 */
import { createRequire } from "node:module";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { LoadResult } from "../program-run.ts";
import { failed } from "./failed.ts";
import { CountedJobs, timedCalls } from "./timing.ts";

interface QueuedJob {
  waitUntilFinished(events: object, limitMs?: number): Promise<string>;
}

interface Ready {
  waitUntilReady(): Promise<unknown>;
}

interface Options {
  readonly connection: object;
  readonly concurrency?: number;
}

interface BullMq {
  readonly Queue: new (
    name: string,
    options: Options,
  ) => Ready & {
    add(name: string, data: string, options: object): Promise<QueuedJob>;
    setMaxListeners(count: number): void;
    addBulk(jobs: readonly { name: string; data: string; opts: object }[]): Promise<unknown>;
  };
  readonly QueueEvents: new (name: string, options: Options) => Ready;
  readonly Worker: new (
    name: string,
    handler: (job: { data: string }) => Promise<string>,
    options: Options,
  ) => Ready & { on(event: "error", listener: (error: Error) => void): void };
}

/** Jobs per addBulk, and how many of these are under way at once. */
const BULK_JOBS = 500;
const BULKS_IN_FLIGHT = 4;
/** Finished jobs that stay in Redis: who waits for one looks for it there first. */
const KEPT_JOBS = 10_000;
const FIRST_TRIES_MAX = 20;
const FIRST_RESULT_MS = 200;
const WORKLOAD = "x".repeat(64);
const QUEUE = "bench";

const number = (value: string) => ({ type: "string", default: value }) as const;
const { values: flags } = parseArgs({
  options: {
    load: number(""),
    port: number(""),
    peers: number(""),
    "in-flight": number("1"),
    workers: number("16"),
    jobs: number("1000000"),
    "warm-ms": number("400"),
    "measure-ms": number("1200"),
  },
});
const requirePeer = createRequire(join(flags.peers, "package.json"));
const { Queue, QueueEvents, Worker } = requirePeer("bullmq") as BullMq;
const Redis = requirePeer("ioredis") as new (options: object) => object;

const connection = { host: "127.0.0.1", port: Number(flags.port), maxRetriesPerRequest: null };
const span = { warmMs: Number(flags["warm-ms"]), measureMs: Number(flags["measure-ms"]) };
const options = { removeOnComplete: { count: KEPT_JOBS }, removeOnFail: true };

function startWorker(concurrency: number, onJob: () => void, via: object = connection) {
  const handler = async (job: { data: string }) => {
    onJob();
    return job.data;
  };
  const worker = new Worker(QUEUE, handler, { connection: via, concurrency });
  worker.on("error", (error) => console.error(error));
  return worker;
}

/** The first result that is heard of: those before the first question of the events are missed, later ones are not. */
async function firstResult(queue: InstanceType<BullMq["Queue"]>, events: object): Promise<void> {
  for (let tries = 1; tries <= FIRST_TRIES_MAX; tries += 1) {
    const job = await queue.add("echo", WORKLOAD, options);
    const isHeard = await job.waitUntilFinished(events, FIRST_RESULT_MS).then(
      () => true,
      () => false,
    );
    if (isHeard) return;
  }
  throw new Error(`no result within ${FIRST_TRIES_MAX} × ${FIRST_RESULT_MS} ms`);
}

async function echo(): Promise<LoadResult> {
  const queue = new Queue(QUEUE, { connection });
  // Each wait listens for the queue's end.
  queue.setMaxListeners(0);
  const events = new QueueEvents(QUEUE, { connection });
  await Promise.all([queue.waitUntilReady(), events.waitUntilReady()]);
  await firstResult(queue, events);
  const call = async () => {
    const job = await queue.add("echo", WORKLOAD, options);
    const result = await job.waitUntilFinished(events);
    if (result !== WORKLOAD) throw new Error("a result that is not the workload");
  };
  return timedCalls(call, Number(flags["in-flight"]), span);
}

async function submit(): Promise<LoadResult> {
  const queue = new Queue(QUEUE, { connection });
  await queue.waitUntilReady();
  const bulk = Array.from({ length: BULK_JOBS }, () => ({ name: "echo", data: WORKLOAD, opts: options }));
  const startMs = performance.now();
  let count = 0;
  let begun = 0;
  const lane = async () => {
    while (begun < Number(flags.jobs) && performance.now() - startMs < span.measureMs) {
      begun += BULK_JOBS;
      await queue.addBulk(bulk);
      count += BULK_JOBS;
    }
  };
  await Promise.all(Array.from({ length: BULKS_IN_FLIGHT }, lane));
  const seconds = (performance.now() - startMs) / 1000;
  return { count, seconds, perSecond: count / seconds };
}

async function drain(): Promise<LoadResult> {
  const counted = new CountedJobs(Number(flags.jobs), span);
  startWorker(Number(flags.workers), counted.onJob);
  return counted.result;
}

/** One worker with as much concurrency as there would be workers, or that many with a connection to share and one of their own. */
async function stay(): Promise<LoadResult> {
  const count = Number(flags.workers);
  const workers =
    flags.load === "worker"
      ? [startWorker(count, () => {})]
      : Array.from({ length: count }, (_, index) => startWorker(1, () => {}, index === 0 ? connection : shared()));
  await Promise.all(workers.map((worker) => worker.waitUntilReady()));
  return { count, seconds: 0, perSecond: 0 };
}

let sharedConnection: object | undefined;

function shared(): object {
  sharedConnection ??= new Redis(connection);
  return sharedConnection;
}

const LOADS: Readonly<Record<string, () => Promise<LoadResult>>> = { echo, submit, drain, worker: stay, idle: stay };
const isStaying = flags.load === "worker" || flags.load === "idle";
const result = await LOADS[flags.load]?.().catch(failed);
process.stdout.write(`${JSON.stringify(result)}\n`, () => {
  if (!isStaying) process.exit(0);
  process.stdin.once("end", () => process.exit(0)).resume();
});
