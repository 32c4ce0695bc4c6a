/** Plays of the worker and its servers: all at once, silent ones, and ones that are lost and come back. */
import { strict as assert } from "node:assert";
import type { WorkerEvent } from "../../src/index.ts";
import { codeOf, type Feature, failures, textOf } from "./feature.ts";
import { echo } from "./feature-jobs.ts";
import type { FeatureStage } from "./feature-stage.ts";
import { Gate } from "./gate.ts";

async function allServers(stage: FeatureStage): Promise<void> {
  const gate = new Gate();
  let inHand = 0;
  stage.work(
    (worker) =>
      worker.can(stage.name, async (job) => {
        inHand += 1;
        if (inHand === 2) gate.open();
        await gate.opened;
        return job.server;
      }),
    { servers: [await stage.deadServer(), ...stage.servers], concurrency: 2 },
  );
  const jobs = stage.servers.map((server) => stage.client({ servers: [server] }).run(stage.name, "x"));
  assert.deepEqual((await Promise.all(jobs)).map(textOf), stage.servers);
}

/** The other server's jobs are done, though the first says nothing. */
async function othersAreServed(stage: FeatureStage): Promise<void> {
  const client = stage.client({ servers: [stage.servers[1]] });
  for (let turn = 0; turn < 5; turn += 1) assert.equal(textOf(await client.run(stage.name, `${turn}`)), `${turn}`);
}

async function silentServer(stage: FeatureStage): Promise<void> {
  const relay = await stage.relay();
  relay.freeze();
  stage.work((worker) => worker.can(stage.name, echo), {
    servers: [relay.address, stage.servers[1]],
    connectMs: 200,
  });
  await othersAreServed(stage);
}

async function fallsSilent(stage: FeatureStage): Promise<void> {
  const relay = await stage.relay();
  const started = new Gate();
  const gate = new Gate();
  stage.work(
    (worker) =>
      worker.can(stage.name, async (job) => {
        started.open();
        await gate.opened;
        return job.workload;
      }),
    { servers: [relay.address, stage.servers[1]], connectMs: 200 },
  );
  await stage.client().submit(stage.name, "its result does not arrive");
  await started.opened;
  relay.freeze();
  gate.open();
  await othersAreServed(stage);
}

async function oneHandForAll(stage: FeatureStage): Promise<void> {
  let inHand = 0;
  let most = 0;
  stage.work(
    (worker) =>
      worker.can(stage.name, async (job) => {
        inHand += 1;
        most = Math.max(most, inHand);
        await new Promise((resolve) => setImmediate(resolve));
        inHand -= 1;
        return job.server;
      }),
    { servers: stage.servers },
  );
  const jobs = stage.servers.flatMap((server) => {
    const client = stage.client({ servers: [server] });
    return Array.from({ length: 20 }, async () => assert.equal(textOf(await client.run(stage.name)), server));
  });
  await Promise.all(jobs);
  assert.equal(most, 1);
}

async function comesBack(stage: FeatureStage): Promise<void> {
  const relay = await stage.relay();
  const events: WorkerEvent[] = [];
  stage.work((worker) => worker.can(stage.name, echo), {
    servers: [relay.address],
    onEvent: (event) => void events.push(event),
  });
  const client = stage.client();
  for (let turn = 0; turn < 2; turn += 1) {
    assert.equal(textOf(await client.run(stage.name, `before ${turn}`)), `before ${turn}`);
    await relay.shut();
    await stage.untilWorkers(stage.name, false);
    const waiting = client.run(stage.name, `after ${turn}`);
    await relay.open();
    assert.equal(textOf(await waiting), `after ${turn}`);
  }
  assert.ok(events.filter(({ kind }) => kind === "connected").length >= 3);
  assert.ok(events.some((event) => event.kind === "disconnected" && event.error.code === "CONNECTION_LOST"));
}

async function loses(stage: FeatureStage): Promise<void> {
  const relay = await stage.relay();
  const events: WorkerEvent[] = [];
  const reasons: unknown[] = [];
  let runCount = 0;
  const started = new Gate();
  stage.work(
    (worker) =>
      worker.can(stage.name, async (job) => {
        runCount += 1;
        if (runCount > 1) return "second try";
        started.open();
        await new Promise<void>((resolve) => job.signal.addEventListener("abort", () => resolve()));
        reasons.push(codeOf(job.signal.reason));
        job.status(1, 2);
        await job.data("into the void");
        return "not sent";
      }),
    { servers: [relay.address], onEvent: (event) => void events.push(event) },
  );
  const result = stage.client().run(stage.name, "x");
  await started.opened;
  relay.cut();
  assert.equal(textOf(await result), "second try");
  assert.deepEqual(reasons, ["CONNECTION_LOST"]);
  assert.deepEqual(failures(events), ["CONNECTION_LOST"]);
}

/** Plays of the worker's servers. */
export const WORKER_SERVER_FEATURES: readonly Feature[] = [
  { name: "a worker serves all its servers at once, though one is down", play: allServers },
  { name: "a server that is silent from the start does not hold up the others", play: silentServer },
  { name: "a server that falls silent does not hold up the others", play: fallsSilent },
  { name: "the concurrency is that of all servers together", play: oneHandForAll },
  { name: "a worker is registered again after its server came back", play: comesBack },
  { name: "a job whose server is lost is aborted and comes again", play: loses },
];
