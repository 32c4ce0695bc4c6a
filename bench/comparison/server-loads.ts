/** How the loads are put on each kind of job server. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ROOT_FOLDER } from "../../test/harness/runtimes.ts";
import type { LoadGenerator } from "../generator.ts";
import { type HeldLoad, type LoadResult, ProgramRun } from "../program-run.ts";
import { PEERS_FOLDER } from "./npm-peers.ts";
import type { EchoShape } from "./rows.ts";

/** How many jobs at most, and for how long. */
export interface Amount {
  readonly jobs: number;
  readonly seconds: number;
}

/** The loads in the protocol of a kind of server. */
export interface ServerLoads {
  echo(port: number, shape: EchoShape, seconds: number): Promise<LoadResult>;
  /** Background jobs of 64 bytes. */
  submit(port: number, amount: Amount): Promise<LoadResult>;
  /** Works queued jobs with 16 workers. */
  drain(port: number, amount: Amount): Promise<LoadResult>;
  /** Workers that wait. */
  idle(port: number, workers: number): Promise<HeldLoad>;
}

/** More jobs than any server does in the time of a load. */
const JOBS_MAX = 5_000_000;
/** What a load may take beyond its time until it counts as stalled, ms. */
const GRACE_MS = 15_000;
const WORKERS = 16;

/** The loads by one of the generators written in C; their options are the same. */
export function generatedLoads(generator: LoadGenerator): ServerLoads {
  const run = (port: number, words: string, seconds: number) =>
    generator.run(port, `${words} -t ${seconds}`, seconds * 1000 + GRACE_MS);
  return {
    echo: (port, { clients, inFlight, workers }, seconds) =>
      run(port, `-m echo -c ${clients} -d ${inFlight} -w ${workers} -n ${JOBS_MAX}`, seconds),
    submit: (port, { jobs, seconds }) => run(port, `-m submit -c 8 -d 256 -n ${jobs}`, seconds),
    drain: (port, { jobs, seconds }) => run(port, `-m drain -w ${WORKERS} -n ${jobs}`, seconds),
    idle: (port, workers) => generator.hold(port, `-m idle -w ${workers}`),
  };
}

const PROGRAM = fileURLToPath(import.meta.resolve("../programs/bullmq-program.ts"));
const NODE = join(ROOT_FOLDER, "node_modules", ".bin", "node");
/** Part of a load's time that goes before it and is not counted. */
const WARM_SHARE = 0.3;

function bullmq(port: number, load: string, flags: Readonly<Record<string, number>>, seconds = 0): ProgramRun {
  const words = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const command = [NODE, PROGRAM, "--load", load, "--port", String(port), "--peers", PEERS_FOLDER, ...words];
  const times =
    seconds === 0 ? [] : ["--measure-ms", String(seconds * 1000), "--warm-ms", String(seconds * 1000 * WARM_SHARE)];
  const limitMs = seconds === 0 ? undefined : seconds * 1000 * (1 + WARM_SHARE) + GRACE_MS;
  return new ProgramRun([...command, ...times], { limitMs });
}

/** The loads by BullMQ on Node: one process submits, another one works. */
export function bullmqLoads(): ServerLoads {
  return {
    echo: async (port, { clients, inFlight, workers }, seconds) => {
      const worker = await bullmq(port, "worker", { workers }).held();
      try {
        return await bullmq(port, "echo", { "in-flight": clients * inFlight }, seconds).result;
      } finally {
        await worker.release();
      }
    },
    submit: (port, { jobs, seconds }) => bullmq(port, "submit", { jobs }, seconds).result,
    drain: (port, { jobs, seconds }) => bullmq(port, "drain", { jobs, workers: WORKERS }, seconds).result,
    idle: (port, workers) => bullmq(port, "idle", { workers }).held(),
  };
}
