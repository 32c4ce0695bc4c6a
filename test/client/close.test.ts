/** Closing a client, whatever it is doing. */
import { expect, test } from "bun:test";
import { Client, type ServerEvent } from "../../src/index.ts";
import { freePort } from "../harness/free-port.ts";
import { until } from "../harness/until.ts";
import { doingJobs, openFakeServer } from "./fake-server.ts";
import { codeOf, errorOf, textOf } from "./outcome.ts";

test("a client that was never used closes, twice, and is closed then", async () => {
  const client = new Client({ servers: ["127.0.0.1:1"] });
  await Promise.all([client.close(), client.close()]);
  await client.close();
  const calls = [
    client.run("f"),
    client.submit("f"),
    client.submitBackground("f"),
    client.status("H:1"),
    client.statusOfUnique("u"),
    client.echo("x"),
    client.map("f", ["x"]).next(),
  ];
  const errors = await Promise.all(calls.map((call) => errorOf(call as Promise<unknown>)));
  expect(errors.map(({ code, message }) => [code, message])).toEqual(Array(7).fill(["CLOSED", "the client is closed"]));
});

test("an idle client closes its connection", async () => {
  await using server = await openFakeServer({ onPacket: doingJobs("one") });
  const client = new Client({ servers: [server.address] });
  await client.run("f");
  await client.close();
  await until(() => server.connections[0]?.isEnded, { what: "the connection is over" });
});

test("await using closes", async () => {
  await using server = await openFakeServer({ onPacket: doingJobs("one") });
  {
    await using client = new Client({ servers: [server.address] });
    await client.run("f");
  }
  await until(() => server.connections[0]?.isEnded, { what: "the connection is over" });
});

test("closing while it connects, or waits for a server, rejects what is open with CLOSED", async () => {
  await using mute = await openFakeServer({ isMute: true });
  for (const address of [mute.address, `127.0.0.1:${await freePort()}`]) {
    for (const isLater of [false, true]) {
      const events: ServerEvent[] = [];
      const client = new Client({
        servers: [address],
        connectMs: 60_000,
        serverWaitMs: 60_000,
        onEvent: (event) => events.push(event),
      });
      const before = mute.connections.length;
      const codes = [client.run("f"), client.submitBackground("f"), client.echo("x"), client.status("H")].map((call) =>
        codeOf(call as Promise<unknown>),
      );
      if (isLater) {
        const isReached = () => (address === mute.address ? mute.connections.length > before : events.length > 0);
        await until(isReached, { what: "a try to connect" });
      }
      await Promise.all([client.close(), client.close()]);
      const wanted = address === mute.address || !isLater ? "CLOSED" : "NO_SERVER";
      expect(await Promise.all(codes)).toEqual(["CLOSED", "CLOSED", "CLOSED", wanted]);
    }
  }
});

test("closing rejects what was sent and what was taken with CLOSED, and is not resubmitted", async () => {
  await using first = await openFakeServer({
    onPacket: ({ args, from }) => {
      if (args[2] === "taken") from.send("JOB_CREATED", "H:1");
    },
  });
  await using second = await openFakeServer({ onPacket: doingJobs("second") });
  const client = new Client({ servers: [first.address, second.address] });
  const job = await client.submit("f", "taken");
  const calls = [job.result, client.run("f", "sent"), client.submitBackground("f", "sent"), client.echo("x")];
  const codes = calls.map((call) => codeOf(call as Promise<unknown>));
  await until(() => first.packets.length === 4, { what: "all is sent" });
  await client.close();
  expect(await Promise.all(codes)).toEqual(Array(4).fill("CLOSED"));
  expect(second.connections).toEqual([]);
});

test("what was sent in the same turn as the close still leaves", async () => {
  await using server = await openFakeServer({ onPacket: doingJobs("one") });
  const client = new Client({ servers: [server.address] });
  await client.run("f");
  const codes = Array.from({ length: 100 }, (_, index) => codeOf(client.submitBackground("f", `${index}`)));
  await client.close();
  expect(new Set(await Promise.all(codes))).toEqual(new Set(["CLOSED"]));
  await until(() => server.connections[0]?.isEnded, { what: "the connection is over" });
  expect(server.named("SUBMIT_JOB_BG").map(({ args }) => args[2])).toEqual(codes.map((_, index) => `${index}`));
});

test("closing resolves although the server does not close its side, or reads nothing", async () => {
  await using deaf = await openFakeServer({
    onPacket: ({ from }) => {
      from.send("JOB_CREATED", "H:1");
      from.send("WORK_COMPLETE", "H:1", "");
      from.socket.pause();
    },
  });
  const client = new Client({ servers: [deaf.address] });
  await client.run("f");
  const code = codeOf(client.run("f", new Uint8Array(24 * 1024 * 1024)));
  await client.close();
  expect(await code).toBe("CLOSED");
}, 30_000);

test("a job that ends while the client closes has its result or CLOSED, and nothing hangs", async () => {
  await using server = await openFakeServer({ onPacket: doingJobs("one") });
  for (let round = 0; round < 20; round++) {
    const client = new Client({ servers: [server.address] });
    const ends = Array.from({ length: 20 }, () =>
      textOf(client.run("f", "x")).catch((error: unknown) => (error as { readonly code: string }).code),
    );
    await ends[round];
    const rest = client.run("f", "y");
    const last = codeOf(rest);
    await client.close();
    for (const end of await Promise.all(ends)) expect(["one:x", "CLOSED"]).toContain(end);
    expect(await last).toBe("CLOSED");
  }
});

test("onUpdate and onEvent may close the client", async () => {
  await using server = await openFakeServer({
    onPacket: ({ from }) => {
      from.send("JOB_CREATED", "H:1");
      from.send("WORK_STATUS", "H:1", "1", "2");
      from.send("WORK_COMPLETE", "H:1", "");
    },
  });
  const closing: Promise<void>[] = [];
  const one = new Client({ servers: [server.address] });
  expect(await codeOf(one.run("f", "x", { onUpdate: () => closing.push(one.close()) }))).toBe("CLOSED");
  const other = new Client({ servers: [server.address], onEvent: () => closing.push(other.close()) });
  expect(await codeOf(other.run("f"))).toBe("CLOSED");
  await Promise.all(closing);
  expect(closing.length).toBe(2);
});

for (const isElsewhere of [false, true]) {
  test(`a client that closes when it hears of a lost server${isElsewhere ? ", with another at hand," : ""} leaves nothing open`, async () => {
    await using server = await openFakeServer({
      onPacket: ({ args, from }) => {
        if (args[2] === "taken") from.send("JOB_CREATED", "H:1");
        else if (args[2] === "last") from.drop();
      },
    });
    await using other = await openFakeServer({ onPacket: doingJobs("other") });
    const events: ServerEvent[] = [];
    let closed: Promise<void> | undefined;
    const client = new Client({
      servers: isElsewhere ? [server.address, other.address] : [server.address],
      onEvent: (event) => {
        events.push(event);
        if (event.kind === "disconnected") closed = client.close();
      },
    });
    const job = await client.submit("f", "taken");
    const calls = [job.result, client.run("f", "sent"), client.echo("x"), client.run("f", "last")];
    const codes = await Promise.all(calls.map((call) => codeOf(call as Promise<unknown>)));
    expect(codes).toEqual(Array(4).fill("CLOSED"));
    await closed;
    expect(await codeOf(client.run("f"))).toBe("CLOSED");
    // A new connection would come within LIMITS.retryMsMax; this one comes after what was begun before it.
    await using later = new Client({ servers: [server.address] });
    await later.submit("f", "taken");
    expect(server.connections.length).toBe(2);
    expect(other.packets).toEqual([]);
    expect(events.map(({ kind }) => kind)).toEqual(["connected", "disconnected"]);
  });
}
