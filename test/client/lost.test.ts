/** What becomes of jobs whose connection is lost, at each point of their way. */

import { expect, test } from "bun:test";
import { LIMITS } from "../../src/base/limits.ts";
import { Client, type Update } from "../../src/index.ts";
import { doingJobs, type FakePacket, openFakeServer } from "./fake-server.ts";
import { codeOf, errorOf, textOf } from "./outcome.ts";

/** How far the first server gets with a job before it drops the connection. */
const POINTS: Readonly<Record<string, (packet: FakePacket) => void>> = {
  "before JOB_CREATED": ({ from }) => from.drop(),
  "after JOB_CREATED": ({ from }) => {
    from.send("JOB_CREATED", "H:first:1");
    from.socket.end();
  },
  "between its data": ({ from }) => {
    from.send("JOB_CREATED", "H:first:1");
    from.send("WORK_DATA", "H:first:1", "half");
    from.socket.end();
  },
  "in the middle of WORK_DATA": ({ from }) => {
    from.send("JOB_CREATED", "H:first:1");
    from.socket.end(Buffer.from("\0RES\0\0\0\x1c\0\0\xff\xffH:first:1\0only a part", "latin1"));
  },
  "in the middle of WORK_COMPLETE": ({ from }) => {
    from.send("JOB_CREATED", "H:first:1");
    from.socket.end(Buffer.from("\0RES\0\0\0\x0d\0\0\0\x20H:first:1\0part", "latin1"));
  },
  "by a packet that is none": ({ from }) => {
    from.send("JOB_CREATED", "H:first:1");
    from.socket.write("\0RES?");
    from.socket.write(Buffer.alloc(20));
  },
};

for (const [when, script] of Object.entries(POINTS)) {
  test(`a foreground job that is lost ${when} is submitted to the next server, and has one result`, async () => {
    await using first = await openFakeServer({ onPacket: script });
    await using second = await openFakeServer({ onPacket: doingJobs("second") });
    await using client = new Client({ servers: [first.address, second.address] });
    const updates: Update[] = [];
    const result = await textOf(client.run("f", "x", { unique: "u", onUpdate: (update) => updates.push(update) }));
    expect(result).toBe("second:x");
    expect(first.packets.length).toBe(1);
    expect(second.packets.map(({ name, args }) => [name, ...args])).toEqual([["SUBMIT_JOB", "f", "u", "x"]]);
    const again = updates.filter(({ kind }) => kind === "resubmitted");
    const wanted: Update = { kind: "resubmitted", server: second.address, handle: "H:second:1" };
    expect(again).toEqual(when === "before JOB_CREATED" ? [] : [wanted]);
  });

  test(`a foreground job that is lost ${when} is CONNECTION_LOST where it is not to be submitted again`, async () => {
    await using first = await openFakeServer({ onPacket: script });
    await using second = await openFakeServer({ onPacket: doingJobs("second") });
    const servers = [first.address, second.address];
    await using never = new Client({ servers, isResubmitting: false });
    await using seldom = new Client({ servers });
    const calls = [never.run("f", "x"), seldom.run("f", "x", { isResubmitting: false })];
    const errors = await Promise.all(calls.map(errorOf));
    for (const { code, message } of errors) {
      expect(code).toBe(when === "by a packet that is none" ? "PROTOCOL_ERROR" : "CONNECTION_LOST");
      expect(message).toContain(first.address);
    }
    expect(second.packets).toEqual([]);
  });
}

test("a submitted job that is lost tells its new handle and server, in order between its updates", async () => {
  await using first = await openFakeServer();
  await using second = await openFakeServer();
  await using client = new Client({ servers: [first.address, second.address] });
  const submitted = client.submit("f", "x");
  const { from } = await first.next("SUBMIT_JOB");
  from.send("JOB_CREATED", "H:first:1");
  const job = await submitted;
  expect([job.handle, job.server]).toEqual(["H:first:1", first.address]);
  from.send("WORK_STATUS", "H:first:1", "1", "2");
  const updates = job.updates();
  expect((await updates.next()).value).toEqual({ kind: "status", numerator: 1, denominator: 2 });
  from.drop();
  const again = await second.next("SUBMIT_JOB");
  again.from.send("JOB_CREATED", "H:second:1");
  again.from.send("WORK_STATUS", "H:second:1", "1", "3");
  again.from.send("WORK_COMPLETE", "H:second:1", "done");
  const rest: Update[] = [];
  for await (const update of updates) rest.push(update);
  expect(rest).toEqual([
    { kind: "resubmitted", server: second.address, handle: "H:second:1" },
    { kind: "status", numerator: 1, denominator: 3 },
  ]);
  expect([job.handle, job.server]).toEqual(["H:second:1", second.address]);
  expect(await textOf(job.result)).toBe("done");
});

test("a thousand open jobs of a lost server all go to the next, each with its own result", async () => {
  await using first = await openFakeServer({
    onPacket: ({ args, from }) => {
      // Some are taken, some are not answered.
      const number = Number(args[2]);
      if (number < 500) from.send("JOB_CREATED", `H:${number}`);
      if (number === 999) from.drop();
    },
  });
  await using second = await openFakeServer({ onPacket: doingJobs("second") });
  await using client = new Client({ servers: [first.address, second.address] });
  const results = Array.from({ length: 1_000 }, (_, index) => textOf(client.run("f", `${index}`)));
  expect(await Promise.all(results)).toEqual(Array.from({ length: 1_000 }, (_, index) => `second:${index}`));
  expect(second.packets.length).toBe(1_000);
});

test("a background job that was sent and not answered is CONNECTION_LOST, and goes nowhere else", async () => {
  await using first = await openFakeServer({ onPacket: ({ from }) => from.drop() });
  await using second = await openFakeServer({ onPacket: doingJobs("second") });
  await using client = new Client({ servers: [first.address, second.address] });
  const error = await errorOf(client.submitBackground("f", "x"));
  expect(error.code).toBe("CONNECTION_LOST");
  expect(error.message).toContain(first.address);
  expect(error.message).toContain("not known");
  expect(second.packets).toEqual([]);
});

test("a background job that is still in our hands when the server is lost goes to the next", async () => {
  await using first = await openFakeServer({
    onPacket: ({ from }) => {
      from.send("JOB_CREATED", "H:first:1");
      from.socket.pause();
    },
  });
  await using second = await openFakeServer({ onPacket: doingJobs("second") });
  await using client = new Client({ servers: [first.address, second.address] });
  expect(await client.submitBackground("f", "small")).toBe("H:first:1");
  // More than the kernel takes of a server that does not read; what comes behind it waits in the client.
  const sent = codeOf(client.submitBackground("f", new Uint8Array(24 * 1024 * 1024)));
  const kept = Array.from({ length: 5 }, (_, index) => client.submitBackground("f", `${index}`));
  await first.shut();
  expect(await sent).toBe("CONNECTION_LOST");
  expect(await Promise.all(kept)).toEqual([1, 2, 3, 4, 5].map((number) => `H:second:${number}`));
  expect(second.packets.map(({ args }) => args[2])).toEqual(["0", "1", "2", "3", "4"]);
});

test("a job that waits for a server goes to the one that comes first", async () => {
  await using one = await openFakeServer();
  await using two = await openFakeServer({ onPacket: doingJobs("two") });
  await one.shut();
  await two.shut();
  await using client = new Client({ servers: [one.address, two.address] });
  const handle = client.submitBackground("f", "x");
  await two.open();
  expect(await handle).toBe("H:two:1");
});

test("a question is asked again of the next server when its own is lost", async () => {
  await using first = await openFakeServer({ onPacket: ({ from }) => from.drop() });
  await using second = await openFakeServer({ onPacket: ({ args, from }) => from.send("ECHO_RES", ...args) });
  await using client = new Client({ servers: [first.address, second.address] });
  expect(await textOf(client.echo("are you there"))).toBe("are you there");
});

test("a job that is lost again and again is submitted until a server does it", async () => {
  let count = 0;
  await using server = await openFakeServer({
    onPacket: (packet) => {
      count += 1;
      if (count > 6) doingJobs("last")(packet);
      else {
        packet.from.send("JOB_CREATED", `H:${count}`);
        packet.from.socket.end();
      }
    },
  });
  await using client = new Client({ servers: [server.address] });
  const kinds: string[] = [];
  expect(await textOf(client.run("f", "x", { onUpdate: ({ kind }) => kinds.push(kind) }))).toBe("last:x");
  expect(kinds).toEqual(Array(6).fill("resubmitted"));
});

test("a job with which every server is lost is given up at last", async () => {
  let count = 0;
  await using server = await openFakeServer({
    onPacket: ({ from }) => {
      count += 1;
      from.drop();
    },
  });
  await using client = new Client({ servers: [server.address] });
  await expect(client.run("f", "x")).rejects.toMatchObject({ code: "CONNECTION_LOST" });
  expect(count).toBe(LIMITS.resubmitsMax + 1);
}, 30_000);

test("an echo with which every server is lost is given up as well", async () => {
  let count = 0;
  await using server = await openFakeServer({
    onPacket: ({ from }) => {
      count += 1;
      from.drop();
    },
  });
  await using client = new Client({ servers: [server.address] });
  const error = await errorOf(client.echo("x"));
  expect(error.code).toBe("CONNECTION_LOST");
  expect(error.message).toContain(`${LIMITS.resubmitsMax + 1} connections were lost`);
  expect(count).toBe(LIMITS.resubmitsMax + 1);
}, 30_000);
