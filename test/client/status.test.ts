/** Asking after a job on several servers. */
import { expect, test } from "bun:test";
import { Client, type JobStatus } from "../../src/index.ts";
import { freePort } from "../harness/free-port.ts";
import { type FakeServer, openFakeServer } from "./fake-server.ts";
import { codeOf, errorOf } from "./outcome.ts";

const UNKNOWN: JobStatus = {
  isKnown: false,
  isRunning: false,
  numerator: 0,
  denominator: 0,
  clientCount: undefined,
  server: undefined,
};

/** A server that knows the jobs `known`, which are half done. */
function knowing(...known: readonly string[]): Promise<FakeServer> {
  return openFakeServer({
    onPacket: ({ name, args, from }) => {
      const [asked = ""] = args;
      const isKnown = known.includes(asked) ? "1" : "0";
      const done = isKnown === "1" ? ["1", "1", "2"] : ["0", "0", "0"];
      if (name === "GET_STATUS") from.send("STATUS_RES", asked, isKnown, ...done);
      else if (name === "GET_STATUS_UNIQUE") from.send("STATUS_RES_UNIQUE", asked, isKnown, ...done, `${known.length}`);
    },
  });
}

test("the server that knows the job answers, whichever it is", async () => {
  await using one = await knowing("H:1");
  await using two = await knowing("H:2");
  await using client = new Client({ servers: [one.address, two.address] });
  for (const [handle, server] of [["H:1", one] as const, ["H:2", two] as const]) {
    expect(await client.status(handle)).toEqual({
      isKnown: true,
      isRunning: true,
      numerator: 1,
      denominator: 2,
      clientCount: undefined,
      server: server.address,
    });
  }
  expect(await client.status("H:3")).toEqual(UNKNOWN);
  expect(one.packets.map(({ args }) => args[0])).toEqual(["H:1", "H:2", "H:3"]);
});

test("by unique the count of clients comes too", async () => {
  await using server = await knowing("photo", "x");
  await using client = new Client({ servers: [server.address] });
  expect((await client.statusOfUnique("photo")).clientCount).toBe(2);
  expect(await client.statusOfUnique("other")).toEqual({ ...UNKNOWN, clientCount: undefined });
});

test("one of two servers down: the other answers, known or not", async () => {
  await using one = await knowing("H:1");
  const gone = `127.0.0.1:${await freePort()}`;
  for (const servers of [
    [gone, one.address],
    [one.address, gone],
  ]) {
    await using client = new Client({ servers });
    for (let round = 0; round < 3; round++) {
      expect((await client.status("H:1")).server).toBe(one.address);
      expect(await client.status("H:9")).toEqual(UNKNOWN);
    }
  }
});

test("a server that never answers does not hold back one that knows the job", async () => {
  await using mute = await openFakeServer();
  await using one = await knowing("H:1");
  await using client = new Client({ servers: [mute.address, one.address] });
  expect((await client.status("H:1")).server).toBe(one.address);
});

test("a question that is given up before all servers have answered rejects, though one knew nothing", async () => {
  await using mute = await openFakeServer();
  await using one = await knowing("H:1");
  await using client = new Client({ servers: [one.address, mute.address] });
  expect(await codeOf(client.status("H:9", { timeoutMs: 40 }))).toBe("TIMED_OUT");
  expect(await codeOf(client.status("H:9", { signal: AbortSignal.timeout(40) }))).toBe("ABORTED");
});

test("all servers down is NO_SERVER, and the next question tries them again", async () => {
  await using one = await knowing("H:1");
  await one.shut();
  await using client = new Client({ servers: [one.address] });
  for (let round = 0; round < 3; round++) {
    const error = await errorOf(client.status("H:1"));
    expect(error.code).toBe("NO_SERVER");
    expect(error.message).toContain(one.address);
  }
  await one.open();
  expect((await client.status("H:1")).isKnown).toBe(true);
});

test("numbers that are none count as 0", async () => {
  await using server = await openFakeServer({
    onPacket: ({ args, from }) => from.send("STATUS_RES", args[0] ?? "", "1", "0", "many", ""),
  });
  await using client = new Client({ servers: [server.address] });
  expect(await client.status("H:1")).toMatchObject({ isKnown: true, isRunning: false, numerator: 0, denominator: 0 });
});

test("one server alone can be asked, which tells jobs of one handle apart", async () => {
  await using one = await knowing("H:1");
  await using two = await knowing("H:1");
  await using client = new Client({ servers: [one.address, two.address] });
  for (const server of [one, two, one]) {
    expect((await client.status("H:1", { server: server.address })).server).toBe(server.address);
    expect((await client.statusOfUnique("H:1", { server: server.address })).server).toBe(server.address);
  }
  expect([one.packets.length, two.packets.length]).toEqual([4, 2]);
});

test("one server alone that cannot be reached is NO_SERVER, although another knows the job", async () => {
  await using one = await knowing("H:1");
  const gone = `127.0.0.1:${await freePort()}`;
  await using client = new Client({ servers: [one.address, gone] });
  for (let round = 0; round < 2; round++) {
    expect(await codeOf(client.status("H:1", { server: gone }))).toBe("NO_SERVER");
  }
  expect(one.packets).toEqual([]);
});

test("a server that is none of the client's is INVALID_ARGUMENT, and nobody is asked", async () => {
  await using one = await knowing("H:1");
  await using client = new Client({ servers: [one.address] });
  for (const server of [`127.0.0.1:${await freePort()}`, "", "127.0.0.1"]) {
    for (const call of [client.status("H:1", { server }), client.statusOfUnique("u", { server })]) {
      const error = await errorOf(call);
      expect(error.code).toBe("INVALID_ARGUMENT");
      expect(error.message).toContain(one.address);
    }
  }
  expect(one.connections).toEqual([]);
});

test("where no server can be asked, the status says why: REFUSED, PROTOCOL_ERROR or CONNECTION_LOST", async () => {
  await using refusing = await openFakeServer({ onPacket: ({ from }) => from.send("ERROR", "QUEUE_ERROR", "not now") });
  await using odd = await openFakeServer({ onPacket: ({ from }) => from.send("NOOP") });
  await using dropping = await openFakeServer({ onPacket: ({ from }) => from.drop() });
  for (const [server, code] of [
    [refusing, "REFUSED"],
    [odd, "PROTOCOL_ERROR"],
    [dropping, "CONNECTION_LOST"],
  ] as const) {
    await using client = new Client({ servers: [server.address] });
    expect(await codeOf(client.status("H:1"))).toBe(code);
  }
});
