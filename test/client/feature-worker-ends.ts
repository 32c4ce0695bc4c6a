/** Plays of the worker: time limits, stop and drain. */
import { strict as assert } from "node:assert";
import type { WorkerEvent } from "../../src/index.ts";
import { until } from "../harness/until.ts";
import { codeOf, type Feature, failures, textOf } from "./feature.ts";
import { echo } from "./feature-jobs.ts";
import type { FeatureStage } from "./feature-stage.ts";
import { Gate } from "./gate.ts";

async function timeLimit(stage: FeatureStage): Promise<void> {
  const events: WorkerEvent[] = [];
  const started = new Gate();
  const gate = new Gate();
  let reason: unknown;
  stage.work(
    (worker) =>
      worker.can(`${stage.name}.next`, echo).can(
        stage.name,
        async (job) => {
          job.signal.addEventListener("abort", () => {
            reason = codeOf(job.signal.reason);
          });
          started.open();
          await gate.opened;
          return "too late";
        },
        { timeoutMs: 1_000 },
      ),
    { onEvent: (event) => void events.push(event) },
  );
  const client = stage.client();
  const startMs = performance.now();
  const result = client.run(stage.name, "x");
  await started.opened;
  stage.work((worker) => worker.can(stage.name, () => "in time"));
  assert.equal(textOf(await result), "in time");
  assert.ok(performance.now() - startMs >= 950, "the job was taken back before its time");
  await until(() => reason !== undefined, { what: "the end of job.signal" });
  assert.equal(reason, "TIMED_OUT");
  gate.open();
  assert.equal(textOf(await client.run(`${stage.name}.next`, "next")), "next");
  assert.deepEqual(failures(events), ["TIMED_OUT"]);
}

/** Two jobs of one worker run out of time, whose handlers go on until the first is over elsewhere; answers how each ended. */
async function twoLimits(stage: FeatureStage, isForgotten: boolean): Promise<readonly string[]> {
  let startedCount = 0;
  let abortedCount = 0;
  const both = new Gate();
  const released = new Gate();
  stage.work(
    (worker) =>
      worker.can(
        stage.name,
        async (job) => {
          startedCount += 1;
          if (startedCount > 2) return "in time";
          if (startedCount === 2) both.open();
          job.signal.addEventListener("abort", () => {
            abortedCount += 1;
          });
          await released.opened;
          return "not sent";
        },
        { timeoutMs: 1_000 },
      ),
    { concurrency: 2 },
  );
  const client = stage.client();
  const jobs = ["1", "2"].map(async (workload) => {
    try {
      return textOf(await client.run(stage.name, workload));
    } catch (error) {
      return String(codeOf(error));
    }
  });
  await both.opened;
  stage.work((worker) => worker.can(stage.name, () => "in time"));
  await until(() => abortedCount === 2, { what: "both ends of job.signal" });
  // A job that the server has forgotten is failed only when its handler is over.
  if (!isForgotten) await Promise.all(jobs);
  released.open();
  return await Promise.all(jobs);
}

async function limitReplaced(stage: FeatureStage): Promise<void> {
  const worker = stage.work((able) => able.can(stage.name, echo, { timeoutMs: 1_000 }));
  const client = stage.client();
  assert.equal(textOf(await client.run(stage.name, "with a limit")), "with a limit");
  let runCount = 0;
  worker.can(stage.name, async () => {
    runCount += 1;
    const endAtMs = performance.now() + 1_500;
    await until(() => performance.now() > endAtMs, { what: "more than the limit" });
    return `run ${runCount}`;
  });
  assert.equal(textOf(await client.run(stage.name, "without a limit", { timeoutMs: 8_000 })), "run 1");
}

async function withinLimit(stage: FeatureStage): Promise<void> {
  stage.work((worker) => worker.can(stage.name, echo, { timeoutMs: 1_000 }), { concurrency: 4 });
  const client = stage.client();
  const startMs = performance.now();
  // A timer that is not ended with its job would end a later one.
  await until(
    async () => {
      await Promise.all(Array.from({ length: 4 }, () => client.run(stage.name, "x")));
      return performance.now() - startMs > 1_300;
    },
    { what: "jobs for longer than the time limit of one" },
  );
}

async function stopEndsJobs(stage: FeatureStage): Promise<void> {
  const gate = new Gate();
  const seen: string[] = [];
  const slow = stage.worker({ concurrency: 4 });
  slow.can(stage.name, async (job) => {
    seen.push(textOf(job.workload));
    await gate.opened;
    return `slow ${textOf(job.workload)}`;
  });
  const run = slow.run();
  const client = stage.client();
  const jobs = Array.from({ length: 12 }, (_, index) => client.run(stage.name, `${index}`));
  await until(() => seen.length === 4, { what: "four jobs in hand" });
  const stopped = slow.stop();
  await client.echo("barrier");
  gate.open();
  await Promise.all([run, stopped]);
  assert.deepEqual(seen, ["0", "1", "2", "3"]);
  stage.work((worker) => worker.can(stage.name, (job) => `next ${textOf(job.workload)}`));
  const results = await Promise.all(jobs);
  const wanted = Array.from({ length: 12 }, (_, index) => `${index < 4 ? "slow" : "next"} ${index}`);
  assert.deepEqual(results.map(textOf), wanted);
}

async function stopUnderLoad(stage: FeatureStage): Promise<void> {
  const runs = new Map<string, number>();
  const start = () =>
    stage.work(
      (worker) =>
        worker.can(stage.name, async (job) => {
          const key = textOf(job.workload);
          runs.set(key, (runs.get(key) ?? 0) + 1);
          await new Promise((resolve) => setImmediate(resolve));
          return job.workload;
        }),
      { concurrency: 4 },
    );
  const client = stage.client();
  const jobs = Promise.all(Array.from({ length: 400 }, (_, index) => client.run(stage.name, `${index}`)));
  for (let turn = 1; turn <= 6; turn += 1) {
    const worker = start();
    await until(() => runs.size >= turn * 40, { what: "some jobs" });
    await worker.stop();
  }
  start();
  const results = await jobs;
  assert.deepEqual(
    results.map(textOf),
    Array.from({ length: 400 }, (_, index) => `${index}`),
  );
  assert.deepEqual(
    [...runs].filter(([, count]) => count > 1),
    [],
    "jobs that ran more than once",
  );
}

async function stopAborts(stage: FeatureStage): Promise<void> {
  const events: WorkerEvent[] = [];
  const started = new Gate();
  let reason: unknown;
  const worker = stage.work(
    (slow) =>
      slow.can(stage.name, async (job) => {
        started.open();
        await new Promise<void>((resolve) => job.signal.addEventListener("abort", () => resolve()));
        reason = codeOf(job.signal.reason);
        return "not sent";
      }),
    { drainMs: 50, onEvent: (event) => void events.push(event) },
  );
  const result = stage.client().run(stage.name, "x");
  await started.opened;
  await worker.stop();
  assert.equal(reason, "CLOSED");
  assert.deepEqual(failures(events), ["CLOSED"]);
  stage.work((next) => next.can(stage.name, () => "the next worker's"));
  assert.equal(textOf(await result), "the next worker's");
}

async function stopLeavesDeaf(stage: FeatureStage): Promise<void> {
  const started = new Gate();
  const gate = new Gate();
  const worker = stage.work(
    (deaf) =>
      deaf.can(stage.name, async () => {
        started.open();
        await gate.opened;
        return "not sent";
      }),
    { drainMs: 20, abortMs: 20 },
  );
  const result = stage.client().run(stage.name, "x");
  await started.opened;
  await worker.stop();
  stage.work((next) => next.can(stage.name, () => "the next worker's"));
  assert.equal(textOf(await result), "the next worker's");
  gate.open();
}

async function signalStops(stage: FeatureStage): Promise<void> {
  const controller = new AbortController();
  const worker = stage.worker();
  worker.can(stage.name, echo);
  const run = worker.run({ signal: controller.signal });
  assert.equal(textOf(await stage.client().run(stage.name, "x")), "x");
  controller.abort();
  await run;
  await stage.untilWorkers(stage.name, false);
  await worker.stop();
}

async function stopsWithoutServer(stage: FeatureStage): Promise<void> {
  const worker = stage.work((able) => able.can(stage.name, echo), { servers: [await stage.deadServer()] });
  await worker.stop();
}

/** Plays of the worker's ends. */
export const WORKER_END_FEATURES: readonly Feature[] = [
  { name: "a job over its time limit goes to another worker, and its late result nowhere", play: timeLimit },
  {
    name: "of several jobs at once each has a time limit of its own",
    play: async (stage) => assert.deepEqual(await twoLimits(stage, false), ["in time", "in time"]),
    onGearmand: {
      because: "it has one timer for a connection; what it forgets, the worker fails",
      play: async (stage) => {
        for (const end of await twoLimits(stage, true)) assert.ok(["in time", "JOB_FAILED"].includes(end), end);
      },
    },
  },
  { name: "a function that is replaced without a time limit has none", play: limitReplaced },
  { name: "jobs within their time limit are let be", play: withinLimit },
  { name: "stop lets the jobs in hand end and takes no more", play: stopEndsJobs },
  { name: "workers that stop under load lose no job and do none twice", play: stopUnderLoad },
  { name: "after drainMs job.signal aborts, and another worker gets the job", play: stopAborts },
  { name: "after abortMs a handler that does not listen is left", play: stopLeavesDeaf },
  { name: "the signal of run stops the worker", play: signalStops },
  { name: "a worker without a server stops", play: stopsWithoutServer },
];
