/** Updates of a job, as its reader sees them. */
import { expect, test } from "bun:test";
import { Client, type ClientOptions, type Update } from "../../src/index.ts";
import { openFakeServer } from "./fake-server.ts";
import { codeOf, errorOf, textOf } from "./outcome.ts";

/** A job that a server has taken; `say` sends an update or an end of it, `arrived` resolves when all of it has come. */
async function takenJob(options: ClientOptions = {}) {
  const heard: Update[] = [];
  const server = await openFakeServer({
    onPacket: ({ name, args, from }) => {
      if (name === "ECHO_REQ") from.send("ECHO_RES", ...args);
    },
  });
  const client = new Client({ ...options, servers: [server.address] });
  const submitted = client.submit("f", "x", { onUpdate: (update) => heard.push(update) });
  const { from } = await server.next("SUBMIT_JOB");
  from.send("JOB_CREATED", "H:1");
  const job = await submitted;
  return {
    job,
    heard,
    say: (name: string, ...args: readonly (string | Uint8Array)[]) => from.send(name, "H:1", ...args),
    arrived: () => client.echo("all"),
    client,
    [Symbol.asyncDispose]: async () => {
      await client.close();
      await server.shut();
    },
  };
}

function status(numerator: number, denominator: number): Update {
  return { kind: "status", numerator, denominator };
}

function data(text: string, kind: "data" | "warning" = "data"): Update {
  return { kind, data: new TextEncoder().encode(text) };
}

async function allOf(updates: AsyncIterable<Update>): Promise<Update[]> {
  const seen: Update[] = [];
  for await (const update of updates) seen.push(update);
  return seen;
}

test("updates come in order, also those that came before anybody read, and end with the job", async () => {
  await using play = await takenJob();
  play.say("WORK_DATA", "a");
  play.say("WORK_WARNING", "w");
  play.say("WORK_STATUS", "1", "2");
  play.say("WORK_DATA", "b");
  await play.arrived();
  play.say("WORK_COMPLETE", "done");
  expect(await textOf(play.job.result)).toBe("done");
  const wanted = [data("a"), data("w", "warning"), status(1, 2), data("b")];
  expect(await allOf(play.job.updates())).toEqual(wanted);
  expect(play.heard).toEqual(wanted);
});

test("updates come while the job runs", async () => {
  await using play = await takenJob();
  const updates = play.job.updates();
  for (const letter of ["a", "b", "c"]) {
    const next = updates.next();
    play.say("WORK_DATA", letter);
    expect(await next).toEqual({ done: false, value: data(letter) });
  }
  play.say("WORK_COMPLETE", "");
  expect(await updates.next()).toEqual({ done: true, value: undefined });
  expect(await updates.next()).toEqual({ done: true, value: undefined });
});

test("statuses that nobody has read are one, the last; onUpdate hears them all", async () => {
  await using play = await takenJob();
  for (let numerator = 0; numerator < 100; numerator++) play.say("WORK_STATUS", `${numerator}`, "100");
  play.say("WORK_DATA", "a");
  play.say("WORK_STATUS", "100", "100");
  play.say("WORK_COMPLETE", "");
  await play.job.result;
  expect(await allOf(play.job.updates())).toEqual([status(99, 100), data("a"), status(100, 100)]);
  expect(play.heard.length).toBe(102);
});

test("a status that is no number counts as 0", async () => {
  await using play = await takenJob();
  play.say("WORK_STATUS", "half", "1e999");
  play.say("WORK_COMPLETE", "");
  expect(await allOf(play.job.updates())).toEqual([status(0, 0)]);
});

for (const end of ["WORK_FAIL", "WORK_EXCEPTION", "close"] as const) {
  test(`updates end without an error when the job ends with ${end}, which is the result's to tell`, async () => {
    await using play = await takenJob();
    const updates = play.job.updates();
    play.say("WORK_DATA", "a");
    expect(await updates.next()).toEqual({ done: false, value: data("a") });
    const next = updates.next();
    if (end === "close") await play.client.close();
    else if (end === "WORK_FAIL") play.say(end);
    else play.say(end, "thrown");
    expect(await next).toEqual({ done: true, value: undefined });
    const wanted = { WORK_FAIL: "JOB_FAILED", WORK_EXCEPTION: "JOB_EXCEPTION", close: "CLOSED" } as const;
    expect(await codeOf(play.job.result)).toBe(wanted[end]);
  });
}

test("unread updates above updateBytesMax are QUEUE_FULL for their reader; the job goes on", async () => {
  await using play = await takenJob({ updateBytesMax: 10_000 });
  for (let index = 0; index < 20; index++) play.say("WORK_DATA", "x".repeat(1_000));
  await play.arrived();
  const error = await errorOf(allOf(play.job.updates()));
  expect(error.code).toBe("QUEUE_FULL");
  expect(error.message).toContain("10000 bytes");
  expect(error.message).toContain("updateBytesMax");
  play.say("WORK_COMPLETE", "done");
  expect(await textOf(play.job.result)).toBe("done");
  expect(await allOf(play.job.updates())).toEqual([]);
});

test("updates without data count too, so that they are bounded as well", async () => {
  await using play = await takenJob({ updateBytesMax: 10_000 });
  for (let index = 0; index < 1_000; index++) play.say("WORK_DATA", "");
  await play.arrived();
  expect(await codeOf(allOf(play.job.updates()))).toBe("QUEUE_FULL");
});

test("whoever reads as fast as updates come may get any number of bytes", async () => {
  await using play = await takenJob({ updateBytesMax: 10_000 });
  const updates = play.job.updates();
  for (let index = 0; index < 100; index++) {
    play.say("WORK_DATA", "x".repeat(9_000));
    expect((await updates.next()).value?.kind).toBe("data");
  }
  // Also after a wait: what was read does not count any more.
  for (let round = 0; round < 5; round++) {
    play.say("WORK_DATA", "x".repeat(4_000));
    play.say("WORK_DATA", "x".repeat(4_000));
    await play.arrived();
    for (let copy = 0; copy < 2; copy++) expect((await updates.next()).value?.kind).toBe("data");
  }
});

test("a reader that leaves early hears no more, and the job goes on", async () => {
  await using play = await takenJob({ updateBytesMax: 10_000 });
  play.say("WORK_DATA", "a");
  for await (const update of play.job.updates()) {
    expect(update).toEqual(data("a"));
    break;
  }
  for (let index = 0; index < 20; index++) play.say("WORK_DATA", "x".repeat(1_000));
  await play.arrived();
  expect(await allOf(play.job.updates())).toEqual([]);
  expect(play.heard.length).toBe(21);
  play.say("WORK_COMPLETE", "done");
  expect(await textOf(play.job.result)).toBe("done");
});

test("of two readers each gets other updates, in order, and both end", async () => {
  await using play = await takenJob();
  const one = play.job.updates();
  const other = play.job.updates();
  const [first, second, third] = [one.next(), other.next(), one.next()];
  for (const letter of ["a", "b", "c"]) play.say("WORK_DATA", letter);
  const seen = await Promise.all([first, second, third]);
  expect(seen.map(({ value }) => value)).toEqual([data("a"), data("b"), data("c")]);
  const ends = [one.next(), other.next()];
  play.say("WORK_COMPLETE", "");
  expect(await Promise.all(ends)).toEqual(Array(2).fill({ done: true, value: undefined }));
});

test("a result that is not looked at is not unhandled when the job fails", async () => {
  await using play = await takenJob();
  const updates = play.job.updates();
  const next = updates.next();
  play.say("WORK_FAIL");
  expect((await next).done).toBe(true);
  await play.arrived();
});

test("with updateBytesMax 0 nothing is kept: updates() is empty and ends at once, and onUpdate hears all", async () => {
  await using play = await takenJob({ updateBytesMax: 0 });
  const early = play.job.updates().next();
  for (let index = 0; index < 20; index++) play.say("WORK_DATA", "x".repeat(1_000));
  await play.arrived();
  expect(await early).toEqual({ done: true, value: undefined });
  expect(await allOf(play.job.updates())).toEqual([]);
  expect(play.heard.length).toBe(20);
  play.say("WORK_COMPLETE", "done");
  expect(await textOf(play.job.result)).toBe("done");
});
