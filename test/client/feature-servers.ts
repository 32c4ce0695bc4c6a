/** Plays of several servers and of servers that are lost, from the client's side. */
import { strict as assert } from "node:assert";
import type { ServerEvent, ServerOrder, Update } from "../../src/index.ts";
import { until } from "../harness/until.ts";
import { type Feature, refusal, textOf } from "./feature.ts";
import type { FeatureStage } from "./feature-stage.ts";
import { Gate } from "./gate.ts";

/** A worker of both servers that answers with the server that the job came from. */
function tellServer(stage: FeatureStage): void {
  stage.work((worker) => worker.can(stage.name, (job) => job.server), { servers: stage.servers, concurrency: 8 });
}

/** The servers to which a client's jobs go, one after the other. */
async function chosen(
  stage: FeatureStage,
  order: ServerOrder,
  uniques: readonly (string | undefined)[],
): Promise<string[]> {
  const client = stage.client({ servers: stage.servers, order });
  const servers: string[] = [];
  for (const unique of uniques) {
    const job = await client.submit(stage.name, "x", unique === undefined ? {} : { unique });
    assert.equal(textOf(await job.result), job.server);
    servers.push(job.server);
  }
  return servers;
}

const NONE = [undefined, undefined, undefined, undefined];

async function listed(stage: FeatureStage): Promise<void> {
  tellServer(stage);
  const first = stage.server;
  assert.deepEqual(await chosen(stage, "listed", NONE), [first, first, first, first]);
}

async function random(stage: FeatureStage): Promise<void> {
  tellServer(stage);
  const seen = new Set<string>();
  for (let tries = 0; tries < 30; tries += 1) {
    const servers = new Set(await chosen(stage, "random", [undefined, undefined]));
    assert.equal(servers.size, 1, "one client has changed its order");
    for (const server of servers) seen.add(server);
  }
  assert.equal(seen.size, 2, "all clients have drawn the same order");
}

async function rotate(stage: FeatureStage): Promise<void> {
  tellServer(stage);
  const [one, two, three, four] = await chosen(stage, "rotate", NONE);
  assert.notEqual(one, two);
  assert.deepEqual([three, four], [one, two]);
}

async function byUnique(stage: FeatureStage): Promise<void> {
  tellServer(stage);
  const uniques = Array.from({ length: 32 }, (_, index) => `unique ${index}`);
  const ones = await chosen(stage, "unique", uniques);
  assert.deepEqual(await chosen(stage, "unique", uniques), ones);
  assert.equal(new Set(ones).size, 2, "all uniques went to one server");
  assert.equal(new Set(await chosen(stage, "unique", NONE)).size, 2, "jobs without a unique do not rotate");
}

async function firstIsDown(stage: FeatureStage): Promise<void> {
  tellServer(stage);
  const dead = await stage.deadServer();
  for (const order of ["listed", "random", "rotate", "unique"] as const) {
    const events: ServerEvent[] = [];
    const client = stage.client({
      servers: [dead, stage.server],
      order,
      onEvent: (event) => events.push(event),
    });
    for (const unique of ["a", "b", "c"]) {
      const job = await client.submit(stage.name, "x", { unique });
      assert.equal(job.server, stage.server);
      assert.equal(textOf(await job.result), stage.server);
    }
    assert.ok(events.some((event) => event.kind === "connected" && event.server === stage.server));
  }
}

async function firstIsSilent(stage: FeatureStage): Promise<void> {
  tellServer(stage);
  const relay = await stage.relay();
  relay.freeze();
  const client = stage.client({ servers: [relay.address, stage.server], connectMs: 100 });
  const job = await client.submit(stage.name);
  assert.equal(job.server, stage.server);
  assert.equal(textOf(await job.result), stage.server);
  const handle = await client.submitBackground(`${stage.name}.nobody`);
  assert.equal((await client.status(handle)).server, stage.server);
}

async function fallsSilent(stage: FeatureStage): Promise<void> {
  tellServer(stage);
  const relay = await stage.relay();
  const client = stage.client({ servers: [relay.address, stage.server], replyMs: 200 });
  assert.equal((await client.submit(stage.name)).server, relay.address);
  relay.freeze();
  const job = await client.submit(stage.name);
  assert.equal(job.server, stage.server);
  assert.equal(textOf(await job.result), stage.server);
}

async function firstComesBack(stage: FeatureStage): Promise<void> {
  tellServer(stage);
  const relay = await stage.relay();
  const client = stage.client({ servers: [relay.address, stage.servers[1]] });
  assert.equal((await client.submit(stage.name)).server, relay.address);
  await relay.shut();
  assert.equal((await client.submit(stage.name)).server, stage.servers[1]);
  await relay.open();
  await until(async () => (await client.submit(stage.name)).server === relay.address, {
    what: "a job of the server that is listed first",
  });
}

async function noServer(stage: FeatureStage): Promise<void> {
  const servers = [await stage.deadServer(), await stage.deadServer()];
  const client = stage.client({ servers, serverWaitMs: 200 });
  await refusal(client.run(stage.name, "x"), "NO_SERVER");
  await refusal(client.submit(stage.name, "x"), "NO_SERVER");
  await refusal(client.submitBackground(stage.name, "x"), "NO_SERVER");
  const impatient = stage.client({ servers, serverWaitMs: 0 });
  await refusal(impatient.run(stage.name, "x"), "NO_SERVER");
}

async function waitsForServer(stage: FeatureStage): Promise<void> {
  stage.work((worker) => worker.can(stage.name, (job) => job.workload));
  const relay = await stage.relay();
  await relay.shut();
  const client = stage.client({ servers: [relay.address] });
  const result = client.run(stage.name, "patient");
  await relay.open();
  assert.equal(textOf(await result), "patient");
}

/** Workers of both servers; the first server's holds its jobs until the gate is open. */
function holdAtFirst(stage: FeatureStage): { readonly started: Gate; readonly gate: Gate } {
  const started = new Gate();
  const gate = new Gate();
  stage.work((worker) =>
    worker.can(stage.name, async () => {
      started.open();
      await gate.opened;
      return "first";
    }),
  );
  stage.work((worker) => worker.can(stage.name, () => "second"), { servers: [stage.servers[1]] });
  return { started, gate };
}

async function resubmitted(stage: FeatureStage): Promise<void> {
  const { started, gate } = holdAtFirst(stage);
  const relay = await stage.relay();
  const client = stage.client({ servers: [relay.address, stage.servers[1]] });
  const updates: Update[] = [];
  const job = await client.submit(stage.name, "x", { onUpdate: (update) => updates.push(update) });
  assert.equal(job.server, relay.address);
  await started.opened;
  await relay.shut();
  assert.equal(textOf(await job.result), "second");
  assert.equal(job.server, stage.servers[1]);
  assert.deepEqual(updates, [{ kind: "resubmitted", server: job.server, handle: job.handle }]);
  gate.open();
}

async function notResubmitted(stage: FeatureStage): Promise<void> {
  const { started, gate } = holdAtFirst(stage);
  const relay = await stage.relay();
  const client = stage.client({ servers: [relay.address, stage.servers[1]] });
  const job = await client.submit(stage.name, "x", { isResubmitting: false });
  await started.opened;
  await relay.shut();
  await refusal(job.result, "CONNECTION_LOST");
  assert.equal(textOf(await client.run(stage.name, "next")), "second");
  gate.open();
}

async function backgroundLost(stage: FeatureStage): Promise<void> {
  const relay = await stage.relay();
  const client = stage.client({ servers: [relay.address] });
  await client.echo("open");
  relay.freeze();
  const submits = Array.from({ length: 5 }, () => refusal(client.submitBackground(stage.name), "CONNECTION_LOST"));
  relay.cut();
  await Promise.all(submits);
}

async function cut(stage: FeatureStage): Promise<void> {
  stage.work((worker) => worker.can(stage.name, (job) => job.workload), { concurrency: 8 });
  const relay = await stage.relay();
  const client = stage.client({ servers: [relay.address] });
  for (let turn = 0; turn < 5; turn += 1) {
    const calls = Array.from({ length: 20 }, (_, index) => client.run(stage.name, `${turn}.${index}`));
    if (turn % 2 === 1) await calls[0];
    relay.cut();
    const results = await Promise.all(calls);
    assert.deepEqual(
      results.map(textOf),
      calls.map((_, index) => `${turn}.${index}`),
    );
  }
}

/** Plays of servers. */
export const SERVER_FEATURES: readonly Feature[] = [
  { name: "listed: jobs go to the first server", play: listed },
  { name: "random: each client keeps to the order that it has drawn", play: random },
  { name: "rotate: jobs go to one server after the other", play: rotate },
  { name: "unique: the unique chooses the server, for every client the same", play: byUnique },
  { name: "a server that is down is passed over, in every order", play: firstIsDown },
  { name: "a server that accepts and says nothing is passed over", play: firstIsSilent },
  { name: "a server that falls silent is passed over after replyMs", play: fallsSilent },
  { name: "a server that came back gets its jobs again", play: firstComesBack },
  { name: "without a server, calls end with NO_SERVER", play: noServer },
  { name: "a job waits until its server is there", play: waitsForServer },
  { name: "a foreground job whose server is lost is submitted to the next", play: resubmitted },
  { name: "without isResubmitting, a job whose server is lost is CONNECTION_LOST", play: notResubmitted },
  {
    name: "a background job whose answer is lost is CONNECTION_LOST, for it may be queued or not",
    play: backgroundLost,
  },
  { name: "connections that are cut cost no foreground job", play: cut },
];
