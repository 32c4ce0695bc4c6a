/** Plays of background jobs and of what a client may ask: status, echo. */
import { strict as assert } from "node:assert";
import { until } from "../harness/until.ts";
import { type Feature, sameBytes, textOf } from "./feature.ts";
import type { FeatureStage } from "./feature-stage.ts";
import { Gate } from "./gate.ts";

/** How far off epoch jobs are, ms. */
const LATER_MS = 1_200;

const NOT_KNOWN = {
  isKnown: false,
  isRunning: false,
  numerator: 0,
  denominator: 0,
  clientCount: undefined,
  server: undefined,
};

async function background(stage: FeatureStage): Promise<void> {
  const gate = new Gate();
  const client = stage.client({ servers: stage.servers });
  const handle = await client.submitBackground(stage.name, "x");
  const queued = await client.status(handle);
  assert.deepEqual(queued, { ...NOT_KNOWN, isKnown: true, server: stage.server });
  stage.work((worker) =>
    worker.can(stage.name, async (job) => {
      assert.equal(job.handle, handle);
      job.status(3, 7);
      await gate.opened;
    }),
  );
  await until(async () => (await client.status(handle)).numerator === 3, { what: "the status of the running job" });
  const running = await client.status(handle);
  assert.deepEqual(running, {
    ...NOT_KNOWN,
    isKnown: true,
    isRunning: true,
    numerator: 3,
    denominator: 7,
    server: stage.server,
  });
  gate.open();
  await until(async () => !(await client.status(handle)).isKnown, { what: "the end of the job" });
  assert.deepEqual(await client.status(handle), NOT_KNOWN);
}

async function byUnique(stage: FeatureStage): Promise<void> {
  const gate = new Gate();
  const unique = `${stage.name} key`;
  const result = stage.client().run(stage.name, "x", { unique });
  stage.work((worker) =>
    worker.can(stage.name, async (job) => {
      job.status(1, 2);
      await gate.opened;
    }),
  );
  const client = stage.client({ servers: stage.servers });
  const running = await until(
    async () => {
      const status = await client.statusOfUnique(unique);
      return status.numerator === 1 ? status : undefined;
    },
    { what: "the status of the running job" },
  );
  assert.deepEqual(running, {
    isKnown: true,
    isRunning: true,
    numerator: 1,
    denominator: 2,
    clientCount: 1,
    server: stage.server,
  });
  gate.open();
  await result;
  await until(async () => !(await client.statusOfUnique(unique)).isKnown, { what: "the end of the job" });
}

async function unknown(stage: FeatureStage): Promise<void> {
  const client = stage.client({ servers: stage.servers });
  assert.deepEqual(await client.status("H:nowhere:1"), NOT_KNOWN);
  const byKey = await client.statusOfUnique(`${stage.name} nobody`);
  assert.equal(byKey.isKnown, false);
  assert.equal(byKey.isRunning, false);
}

/** Plays an epoch job; `poke` does what the server needs so that a sleeping worker looks again. */
async function epoch(stage: FeatureStage, poke: () => Promise<void>): Promise<void> {
  const runsAtMs: number[] = [];
  const past: string[] = [];
  stage.work((worker) => {
    worker.can(stage.name, () => void runsAtMs.push(Date.now()));
    worker.can(`${stage.name}.past`, (job) => void past.push(textOf(job.workload)));
  });
  const client = stage.client();
  await client.submitBackground(`${stage.name}.past`, "at once", { at: new Date(Date.now() - 5_000) });
  await until(() => past.length === 1, { what: "the job of the past" });
  const at = new Date(Date.now() + LATER_MS);
  await client.submitBackground(stage.name, "later", { at });
  await until(() => Date.now() >= at.getTime() || runsAtMs.length > 0, { what: "the due time" });
  await until(
    async () => {
      await poke();
      return runsAtMs.length > 0;
    },
    { what: "the epoch job" },
  );
  assert.ok((runsAtMs[0] ?? 0) >= at.getTime(), "the job came before its time");
}

async function epochOnGearmand(stage: FeatureStage): Promise<void> {
  const client = stage.client();
  await epoch(stage, async () => void (await client.run(`${stage.name}.past`, "another job")));
}

async function echo(stage: FeatureStage): Promise<void> {
  const client = stage.client();
  sameBytes(await client.echo(Uint8Array.of(0, 255, 0)), Uint8Array.of(0, 255, 0));
  sameBytes(await client.echo("größe"), "größe");
  sameBytes(await client.echo(""), "");
}

async function together(stage: FeatureStage): Promise<void> {
  stage.work((worker) => worker.can(stage.name, (job) => job.workload));
  const client = stage.client();
  const answers = await Promise.all([
    client.run(stage.name, "one"),
    client.echo("two"),
    client.status("H:nowhere:2"),
    client.run(stage.name, "three"),
    client.echo("four"),
  ]);
  assert.deepEqual(
    answers.map((answer) => (answer instanceof Uint8Array ? textOf(answer) : answer.isKnown)),
    ["one", "two", false, "three", "four"],
  );
}

/** Plays of questions. */
export const QUESTION_FEATURES: readonly Feature[] = [
  { name: "a background job is known with its status until it is over", play: background },
  { name: "a job is found by its unique, with the count of clients that wait", play: byUnique },
  { name: "a job that never was is not known", play: unknown },
  {
    name: "an epoch job comes when it is due, not before",
    play: (stage) => epoch(stage, async () => {}),
    onGearmand: {
      because: "it wakes nobody when the time comes; the job comes with the next grab",
      play: epochOnGearmand,
    },
  },
  { name: "echo gives the bytes back", play: echo },
  { name: "jobs and questions at once get their own answers", play: together },
];
