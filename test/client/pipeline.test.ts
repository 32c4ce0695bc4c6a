/** Many requests on one connection: each caller gets its own answer, whatever the server says between. */
import { expect, test } from "bun:test";
import { Client, type Update } from "../../src/index.ts";
import { until } from "../harness/until.ts";
import { doingJobs, type FakePacket, openFakeServer } from "./fake-server.ts";
import { errorOf, textOf } from "./outcome.ts";

test("a thousand pipelined requests of all kinds get their own answers", async () => {
  let count = 0;
  await using server = await openFakeServer({
    onPacket: ({ name, args, from }) => {
      if (name === "ECHO_REQ") from.send("ECHO_RES", ...args);
      else if (name === "GET_STATUS") from.send("STATUS_RES", args[0] ?? "", "1", "1", args[0] ?? "", "7");
      else if (name === "SUBMIT_JOB_BG") from.send("JOB_CREATED", `B:${args[2]}`);
      else {
        count += 1;
        from.send("JOB_CREATED", `H:${count}`);
        from.send("WORK_COMPLETE", `H:${count}`, args[2] ?? "");
      }
    },
  });
  await using client = new Client({ servers: [server.address] });
  const calls = Array.from({ length: 250 }, (_, index) => [
    textOf(client.run("f", `run ${index}`)),
    client.submitBackground("f", `${index}`),
    client.status(`${index}`).then(({ numerator }) => numerator),
    textOf(client.echo(`echo ${index}`)),
  ]).flat();
  const wanted = Array.from({ length: 250 }, (_, index) => [`run ${index}`, `B:${index}`, index, `echo ${index}`]);
  expect(await Promise.all<unknown>(calls)).toEqual(wanted.flat());
  expect(server.connections.length).toBe(1);
});

test("results that come in another order reach the callers of their handles", async () => {
  const jobs: FakePacket[] = [];
  await using server = await openFakeServer({
    onPacket: (packet) => {
      jobs.push(packet);
      packet.from.send("JOB_CREATED", `H:${packet.args[2]}`);
      if (jobs.length < 3) return;
      for (const { args, from } of jobs.reverse()) from.send("WORK_COMPLETE", `H:${args[2]}`, `done ${args[2]}`);
    },
  });
  await using client = new Client({ servers: [server.address] });
  const results = ["a", "b", "c"].map((workload) => textOf(client.run("f", workload)));
  expect(await Promise.all(results)).toEqual(["done a", "done b", "done c"]);
});

test("ERROR is for the request that is next, and the others go on", async () => {
  await using server = await openFakeServer({
    onPacket: ({ args, from }) => {
      if (args[2] === "1") from.send("ERROR", "QUEUE_FULL", "the queue is full");
      else {
        from.send("JOB_CREATED", `H:${args[2]}`);
        from.send("WORK_COMPLETE", `H:${args[2]}`, args[2] ?? "");
      }
    },
  });
  await using client = new Client({ servers: [server.address] });
  const [zero, one, two] = [textOf(client.run("f", "0")), errorOf(client.run("f", "1")), textOf(client.run("f", "2"))];
  expect([await zero, await two]).toEqual(["0", "2"]);
  expect((await one).code).toBe("REFUSED");
  expect((await one).message).toContain(server.address);
  expect((await one).message).toContain("QUEUE_FULL the queue is full");
});

test("a failure and an exception end their own job alone", async () => {
  await using server = await openFakeServer({
    onPacket: ({ args, from }) => {
      const handle = `H:${args[2]}`;
      from.send("JOB_CREATED", handle);
      if (args[2] === "fails") from.send("WORK_FAIL", handle);
      else if (args[2] === "throws") from.send("WORK_EXCEPTION", handle, "out of \xff paper");
      else from.send("WORK_COMPLETE", handle, "well");
    },
  });
  await using client = new Client({ servers: [server.address] });
  const [fails, throws, well] = [
    errorOf(client.run("print", "fails")),
    errorOf(client.run("print", "throws")),
    textOf(client.run("print", "ends")),
  ];
  expect(await well).toBe("well");
  expect([(await fails).code, (await fails).functionName]).toEqual(["JOB_FAILED", "print"]);
  expect([(await throws).code, (await throws).functionName]).toEqual(["JOB_EXCEPTION", "print"]);
  expect((await throws).message).toContain("print");
  expect((await throws).data).toEqual(new Uint8Array(Buffer.from("out of \xff paper", "latin1")));
});

test("a reply for which nobody asked closes the connection, and what was open is submitted again", async () => {
  let isOdd = true;
  await using server = await openFakeServer({
    onPacket: (packet) => {
      if (!isOdd) {
        doingJobs(packet.args[2] ?? "")(packet);
        return;
      }
      if (packet.args[2] !== "b") return;
      isOdd = false;
      packet.from.send("ECHO_RES", "nobody asked");
    },
  });
  const errors: string[] = [];
  await using client = new Client({
    servers: [server.address],
    onEvent: (event) => {
      if (event.kind === "disconnected") errors.push(`${event.error.code} ${event.error.message}`);
    },
  });
  const results = [textOf(client.run("f", "a")), textOf(client.run("f", "b"))];
  expect(await Promise.all(results)).toEqual(["a:a", "b:b"]);
  expect(errors).toEqual([`PROTOCOL_ERROR ${server.address} sent ECHO_RES, for which nobody asked`]);
  expect(server.connections.length).toBe(2);
  expect(server.connections[0]?.isEnded).toBe(true);
});

test("an update or an end of a job that nobody waits for is passed over", async () => {
  await using server = await openFakeServer({
    onPacket: ({ from }) => {
      from.send("WORK_STATUS", "H:other", "1", "2");
      from.send("WORK_COMPLETE", "H:other", "of somebody else");
      from.send("JOB_CREATED", "H:1");
      from.send("WORK_FAIL", "H:other");
      from.send("WORK_COMPLETE", "H:1", "mine");
    },
  });
  await using client = new Client({ servers: [server.address] });
  expect(await textOf(client.run("f"))).toBe("mine");
});

/** Says everything of `H:1` as often as the connection has submitted it, as job servers do. */
async function twoOfOneUnique() {
  const server = await openFakeServer();
  const client = new Client({ servers: [server.address] });
  const submitted = [client.submit("f", "x", { unique: "u" }), client.submit("f", "x", { unique: "u" })];
  await server.next("SUBMIT_JOB");
  const { from } = await server.next("SUBMIT_JOB");
  return {
    submitted,
    from,
    twice: (name: string, ...args: readonly string[]) => {
      for (let copy = 0; copy < 2; copy++) from.send(name, "H:1", ...args);
    },
    [Symbol.asyncDispose]: async () => {
      await client.close();
      await server.shut();
    },
  };
}

async function allOf(updates: AsyncIterable<Update>): Promise<string[]> {
  const seen: string[] = [];
  for await (const update of updates) {
    if (update.kind === "data") seen.push(new TextDecoder().decode(update.data));
    else if (update.kind === "status") seen.push(`${update.numerator}/${update.denominator}`);
  }
  return seen;
}

test("one unique submitted twice on one connection: each of the two is told everything once", async () => {
  await using play = await twoOfOneUnique();
  play.from.send("JOB_CREATED", "H:1");
  play.from.send("JOB_CREATED", "H:1");
  const jobs = await Promise.all(play.submitted);
  play.twice("WORK_DATA", "a");
  play.twice("WORK_DATA", "b");
  play.twice("WORK_STATUS", "1", "2");
  play.twice("WORK_COMPLETE", "all");
  expect(await Promise.all(jobs.map((job) => textOf(job.result)))).toEqual(["all", "all"]);
  expect(await Promise.all(jobs.map((job) => allOf(job.updates())))).toEqual([
    ["a", "b", "1/2"],
    ["a", "b", "1/2"],
  ]);
});

test("one unique submitted twice: what is large is two copies, so that one caller may change it", async () => {
  await using play = await twoOfOneUnique();
  play.from.send("JOB_CREATED", "H:1");
  play.from.send("JOB_CREATED", "H:1");
  const [one, other] = await Promise.all(play.submitted);
  play.twice("WORK_COMPLETE", "x".repeat(1_000_000));
  const [first, second] = [await one?.result, await other?.result];
  first?.fill(0);
  expect(second?.every((byte) => byte === 120)).toBe(true);
});

for (const when of ["before the first is taken", "after both are taken", "before the second is taken"] as const) {
  test(`one unique submitted twice and the first given up ${when}: the other is told everything once`, async () => {
    await using server = await openFakeServer();
    await using client = new Client({ servers: [server.address] });
    const stop = new AbortController();
    const first = client.submit("f", "x", { unique: "u", signal: stop.signal });
    const second = client.submit("f", "x", { unique: "u" });
    const { from } = await server.next("SUBMIT_JOB");
    await server.next("SUBMIT_JOB");
    const end = errorOf(first.then((job) => job.result));
    if (when === "before the first is taken") stop.abort();
    from.send("JOB_CREATED", "H:1");
    if (when !== "before the first is taken") await first;
    if (when === "before the second is taken") stop.abort();
    from.send("JOB_CREATED", "H:1");
    const job = await second;
    if (when === "after both are taken") stop.abort();
    expect((await end).code).toBe("ABORTED");
    for (const data of ["a", "a", "b", "b"]) from.send("WORK_DATA", "H:1", data);
    for (const data of ["all", "all"]) from.send("WORK_COMPLETE", "H:1", data);
    expect(await textOf(job.result)).toBe("all");
    expect(await allOf(job.updates())).toEqual(["a", "b"]);
  });
}

test("a result of 5 MiB arrives whole, in any cut", async () => {
  const result = Buffer.alloc(5 * 1024 * 1024, "0123456789abcdef!");
  await using server = await openFakeServer({
    onPacket: ({ from }) => {
      from.send("JOB_CREATED", "H:1");
      from.send("WORK_DATA", "H:1", result);
      from.send("WORK_COMPLETE", "H:1", result);
    },
  });
  await using client = new Client({ servers: [server.address] });
  const parts: Uint8Array[] = [];
  const onUpdate = (update: Update) => {
    if (update.kind === "data") parts.push(update.data);
  };
  expect(result.equals(await client.run("f", "x", { onUpdate }))).toBe(true);
  expect(parts.map((part) => result.equals(part))).toEqual([true]);
});

test("data of a job stays what it was when more comes", async () => {
  await using server = await openFakeServer();
  await using client = new Client({ servers: [server.address] });
  const submitted = client.submit("f");
  const { from } = await server.next("SUBMIT_JOB");
  from.send("JOB_CREATED", "H:1");
  const job = await submitted;
  const updates = job.updates();
  const seen: Uint8Array[] = [];
  for (const letter of ["a", "b", "c"]) {
    from.send("WORK_DATA", "H:1", letter.repeat(1_000));
    const { value } = await updates.next();
    if (value?.kind === "data") seen.push(value.data);
  }
  from.send("WORK_COMPLETE", "H:1", "");
  await job.result;
  expect(seen.map((data) => new TextDecoder().decode(data))).toEqual(["a", "b", "c"].map((one) => one.repeat(1_000)));
});

test("packets that are cut into single bytes are still read", async () => {
  await using server = await openFakeServer({
    onConnection: ({ socket }) => {
      const write = socket.write.bind(socket) as (chunk: Uint8Array) => boolean;
      socket.write = ((chunk: Uint8Array) => {
        for (const byte of chunk) write(Uint8Array.of(byte));
        return true;
      }) as typeof socket.write;
    },
    onPacket: doingJobs("one"),
  });
  await using client = new Client({ servers: [server.address] });
  expect(await textOf(client.run("f", "x"))).toBe("one:x");
  await until(() => server.packets.length === 1, { what: "one packet" });
});
