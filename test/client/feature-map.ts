/** Plays of map: many workloads through one function. */
import { strict as assert } from "node:assert";
import { GearError } from "../../src/index.ts";
import { type Feature, refusal, textOf } from "./feature.ts";
import { echo } from "./feature-jobs.ts";
import type { FeatureStage } from "./feature-stage.ts";
import { Gate } from "./gate.ts";

async function mapped(stage: FeatureStage): Promise<void> {
  const gates = new Map<string, Gate>();
  let inHand = 0;
  let most = 0;
  stage.work(
    (worker) =>
      worker.can(stage.name, async (job) => {
        const gate = new Gate();
        inHand += 1;
        most = Math.max(most, inHand);
        gates.set(textOf(job.workload), gate);
        // Pairs end the wrong way round.
        if (Number(textOf(job.workload)) % 2 === 0) await gate.opened;
        else gates.get(String(Number(textOf(job.workload)) - 1))?.open();
        inHand -= 1;
        return `r${textOf(job.workload)}`;
      }),
    { concurrency: 16 },
  );
  const workloads = Array.from({ length: 20 }, (_, index) => `${index}`);
  const seen: string[] = [];
  for await (const result of stage.client().map(stage.name, workloads, { inFlightMax: 4 })) seen.push(textOf(result));
  assert.deepEqual(
    seen,
    workloads.map((workload) => `r${workload}`),
  );
  assert.ok(most > 1 && most <= 4, `${most} in flight`);
}

async function mapFails(stage: FeatureStage): Promise<void> {
  stage.work(
    (worker) =>
      worker.can(stage.name, (job) => {
        if (textOf(job.workload) === "bad") throw new GearError("JOB_FAILED", "bad");
        return job.workload;
      }),
    { concurrency: 4 },
  );
  async function* workloads() {
    for (const workload of ["a", "b", "bad", "c", "d"]) yield workload;
  }
  const client = stage.client();
  const seen: string[] = [];
  const all = async () => {
    for await (const result of client.map(stage.name, workloads())) seen.push(textOf(result));
  };
  await refusal(all(), "JOB_FAILED");
  assert.deepEqual(seen, ["a", "b"]);
  assert.equal(textOf(await client.run(stage.name, "next")), "next");
}

async function mapSourceFails(stage: FeatureStage): Promise<void> {
  stage.work((worker) => worker.can(stage.name, echo));
  const reason = new Error("no more workloads");
  function* workloads() {
    yield "a";
    yield "b";
    throw reason;
  }
  const seen: string[] = [];
  const all = async () => {
    for await (const result of stage.client().map(stage.name, workloads())) seen.push(textOf(result));
  };
  await assert.rejects(all(), reason);
  assert.deepEqual(seen, ["a", "b"]);
}

async function mapLeft(stage: FeatureStage): Promise<void> {
  let asked = 0;
  let isClosed = false;
  async function* workloads() {
    try {
      for (; ; asked += 1) yield `${asked}`;
    } finally {
      isClosed = true;
    }
  }
  stage.work((worker) => worker.can(stage.name, echo));
  for await (const result of stage.client().map(stage.name, workloads(), { inFlightMax: 3 })) {
    if (textOf(result) === "5") break;
  }
  assert.ok(isClosed, "the source was not closed");
  assert.ok(asked <= 10, `${asked} workloads were asked for`);
}

/** Plays of map. */
export const MAP_FEATURES: readonly Feature[] = [
  { name: "map gives results in order, with few in flight", play: mapped },
  { name: "map throws the first failure at its place", play: mapFails },
  { name: "map throws the failure of its source after the results before it", play: mapSourceFails },
  { name: "a map that is left closes its source", play: mapLeft },
];
