/** Jobs of one unique on one connection, against real servers: ours and, where it is installed, gearmand. */
import { expect, test } from "bun:test";
import { Client, type SubmittedJob, type Update, Worker } from "../../src/index.ts";
import { hasRealGearmand, type ServerOptions, startServer } from "../harness/server-process.ts";
import { Gate } from "./gate.ts";
import { codeOf, textOf } from "./outcome.ts";

const LARGE = "x".repeat(300_000);

/** A server and a worker whose job says what `steps` tell it, one by one, and returns a large result. */
async function stage(form: ServerOptions["form"]) {
  const server = await startServer(form === undefined ? {} : { form });
  const address = `127.0.0.1:${server.port}`;
  const steps = [new Gate(), new Gate(), new Gate()];
  const worker = new Worker({ servers: [address] });
  worker.can("f", async (job) => {
    for (const [index, step] of steps.entries()) {
      await step.opened;
      await job.data(`part ${index}`);
      job.status(index, steps.length);
    }
    return LARGE;
  });
  const running = worker.run();
  const client = new Client({ servers: [address] });
  return {
    client,
    steps,
    [Symbol.asyncDispose]: async () => {
      for (const step of steps) step.open();
      await client.close();
      await worker.stop();
      await running;
      await server.stop();
    },
  };
}

async function partsOf(job: SubmittedJob<Uint8Array>): Promise<string[]> {
  const parts: string[] = [];
  for await (const update of job.updates()) parts.push(shown(update));
  return parts;
}

function shown(update: Update): string {
  if (update.kind === "status") return `${update.numerator}/${update.denominator}`;
  return update.kind === "data" ? new TextDecoder().decode(update.data) : update.kind;
}

const ALL = ["part 0", "0/3", "part 1", "1/3", "part 2", "2/3"];

for (const form of hasRealGearmand() ? ([undefined, "real"] as const) : [undefined]) {
  const name = form === undefined ? "our server" : "gearmand";

  test(`${name}: jobs that join later are told what comes from then on, once each`, async () => {
    await using play = await stage(form);
    const one = await play.client.submit("f", "x", { unique: "u" });
    const updates = one.updates();
    play.steps[0]?.open();
    const heard = [await updates.next(), await updates.next()].map(({ value }) => shown(value as Update));
    const others = await Promise.all([1, 2].map(() => play.client.submit("f", "x", { unique: "u" })));
    expect(others.map(({ handle }) => handle)).toEqual([one.handle, one.handle]);
    for (const step of play.steps) step.open();
    expect([...heard, ...(await partsOf(one))]).toEqual(ALL);
    for (const other of others) expect(await partsOf(other)).toEqual(ALL.slice(2));
    const results = await Promise.all([one, ...others].map((job) => textOf(job.result)));
    expect(results).toEqual(Array(3).fill(LARGE));
  }, 30_000);

  test(`${name}: one that is given up takes nothing from those that stay`, async () => {
    await using play = await stage(form);
    const stop = new AbortController();
    const given = await play.client.submit("f", "x", { unique: "u", signal: stop.signal });
    const early = codeOf(play.client.run("f", "x", { unique: "u", signal: stop.signal }));
    const kept = await play.client.submit("f", "x", { unique: "u" });
    const code = codeOf(given.result);
    const background = await play.client.submitBackground("f", "x", { unique: "u" });
    stop.abort();
    expect([await code, await early, background]).toEqual(["ABORTED", "ABORTED", kept.handle]);
    const last = await play.client.submit("f", "x", { unique: "u" });
    for (const step of play.steps) step.open();
    expect(await Promise.all([partsOf(kept), partsOf(last)])).toEqual([ALL, ALL]);
    expect(await Promise.all([textOf(kept.result), textOf(last.result)])).toEqual([LARGE, LARGE]);
  }, 30_000);

  test(`${name}: after its end the unique is a new job`, async () => {
    await using play = await stage(form);
    for (const step of play.steps) step.open();
    const handles = new Set<string>();
    for (let round = 0; round < 20; round++) {
      const job = await play.client.submit("f", "x", { unique: "u" });
      handles.add(job.handle);
      expect(await textOf(job.result)).toBe(LARGE);
    }
    expect(handles.size).toBe(20);
  }, 30_000);
}
