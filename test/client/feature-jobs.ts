/** Plays of jobs: workloads and results, updates, uniques, priorities, map. */
import { strict as assert } from "node:assert";
import {
  bytes,
  defineFunction,
  GearError,
  json,
  type SubmittedJob,
  text,
  type Update,
  type WorkerJob,
} from "../../src/index.ts";
import { until } from "../harness/until.ts";
import { type Feature, refusal, sameBytes, textOf } from "./feature.ts";
import type { FeatureStage } from "./feature-stage.ts";

const ALL_BYTES = Uint8Array.from({ length: 259 }, (_, index) => (index === 0 || index > 256 ? 0 : index - 1));

/** Gives the workload back. */
export function echo(job: WorkerJob): Uint8Array {
  return job.workload;
}

function longBytes(length: number): Uint8Array {
  const long = new Uint8Array(length);
  for (let at = 0; at < length; at += 1) long[at] = (at * 2_654_435_761) >>> 16;
  return long;
}

function thereAndBack(...workloads: readonly (Uint8Array | string)[]): Feature["play"] {
  return async (stage) => {
    stage.work((worker) => worker.can(stage.name, echo));
    const client = stage.client();
    for (const workload of workloads) sameBytes(await client.run(stage.name, workload), workload);
  };
}

async function withoutWorkload(stage: FeatureStage): Promise<void> {
  stage.work((worker) => worker.can(stage.name, (job) => `${job.workload.length}`));
  assert.equal(textOf(await stage.client().run(stage.name)), "0");
}

async function texts(stage: FeatureStage): Promise<void> {
  const shout = defineFunction(stage.name, { workload: text, result: text });
  stage.work((worker) => worker.can(shout, ({ workload }) => workload.toUpperCase()));
  assert.equal(await stage.client().run(shout, "grün 😀"), "GRÜN 😀");
}

async function values(stage: FeatureStage): Promise<void> {
  const sum = defineFunction(stage.name, {
    workload: json<{ readonly of: readonly number[] }>(),
    result: json<{ readonly sum: number }>(),
  });
  stage.work((worker) =>
    worker.can(sum, async ({ workload }) => ({ sum: workload.of.reduce((one, other) => one + other, 0) })),
  );
  const result = await stage.client().run(sum, { of: [1, 2, 39] });
  assert.equal(result.sum, 42);
}

async function mixedCodecs(stage: FeatureStage): Promise<void> {
  const count = defineFunction(stage.name, { workload: bytes, result: json<number>() });
  stage.work((worker) => worker.can(count, ({ workload }) => workload.length));
  const client = stage.client();
  assert.equal(await client.run(count, new Uint8Array(7)), 7);
  assert.equal(await client.run(count, "größe"), 7);
}

async function utf8Names(stage: FeatureStage): Promise<void> {
  const name = `${stage.name}.größe-日本`;
  stage.work((worker) => worker.can(name, (job) => `${job.function}|${job.unique}|${textOf(job.workload)}`));
  const result = await stage.client().run(name, "naïve", { unique: "schlüssel" });
  assert.equal(textOf(result), `${name}|schlüssel|naïve`);
}

/** A worker that tells all kinds of updates, and ends when the gate is open. */
function telling(stage: FeatureStage, end: (job: WorkerJob) => string): void {
  stage.work((worker) =>
    worker.can(stage.name, async (job) => {
      await job.data("one\0");
      job.status(1, 4);
      await job.warning(Uint8Array.of(0, 7));
      job.status(3, 4);
      await job.data("");
      return end(job);
    }),
  );
}

function shown(update: Update): string {
  if (update.kind === "status") return `status ${update.numerator}/${update.denominator}`;
  if (update.kind === "resubmitted") return update.kind;
  return `${update.kind} ${Buffer.from(update.data).toString("hex")}`;
}

const TOLD = ["data 6f6e6500", "status 1/4", "warning 0007", "status 3/4", "data "];

async function read(job: SubmittedJob<unknown>): Promise<string[]> {
  const seen: string[] = [];
  for await (const update of job.updates()) seen.push(shown(update));
  return seen;
}

async function iterated(stage: FeatureStage): Promise<void> {
  telling(stage, () => "streamed");
  const job = await stage.client().submit(stage.name, "x");
  assert.match(job.handle, /^H:/);
  assert.equal(job.server, stage.server);
  assert.deepEqual(await read(job), TOLD);
  assert.equal(textOf(await job.result), "streamed");
}

async function readLate(stage: FeatureStage): Promise<void> {
  telling(stage, () => "streamed");
  const job = await stage.client().submit(stage.name, "x");
  assert.equal(textOf(await job.result), "streamed");
  assert.deepEqual(await read(job), TOLD);
}

async function heard(stage: FeatureStage): Promise<void> {
  telling(stage, () => "heard");
  const seen: string[] = [];
  const result = await stage.client().run(stage.name, "x", { onUpdate: (update) => seen.push(shown(update)) });
  assert.equal(textOf(result), "heard");
  assert.deepEqual(seen, TOLD);
}

async function flood(stage: FeatureStage): Promise<void> {
  const part = new Uint8Array(262_144);
  stage.work((worker) =>
    worker.can(stage.name, async (job) => {
      for (let count = 0; count < 200; count += 1) await job.data(part);
      return "end";
    }),
  );
  let length = 0;
  const onUpdate = (update: Update) => {
    if (update.kind === "data") length += update.data.length;
  };
  assert.equal(textOf(await stage.client().run(stage.name, "", { onUpdate })), "end");
  assert.equal(length, 200 * part.length);
}

async function lastStatus(stage: FeatureStage): Promise<void> {
  stage.work((worker) =>
    worker.can(stage.name, (job) => {
      for (let part = 1; part <= 5; part += 1) job.status(part, 5);
    }),
  );
  const heardAll: string[] = [];
  const options = { onUpdate: (update: Update) => void heardAll.push(shown(update)) };
  const job = await stage.client().submit(stage.name, "x", options);
  await job.result;
  assert.deepEqual(await read(job), ["status 5/5"]);
  assert.deepEqual(heardAll, ["status 1/5", "status 2/5", "status 3/5", "status 4/5", "status 5/5"]);
}

async function updatesOfFailedJob(stage: FeatureStage): Promise<void> {
  telling(stage, () => {
    throw new GearError("JOB_FAILED", "no");
  });
  const job = await stage.client().submit(stage.name, "x");
  assert.deepEqual(await read(job), TOLD);
  await refusal(job.result, "JOB_FAILED");
}

async function unreadUpdates(stage: FeatureStage): Promise<void> {
  stage.work((worker) =>
    worker.can(stage.name, async (job) => {
      for (let part = 0; part < 4; part += 1) await job.data(new Uint8Array(65_536));
      return "whole";
    }),
  );
  const job = await stage.client({ updateBytesMax: 1_000 }).submit(stage.name);
  assert.equal(textOf(await job.result), "whole");
  await refusal(read(job), "QUEUE_FULL");
}

async function priorities(stage: FeatureStage): Promise<void> {
  const client = stage.client();
  for (const priority of ["low", "normal", "high"] as const) {
    await client.submitBackground(stage.name, `${priority} in the background`, { priority });
  }
  const jobs = await Promise.all(
    (["low", "normal", "high"] as const).map((priority) => client.submit(stage.name, priority, { priority })),
  );
  const seen: string[] = [];
  stage.work((worker) => worker.can(stage.name, (job) => void seen.push(textOf(job.workload))));
  await Promise.all(jobs.map(({ result }) => result));
  const wanted = ["high", "normal", "low"].flatMap((priority) => [`${priority} in the background`, priority]);
  assert.deepEqual(seen, wanted);
}

/** Submits a job by each client with the workload and unique given, all before a worker comes; answers handles, results, runs. */
async function together(
  stage: FeatureStage,
  clients: readonly ReturnType<FeatureStage["client"]>[],
  jobs: readonly { readonly workload: string; readonly unique: string }[],
) {
  const submitted: SubmittedJob<Uint8Array>[] = [];
  for (const [index, { workload, unique }] of jobs.entries()) {
    const client = clients[index % clients.length];
    assert.ok(client !== undefined);
    submitted.push(await client.submit(stage.name, workload, { unique }));
  }
  const runs: string[] = [];
  stage.work((worker) =>
    worker.can(stage.name, (job) => {
      runs.push(job.unique);
      return job.workload;
    }),
  );
  const results = await Promise.all(submitted.map(({ result }) => result));
  return { handles: submitted.map(({ handle }) => handle), results: results.map(textOf), runs };
}

function coalesced(clientCount: number): Feature["play"] {
  return async (stage) => {
    const clients = Array.from({ length: clientCount }, () => stage.client());
    const { handles, results, runs } = await together(stage, clients, [
      { workload: "first", unique: "same" },
      { workload: "second", unique: "same" },
      { workload: "third", unique: "other" },
    ]);
    assert.equal(handles[0], handles[1]);
    assert.notEqual(handles[0], handles[2]);
    assert.deepEqual(results, ["first", "first", "third"]);
    assert.deepEqual(runs, ["same", "other"]);
  };
}

async function byWorkload(stage: FeatureStage): Promise<void> {
  const { handles, results, runs } = await together(
    stage,
    [stage.client()],
    [
      { workload: "one", unique: "-" },
      { workload: "one", unique: "-" },
      { workload: "two", unique: "-" },
    ],
  );
  assert.equal(handles[0], handles[1]);
  assert.notEqual(handles[0], handles[2]);
  assert.deepEqual(results, ["one", "one", "two"]);
  assert.equal(runs.length, 2);
}

async function joinsBackground(stage: FeatureStage): Promise<void> {
  const client = stage.client();
  const handle = await client.submitBackground(stage.name, "in the background", { unique: "shared" });
  const job = await client.submit(stage.name, "in the foreground", { unique: "shared" });
  assert.equal(job.handle, handle);
  stage.work((worker) => worker.can(stage.name, echo));
  assert.equal(textOf(await job.result), "in the background");
}

/** The connection stays attached to the job that was given up, so it gets everything of it twice. */
async function uniqueGivenUp(stage: FeatureStage): Promise<void> {
  const client = stage.client();
  const controller = new AbortController();
  const first = await client.submit(stage.name, "first", { unique: "same", signal: controller.signal });
  controller.abort();
  await refusal(first.result, "ABORTED");
  const seen: string[] = [];
  const second = await client.submit(stage.name, "second", {
    unique: "same",
    onUpdate: (update) => seen.push(shown(update)),
  });
  telling(stage, (job) => textOf(job.workload));
  assert.equal(textOf(await second.result), "first");
  assert.deepEqual(seen, TOLD);
}

async function longUniques(stage: FeatureStage, isSame: boolean): Promise<void> {
  const unique = "u".repeat(64);
  const client = stage.client();
  const handles = [
    await client.submitBackground(stage.name, "x", { unique }),
    await client.submitBackground(stage.name, "x", { unique }),
  ];
  assert.equal(handles[0] === handles[1], isSame);
}

async function reduced(stage: FeatureStage): Promise<void> {
  const seen: string[] = [];
  stage.work((worker) =>
    worker.can(stage.name, (job) => {
      seen.push(`${job.function} ${job.unique} ${job.reducer} ${textOf(job.workload)}`);
      return job.reducer;
    }),
  );
  const client = stage.client();
  const result = await client.run(stage.name, "a b", { reducer: "adder", unique: "key" });
  assert.equal(textOf(result), "adder");
  assert.equal(textOf(await client.run(stage.name, "plain")), "");
  await client.submitBackground(stage.name, "later", { reducer: "adder" });
  await until(() => seen.length === 3, { what: "the reduce job in the background" });
  assert.deepEqual(seen, [`${stage.name} key adder a b`, `${stage.name}   plain`, `${stage.name}  adder later`]);
}

async function pipelined(stage: FeatureStage): Promise<void> {
  const relay = await stage.relay();
  stage.work((worker) => worker.can(stage.name, (job) => `<${textOf(job.workload)}>`), { concurrency: 16 });
  const client = stage.client({ servers: [relay.address] });
  const results = await Promise.all(Array.from({ length: 1_000 }, (_, index) => client.run(stage.name, `${index}`)));
  assert.deepEqual(
    results.map(textOf),
    Array.from({ length: 1_000 }, (_, index) => `<${index}>`),
  );
  assert.equal(relay.acceptedCount, 1);
}

/** Plays of jobs. */
export const JOB_FEATURES: readonly Feature[] = [
  { name: "bytes and strings come back as bytes", play: thereAndBack(Uint8Array.of(1, 2, 3), "text") },
  { name: "empty workloads and results pass", play: thereAndBack("", new Uint8Array(0)) },
  { name: "a job without a workload has an empty one", play: withoutWorkload },
  { name: "NULs and all other bytes pass", play: thereAndBack(ALL_BYTES, "\0", "\0\0") },
  { name: "1 MiB passes there and back", play: thereAndBack(longBytes(1024 * 1024)) },
  { name: "text is text on both sides", play: texts },
  { name: "JSON values are values on both sides", play: values },
  { name: "workload and result have codecs of their own", play: mixedCodecs },
  { name: "names, uniques and workloads in UTF-8 pass", play: utf8Names },
  { name: "updates come in their order by the iterator, and the result by its promise", play: iterated },
  { name: "updates wait until they are read", play: readLate },
  { name: "updates come in their order to onUpdate", play: heard },
  { name: "of a row of statuses the iterator keeps the last, and onUpdate hears all", play: lastStatus },
  { name: "50 MiB of data stream through, as fast as they are taken", play: flood },
  { name: "the updates of a job that fails end", play: updatesOfFailedJob },
  { name: "unread updates above their limit end with QUEUE_FULL, the job does not", play: unreadUpdates },
  { name: "high goes before normal and normal before low, in fore- and background", play: priorities },
  { name: "jobs of one unique on one connection are one job", play: coalesced(1) },
  { name: "jobs of one unique of two clients are one job", play: coalesced(2) },
  { name: "a foreground job joins the background job of its unique", play: joinsBackground },
  { name: "after one job of a unique was given up, another on the same connection hears all", play: uniqueGivenUp },
  { name: "with the unique - the workload decides", play: byWorkload },
  {
    name: "a unique of 64 bytes coalesces",
    play: (stage) => longUniques(stage, true),
    onGearmand: { because: "it keeps 63 bytes, which never match", play: (stage) => longUniques(stage, false) },
  },
  { name: "the worker of a reduce job sees its reducer", play: reduced },
  { name: "1,000 jobs in flight on one connection each get their own result", play: pipelined },
];
