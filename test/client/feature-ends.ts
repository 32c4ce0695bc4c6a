/** Plays of how calls end otherwise than with a result: exceptions, failures, bad data, signals, time limits, close. */
import { strict as assert } from "node:assert";
import { Client, defineFunction, GearError, json, text, Worker } from "../../src/index.ts";
import { type Feature, refusal, sameBytes, textOf } from "./feature.ts";
import type { FeatureStage } from "./feature-stage.ts";
import { Gate } from "./gate.ts";

async function exception(stage: FeatureStage): Promise<void> {
  stage.work((worker) =>
    worker.can(stage.name, (job) => {
      if (job.workload.length > 0) throw new GearError("JOB_EXCEPTION", "own bytes", { data: job.workload });
      throw new RangeError("that is too large");
    }),
  );
  const client = stage.client();
  const error = await refusal(client.run(stage.name), "JOB_EXCEPTION");
  assert.match(error.message, /RangeError/);
  assert.match(error.message, /that is too large/);
  assert.match(textOf(error.data ?? new Uint8Array(0)), /that is too large/);
  const own = await refusal(client.run(stage.name, Uint8Array.of(0, 200, 0)), "JOB_EXCEPTION");
  sameBytes(own.data ?? new Uint8Array(0), Uint8Array.of(0, 200, 0));
}

async function failure(stage: FeatureStage): Promise<void> {
  stage.work((worker) =>
    worker.can(stage.name, () => {
      throw new GearError("JOB_FAILED", "no");
    }),
  );
  const error = await refusal(stage.client().run(stage.name), "JOB_FAILED");
  assert.equal(error.data, undefined);
}

async function badDataOfClient(stage: FeatureStage): Promise<void> {
  const sum = defineFunction(stage.name, { workload: json<unknown>(), result: json<unknown>() });
  stage.work((worker) => worker.can(stage.name, () => "no JSON {"));
  const client = stage.client();
  await refusal(client.run(sum, 10n), "BAD_DATA");
  await refusal(client.run(sum, 10), "BAD_DATA");
  // A caller without types.
  await refusal(client.run(stage.name, 7 as unknown as string), "BAD_DATA");
  assert.equal(textOf(await client.run(stage.name, "next")), "no JSON {");
}

async function badDataOfWorker(stage: FeatureStage): Promise<void> {
  const errors: unknown[] = [];
  const sum = defineFunction(stage.name, { workload: json<unknown>(), result: text });
  stage.work(
    (worker) =>
      worker.can(sum, ({ workload }) => {
        // A worker without types.
        return (workload === "number" ? 7 : "fine") as string;
      }),
    { onEvent: (event) => void (event.kind === "failed" && errors.push(event.error)) },
  );
  const client = stage.client();
  await refusal(client.run(stage.name, "no JSON {"), "JOB_EXCEPTION");
  await refusal(client.run(sum, "number"), "JOB_EXCEPTION");
  assert.equal(await client.run(sum, "other"), "fine");
  assert.deepEqual(
    errors.map((error) => error instanceof GearError && error.code),
    ["BAD_DATA", "BAD_DATA"],
  );
}

async function abortedBefore(stage: FeatureStage): Promise<void> {
  const reason = new Error("not wanted");
  const signal = AbortSignal.abort(reason);
  const client = stage.client();
  for (const call of [
    client.run(stage.name, "x", { signal }),
    client.submit(stage.name, "x", { signal }),
    client.submitBackground(stage.name, "x", { signal }),
    client.status("H:nowhere:3", { signal }),
    client.echo("x", { signal }),
  ]) {
    assert.equal((await refusal(call, "ABORTED")).cause, reason);
  }
  await client.echo("barrier");
  assert.ok(!(await stage.ask("status")).includes(`${stage.name}\t`), "the job was submitted all the same");
}

async function abortedWaiting(stage: FeatureStage): Promise<void> {
  const controller = new AbortController();
  const client = stage.client({ servers: [await stage.deadServer()], serverWaitMs: 60_000 });
  const calls = [
    client.run(stage.name, "x", { signal: controller.signal }),
    client.submitBackground(stage.name, "x", { signal: controller.signal }),
    client.echo("x", { signal: controller.signal }),
  ].map((call) => refusal(call, "ABORTED"));
  controller.abort();
  await Promise.all(calls);
}

async function abortedRunning(stage: FeatureStage): Promise<void> {
  const started = new Gate();
  const gate = new Gate();
  stage.work((worker) =>
    worker.can(stage.name, async (job) => {
      if (textOf(job.workload) !== "held") return job.workload;
      started.open();
      await gate.opened;
      return "too late";
    }),
  );
  const client = stage.client();
  const controller = new AbortController();
  const job = await client.submit(stage.name, "held", { signal: controller.signal });
  await started.opened;
  controller.abort("enough");
  assert.equal((await refusal(job.result, "ABORTED")).cause, "enough");
  for await (const update of job.updates()) assert.fail(`an update after the end: ${update.kind}`);
  const next = client.run(stage.name, "next");
  gate.open();
  assert.equal(textOf(await next), "next");
}

async function abortedOne(stage: FeatureStage): Promise<void> {
  const client = stage.client();
  const controllers = Array.from({ length: 30 }, () => new AbortController());
  const calls = controllers.map(({ signal }, index) => client.run(stage.name, `${index}`, { signal }));
  const settled = Promise.allSettled(calls);
  for (const [index, controller] of controllers.entries()) if (index % 3 === 0) controller.abort();
  stage.work((worker) => worker.can(stage.name, (job) => job.workload), { concurrency: 4 });
  for (const [index, outcome] of (await settled).entries()) {
    if (index % 3 === 0) assert.equal(outcome.status, "rejected");
    else assert.equal(outcome.status === "fulfilled" && textOf(outcome.value), `${index}`);
  }
}

async function timedOut(stage: FeatureStage): Promise<void> {
  const client = stage.client({ timeoutMs: 50 });
  await refusal(client.run(stage.name, "of the client"), "TIMED_OUT");
  await refusal(client.run(stage.name, "of the job", { timeoutMs: 20 }), "TIMED_OUT");
  // It may be over before the server has answered.
  const submitted = async () => await (await client.submit(stage.name, "submitted", { timeoutMs: 100 })).result;
  await refusal(submitted(), "TIMED_OUT");
  stage.work((worker) => worker.can(stage.name, (held) => held.workload));
  assert.equal(textOf(await client.run(stage.name, "next", { timeoutMs: 0 })), "next");
}

async function closed(stage: FeatureStage): Promise<void> {
  const client = stage.client();
  const job = await client.submit(stage.name, "x");
  const rejections = [
    job.result,
    client.run(stage.name, "y"),
    client.submit(stage.name, "z"),
    client.submitBackground(stage.name, "z"),
    client.status(job.handle),
  ].map((call) => refusal(call, "CLOSED"));
  const updates = (async () => {
    for await (const update of job.updates()) assert.fail(`an update: ${update.kind}`);
  })();
  await client.close();
  await Promise.all(rejections);
  await updates;
  await client.close();
  for (const call of [client.run(stage.name), client.echo("x"), client.status(job.handle)]) {
    await refusal(call, "CLOSED");
  }
}

async function disposed(stage: FeatureStage): Promise<void> {
  let rejection: Promise<GearError>;
  {
    await using client = new Client({ servers: [stage.server] });
    const job = await client.submit(stage.name, "x");
    rejection = refusal(job.result, "CLOSED");
  }
  await rejection;
}

async function resultNotAwaited(stage: FeatureStage): Promise<void> {
  stage.work((worker) =>
    worker.can(stage.name, () => {
      throw new Error("nobody hears it");
    }),
  );
  const job = await stage.client().submit(stage.name);
  for await (const update of job.updates()) assert.fail(`an update: ${update.kind}`);
  // The program tells of every rejection that nobody has handled.
}

async function openMax(stage: FeatureStage): Promise<void> {
  const client = stage.client({ openMax: 2 });
  const one = client.submit(stage.name, "1");
  const two = client.submit(stage.name, "2");
  await refusal(client.run(stage.name, "3"), "QUEUE_FULL");
  stage.work((worker) => worker.can(stage.name, (job) => job.workload));
  assert.equal(textOf(await (await one).result), "1");
  assert.equal(textOf(await (await two).result), "2");
  assert.equal(textOf(await client.run(stage.name, "4")), "4");
}

async function invalid(stage: FeatureStage): Promise<void> {
  const client = stage.client();
  const soon = new Date(Date.now() + 60_000);
  for (const call of [
    client.run(""),
    client.run("a\0b"),
    client.run("n".repeat(513)),
    client.run(stage.name, "x", { unique: "ü".repeat(33) }),
    client.run(stage.name, "x", { reducer: "r", priority: "high" }),
    client.submitBackground(stage.name, "x", { at: soon, priority: "low" }),
    client.submitBackground(stage.name, "x", { at: soon, reducer: "r" }),
    client.run(stage.name, "x", { timeoutMs: -1 }),
  ]) {
    await refusal(call, "INVALID_ARGUMENT");
  }
  const isInvalid = (error: unknown) => error instanceof GearError && error.code === "INVALID_ARGUMENT";
  assert.throws(() => new Client({ servers: [] }), isInvalid);
  assert.throws(() => new Client({ servers: ["host:99999"] }), isInvalid);
  assert.throws(() => new Worker({ concurrency: 0 }), isInvalid);
  assert.throws(() => new Worker({ clientId: "two words" }), isInvalid);
  const worker = stage.worker();
  assert.throws(() => worker.can("", () => {}), isInvalid);
  assert.throws(() => worker.can(stage.name, () => {}, { timeoutMs: 999 }), isInvalid);
}

/** Plays of ends. */
export const END_FEATURES: readonly Feature[] = [
  { name: "an error of a handler is an exception with its name, its text and its bytes", play: exception },
  { name: "a job that fails is JOB_FAILED", play: failure },
  { name: "what the client's codec refuses is BAD_DATA", play: badDataOfClient },
  { name: "what the worker's codec refuses is an exception, and BAD_DATA for the worker", play: badDataOfWorker },
  { name: "a signal that is aborted already keeps the job from being submitted", play: abortedBefore },
  { name: "a signal gives up waiting for a server", play: abortedWaiting },
  { name: "a signal gives up a running job, whose late result nobody gets", play: abortedRunning },
  { name: "a signal gives up its own job alone", play: abortedOne },
  { name: "a job that takes longer than its time limit is TIMED_OUT", play: timedOut },
  { name: "close rejects all that is open with CLOSED", play: closed },
  { name: "a client is closed by await using", play: disposed },
  { name: "a result that nobody awaits may reject", play: resultNotAwaited },
  { name: "more than openMax at once are QUEUE_FULL", play: openMax },
  { name: "what cannot be is INVALID_ARGUMENT", play: invalid },
];
