/** Plays of the worker: what it can, how many jobs at once, what handlers throw and return, its id. */
import { strict as assert } from "node:assert";
import { hostname } from "node:os";
import { GearError, type WorkerEvent, type WorkerJob } from "../../src/index.ts";
import { until } from "../harness/until.ts";
import { type Feature, refusal, textOf } from "./feature.ts";
import { echo } from "./feature-jobs.ts";
import type { FeatureStage } from "./feature-stage.ts";
import { Gate } from "./gate.ts";

async function oneAtATime(stage: FeatureStage): Promise<void> {
  let inHand = 0;
  let most = 0;
  stage.work((worker) =>
    worker.can(stage.name, async (job) => {
      inHand += 1;
      most = Math.max(most, inHand);
      // A turn of the event loop and a round trip for each.
      await job.data("x");
      await new Promise((resolve) => setImmediate(resolve));
      inHand -= 1;
      return job.workload;
    }),
  );
  const client = stage.client();
  await Promise.all(Array.from({ length: 20 }, (_, index) => client.run(stage.name, `${index}`)));
  assert.equal(most, 1);
}

async function eightAtOnce(stage: FeatureStage): Promise<void> {
  const relay = await stage.relay();
  const gate = new Gate();
  let inHand = 0;
  const work = async (job: WorkerJob) => {
    inHand += 1;
    if (inHand === 8) gate.open();
    await gate.opened;
    return job.workload;
  };
  stage.work((worker) => worker.can(stage.name, work), { servers: [relay.address], concurrency: 8 });
  const client = stage.client();
  const results = await Promise.all(Array.from({ length: 8 }, (_, index) => client.run(stage.name, `${index}`)));
  assert.deepEqual(results.map(textOf), ["0", "1", "2", "3", "4", "5", "6", "7"]);
  assert.equal(relay.acceptedCount, 1);
}

async function ninthWaits(stage: FeatureStage): Promise<void> {
  const gate = new Gate();
  let inHand = 0;
  let most = 0;
  stage.work(
    (worker) =>
      worker.can(stage.name, async (job) => {
        inHand += 1;
        most = Math.max(most, inHand);
        if (textOf(job.workload) === "held") await gate.opened;
        inHand -= 1;
        return job.workload;
      }),
    { concurrency: 8 },
  );
  const client = stage.client();
  const held = Array.from({ length: 7 }, () => client.run(stage.name, "held"));
  // The eighth hand does them all.
  for (let index = 0; index < 20; index += 1) await client.run(stage.name, `${index}`);
  gate.open();
  await Promise.all([...held, ...Array.from({ length: 40 }, () => client.run(stage.name, "held"))]);
  assert.equal(most, 8);
}

async function severalFunctions(stage: FeatureStage): Promise<void> {
  stage.work((worker) => {
    for (const end of ["a", "b", "c"]) worker.can(`${stage.name}.${end}`, (job) => `${end} ${textOf(job.workload)}`);
  });
  const client = stage.client();
  const results = await Promise.all(["a", "b", "c", "a"].map((end) => client.run(`${stage.name}.${end}`, "x")));
  assert.deepEqual(results.map(textOf), ["a x", "b x", "c x", "a x"]);
}

async function canWhileRunning(stage: FeatureStage): Promise<void> {
  const worker = stage.work((idle) => idle.can(`${stage.name}.other`, echo));
  await stage.untilWorkers(`${stage.name}.other`, true);
  const client = stage.client();
  const result = client.run(stage.name, "waits");
  worker.can(stage.name, echo);
  assert.equal(textOf(await result), "waits");
  worker.can(stage.name, () => "replaced");
  assert.equal(textOf(await client.run(stage.name, "x")), "replaced");
}

async function nothingToRun(stage: FeatureStage): Promise<void> {
  const worker = stage.worker();
  await refusal(worker.run(), "INVALID_ARGUMENT");
  worker.can(stage.name, echo).cannot(stage.name);
  await refusal(worker.run(), "INVALID_ARGUMENT");
}

async function cannotWhileRunning(stage: FeatureStage): Promise<void> {
  const other = `${stage.name}.other`;
  const worker = stage.work((able) => able.can(stage.name, echo).can(other, echo));
  const client = stage.client();
  assert.equal(textOf(await client.run(stage.name, "one")), "one");
  worker.cannot(stage.name);
  await stage.untilWorkers(stage.name, false);
  const waiting = await client.submit(stage.name, "two");
  assert.equal(textOf(await client.run(other, "other")), "other");
  assert.equal((await client.status(waiting.handle)).isRunning, false);
  worker.can(stage.name, echo);
  assert.equal(textOf(await waiting.result), "two");
}

async function cannotWithJobInHand(stage: FeatureStage): Promise<void> {
  const started = new Gate();
  let reason: unknown;
  const worker = stage.work((able) => {
    able.can(`${stage.name}.other`, echo);
    able.can(stage.name, async (job) => {
      started.open();
      await new Promise<void>((resolve) => job.signal.addEventListener("abort", () => resolve()));
      reason = job.signal.reason;
      return "not sent";
    });
  });
  const client = stage.client();
  const result = client.run(stage.name, "in hand");
  await started.opened;
  worker.cannot(stage.name);
  stage.work((next) => next.can(stage.name, () => "the next worker's"));
  assert.equal(textOf(await result), "the next worker's");
  assert.ok(reason instanceof GearError && reason.code === "CLOSED");
  assert.equal(textOf(await client.run(`${stage.name}.other`, "next")), "next");
}

async function seesJob(stage: FeatureStage): Promise<void> {
  const jobs: WorkerJob[] = [];
  stage.work((worker) => worker.can(stage.name, (job) => void jobs.push(job)));
  const job = await stage.client().submit(stage.name, "x", { unique: "key" });
  await job.result;
  const [seen] = jobs;
  assert.ok(seen !== undefined);
  const { handle, unique, reducer, server } = seen;
  assert.deepEqual(
    { handle, function: seen.function, unique, reducer, server },
    { handle: job.handle, function: stage.name, unique: "key", reducer: "", server: stage.server },
  );
  assert.equal(seen.signal.aborted, false);
}

const ODD_THINGS: readonly unknown[] = [
  undefined,
  null,
  "boom",
  "",
  7,
  { of: "no error" },
  [],
  Symbol("odd"),
  () => {},
];

async function oddThrows(stage: FeatureStage): Promise<void> {
  const errors: unknown[] = [];
  stage.work(
    (worker) =>
      worker
        .can(stage.name, (job) => {
          throw ODD_THINGS[Number(textOf(job.workload))];
        })
        .can(`${stage.name}.later`, async (job) => await Promise.reject(ODD_THINGS[Number(textOf(job.workload))]))
        .can(`${stage.name}.fine`, echo),
    { onEvent: (event) => void (event.kind === "failed" && errors.push(event.error)) },
  );
  const client = stage.client();
  for (const name of [stage.name, `${stage.name}.later`]) {
    for (const index of ODD_THINGS.keys()) await refusal(client.run(name, `${index}`), "JOB_EXCEPTION");
  }
  assert.deepEqual(errors, [...ODD_THINGS, ...ODD_THINGS]);
  assert.match((await refusal(client.run(stage.name, "2"), "JOB_EXCEPTION")).message, /boom/);
  assert.equal(textOf(await client.run(`${stage.name}.fine`, "fine")), "fine");
}

async function oddResults(stage: FeatureStage): Promise<void> {
  const events: WorkerEvent[] = [];
  const odd: readonly unknown[] = [7, null, { a: 1 }, true, [1, 2]];
  stage.work((worker) => worker.can(stage.name, (job) => odd[Number(textOf(job.workload))] as string), {
    onEvent: (event) => void (event.kind === "failed" && events.push(event)),
  });
  const client = stage.client();
  for (const index of odd.keys()) await refusal(client.run(stage.name, `${index}`), "JOB_EXCEPTION");
  for (const event of events) {
    assert.ok(event.kind === "failed" && event.error instanceof GearError);
    assert.equal(event.error.code, "BAD_DATA");
    assert.equal(event.function, stage.name);
  }
  assert.equal(events.length, odd.length);
}

async function noResult(stage: FeatureStage): Promise<void> {
  stage.work((worker) => worker.can(stage.name, () => {}).can(`${stage.name}.async`, async () => {}));
  const client = stage.client();
  assert.equal((await client.run(stage.name, "x")).length, 0);
  assert.equal((await client.run(`${stage.name}.async`, "x")).length, 0);
}

async function oddStatus(stage: FeatureStage): Promise<void> {
  const codes: unknown[] = [];
  stage.work((worker) =>
    worker.can(stage.name, (job) => {
      for (const [numerator, denominator] of [
        [-1, 2],
        [0.5, 2],
        [1, Number.NaN],
      ] as const) {
        try {
          job.status(numerator, denominator);
        } catch (error) {
          codes.push(error instanceof GearError && error.code);
        }
      }
    }),
  );
  const job = await stage.client().submit(stage.name);
  for await (const update of job.updates()) assert.fail(`an update: ${update.kind}`);
  await job.result;
  assert.deepEqual(codes, ["INVALID_ARGUMENT", "INVALID_ARGUMENT", "INVALID_ARGUMENT"]);
}

async function clientId(stage: FeatureStage): Promise<void> {
  stage.work((worker) => worker.can(stage.name, echo), { clientId: `id-of-${stage.name}` });
  stage.work((worker) => worker.can(`${stage.name}.default`, echo));
  const wanted = [
    `127.0.0.1 id-of-${stage.name} : ${stage.name}\n`,
    `127.0.0.1 ${process.pid}@${hostname()} : ${stage.name}.default\n`,
  ];
  await until(
    async () => {
      const told = await stage.ask("workers");
      return wanted.every((line) => told.includes(line));
    },
    { what: wanted.join("and ") },
  );
}

/** Plays of the worker. */
export const WORKER_FEATURES: readonly Feature[] = [
  { name: "a worker does one job at a time by default", play: oneAtATime },
  { name: "a worker does eight jobs really at once on one connection", play: eightAtOnce },
  {
    name: "a worker never has more jobs in hand than its concurrency, and grabs on while one is free",
    play: ninthWaits,
  },
  { name: "a worker can several functions", play: severalFunctions },
  { name: "can while it runs: jobs that wait are done, and a handler is replaced", play: canWhileRunning },
  { name: "a worker that can nothing does not run", play: nothingToRun },
  { name: "cannot while it runs: jobs stay queued until it can again", play: cannotWhileRunning },
  { name: "cannot aborts the job in hand, and another worker gets it", play: cannotWithJobInHand },
  { name: "a job knows its handle, function, unique and server", play: seesJob },
  { name: "whatever a handler throws is an exception, and the worker works on", play: oddThrows },
  { name: "a result of the wrong type is an exception, and BAD_DATA for the worker", play: oddResults },
  { name: "a handler without a result gives an empty one", play: noResult },
  { name: "a status that is no whole number throws INVALID_ARGUMENT", play: oddStatus },
  { name: "the client id is seen in workers", play: clientId },
];
