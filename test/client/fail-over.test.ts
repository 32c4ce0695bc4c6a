/** Which server a job goes to, and to which it goes when that one cannot be had. */
import { expect, test } from "bun:test";
import { LIMITS } from "../../src/base/limits.ts";
import { Client, type ClientOptions, type ServerEvent, type ServerOrder } from "../../src/index.ts";
import { freePort } from "../harness/free-port.ts";
import { until } from "../harness/until.ts";
import { doingJobs, type FakeServer, openFakeServer } from "./fake-server.ts";
import { errorOf, textOf } from "./outcome.ts";

/** Servers that do every job and say their own number. */
async function severalServers(count: number) {
  const servers: FakeServer[] = [];
  for (let index = 0; index < count; index++) servers.push(await openFakeServer({ onPacket: doingJobs(`${index}`) }));
  return {
    servers,
    addresses: servers.map(({ address }) => address),
    [Symbol.asyncDispose]: async () => {
      for (const server of servers) await server.shut();
    },
  };
}

/** The number of the server that does each job, one job after the other. */
async function serversOf(client: Client, uniques: readonly (string | undefined)[], functionName = "f") {
  const found: string[] = [];
  for (const unique of uniques) {
    const result = await textOf(client.run(functionName, "", unique === undefined ? {} : { unique }));
    found.push(result.slice(0, 1));
  }
  return found;
}

const FOUR = [undefined, undefined, undefined, undefined];

test("listed: all jobs go to the first server, and only that one is connected to", async () => {
  await using play = await severalServers(3);
  await using client = new Client({ servers: play.addresses });
  expect(await serversOf(client, FOUR)).toEqual(["0", "0", "0", "0"]);
  expect(play.servers.map(({ connections }) => connections.length)).toEqual([1, 0, 0]);
});

test("listed: the next server takes over when the first is lost, and the first is used again when it is back", async () => {
  await using play = await severalServers(2);
  await using client = new Client({ servers: play.addresses });
  expect(await serversOf(client, [undefined])).toEqual(["0"]);
  await play.servers[0]?.shut();
  expect(await serversOf(client, FOUR)).toEqual(["1", "1", "1", "1"]);
  await play.servers[0]?.open();
  await until(async () => (await serversOf(client, [undefined]))[0] === "0", {
    what: "the first server is used again",
  });
  expect(await serversOf(client, FOUR)).toEqual(["0", "0", "0", "0"]);
});

test("rotate: each job goes to the next server, and one that is lost is passed over", async () => {
  await using play = await severalServers(3);
  await using client = new Client({ servers: play.addresses, order: "rotate" });
  const turns = await serversOf(client, [...FOUR, undefined, undefined]);
  expect(new Set(turns.slice(0, 3))).toEqual(new Set(["0", "1", "2"]));
  expect(turns.slice(3)).toEqual(turns.slice(0, 3));
  await play.servers[1]?.shut();
  expect(new Set(await serversOf(client, [...FOUR, ...FOUR]))).toEqual(new Set(["0", "2"]));
});

test("rotate: an echo takes a turn, a status takes none", async () => {
  await using play = await severalServers(2);
  await using client = new Client({ servers: play.addresses, order: "rotate" });
  const [first] = await serversOf(client, [undefined]);
  expect((await client.status("H:1", { server: play.addresses[0] ?? "" })).isKnown).toBe(false);
  expect(await serversOf(client, [undefined])).not.toEqual([first ?? ""]);
  await client.echo("x");
  expect(await serversOf(client, [undefined])).not.toEqual([first ?? ""]);
});

test("random: a client keeps the order that it has drawn, and clients draw different ones", async () => {
  await using play = await severalServers(3);
  const firsts = new Set<string | undefined>();
  for (let tries = 0; tries < 200 && firsts.size < 3; tries++) {
    await using client = new Client({ servers: play.addresses, order: "random" });
    const found = new Set(await serversOf(client, [undefined, undefined, undefined]));
    expect(found.size).toBe(1);
    for (const first of found) firsts.add(first);
  }
  expect(firsts.size).toBe(3);
});

test("unique: two clients come to the same server for one function and unique, whatever kind of job it is", async () => {
  await using play = await severalServers(3);
  await using one = new Client({ servers: play.addresses, order: "unique" });
  await using other = new Client({ servers: play.addresses, order: "unique" });
  const uniques = Array.from({ length: 20 }, (_, index) => `photo-${index}`);
  const places = await serversOf(one, uniques);
  expect(await serversOf(other, uniques)).toEqual(places);
  for (const [index, unique] of uniques.entries()) {
    const handles = [
      await other.submitBackground("f", "x", { unique, at: new Date(Date.now() + 3_600_000 + index * 1_000) }),
      await other.submitBackground("f", "x", { unique, reducer: "merge" }),
      await other.submitBackground("f", "x", { unique, priority: "low" }),
    ];
    expect(handles.map((handle) => handle.split(":")[1])).toEqual(Array(3).fill(places[index] ?? ""));
  }
});

test("unique: jobs without a unique rotate, whatever kind of job they are", async () => {
  await using play = await severalServers(2);
  await using client = new Client({ servers: play.addresses, order: "unique" });
  const at = new Date(Date.now() + 3_600_000);
  for (const options of [{}, { at }, { reducer: "merge" }]) {
    const handles = [
      await client.submitBackground("f", "x", options),
      await client.submitBackground("f", "x", options),
    ];
    expect(handles.map((handle) => handle.split(":")[1]).sort()).toEqual(["0", "1"]);
  }
});

test("unique: a workload that is its own unique decides", async () => {
  await using play = await severalServers(3);
  await using client = new Client({ servers: play.addresses, order: "unique" });
  const placeOf = async (workload: string) => (await textOf(client.run("f", workload, { unique: "-" }))).slice(0, 1);
  const places = new Set<string>();
  for (let index = 0; index < 30; index++) {
    const place = await placeOf(`photo ${index}`);
    expect(await placeOf(`photo ${index}`)).toBe(place);
    places.add(place);
  }
  expect(places.size).toBe(3);
});

const SERIES: readonly (readonly [string, (index: number) => string])[] = [
  ["numbers", (index) => `${index}`],
  ["even numbers", (index) => `${index * 2}`],
  [
    "numbers of which only every second digit counts up",
    (index) => [...`${index}`].map((digit) => `${digit}8`).join(""),
  ],
  ["bits written as 0 and 2", (index) => index.toString(2).padStart(9, "0").replaceAll("1", "2")],
  ["letters that are far apart", (index) => [...index.toString(2)].map((bit) => (bit === "0" ? "D" : "T")).join("")],
];

for (const [what, uniqueOf] of SERIES) {
  for (const serverCount of [2, 3, 4]) {
    test(`unique: ${what} are spread over ${serverCount} servers, none with twice its share`, async () => {
      await using play = await severalServers(serverCount);
      await using client = new Client({ servers: play.addresses, order: "unique" });
      const jobs = Array.from({ length: 400 }, (_, index) => textOf(client.run("f", "", { unique: uniqueOf(index) })));
      const places = (await Promise.all(jobs)).map((result) => result.slice(0, 1));
      for (let index = 0; index < serverCount; index++) {
        const share = places.filter((place) => place === `${index}`).length;
        expect(share).toBeGreaterThan(200 / serverCount);
        expect(share).toBeLessThan(800 / serverCount);
      }
    });
  }
}

for (const order of ["listed", "random", "rotate", "unique"] as const satisfies readonly ServerOrder[]) {
  test(`${order}: with one of three servers there, every job finds it`, async () => {
    await using play = await severalServers(3);
    await play.servers[0]?.shut();
    await play.servers[2]?.shut();
    await using client = new Client({ servers: play.addresses, order });
    const uniques = Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? `u${index}` : undefined));
    expect(new Set(await serversOf(client, uniques))).toEqual(new Set(["1"]));
  });
}

test("a server that takes a job and never answers is left after replyMs for the next", async () => {
  await using silent = await openFakeServer();
  await using good = await openFakeServer({ onPacket: doingJobs("good") });
  const events: ServerEvent[] = [];
  const onEvent = (event: ServerEvent) => events.push(event);
  await using client = new Client({ servers: [silent.address, good.address], replyMs: 80, onEvent });
  expect(await textOf(client.run("f", "x"))).toBe("good:x");
  const lost = events.find(({ kind }) => kind === "disconnected");
  expect(lost?.kind === "disconnected" && lost.error.message).toBe(`${silent.address} did not answer within 80 ms`);
});

test("a server that answers other things, but never this one, is left after replyMs too", async () => {
  await using odd = await openFakeServer({
    onPacket: ({ from }) => {
      const tell = setInterval(() => {
        if (from.isEnded) clearInterval(tell);
        else from.send("WORK_STATUS", "H:other", "1", "2");
      }, 5);
    },
  });
  await using good = await openFakeServer({ onPacket: doingJobs("good") });
  await using client = new Client({ servers: [odd.address, good.address], replyMs: 80 });
  expect(await textOf(client.run("f", "x"))).toBe("good:x");
});

test("a job that runs for longer than replyMs is waited for", async () => {
  await using server = await openFakeServer({
    onPacket: ({ from }) => {
      from.send("JOB_CREATED", "H:1");
      setTimeout(() => from.send("WORK_COMPLETE", "H:1", "late"), 300);
    },
  });
  await using client = new Client({ servers: [server.address], replyMs: 40 });
  expect(await textOf(client.run("f"))).toBe("late");
  expect(server.connections.length).toBe(1);
});

test("a server that accepts and says nothing at all is left after connectMs, and nothing is entrusted to it", async () => {
  await using mute = await openFakeServer({ isMute: true });
  await using good = await openFakeServer({ onPacket: doingJobs("good") });
  await using client = new Client({ servers: [mute.address, good.address], connectMs: 80 });
  expect(await client.submitBackground("f", "x")).toBe("H:good:1");
  expect(mute.packets).toEqual([]);
});

const NO_SERVERS: readonly (readonly [
  string,
  Partial<ConstructorParameters<typeof FakeServer>[0] & object>,
  RegExp,
])[] = [
  ["closes every connection at once", { onConnection: ({ drop, socket }) => drop.call({ socket }) }, /.+/],
  [
    "greets as something else",
    { isMute: true, onConnection: ({ socket }) => socket.write("SSH-2.0-x\r\n") },
    /a line of text/,
  ],
  [
    "says bytes that are no packet",
    { isMute: true, onConnection: ({ socket }) => socket.write("\0no packet at all") },
    /badMagic/,
  ],
  [
    "sends a request",
    { isMute: true, onConnection: ({ socket }) => socket.write(Buffer.from("\0REQ\0\0\0\x10\0\0\0\0", "latin1")) },
    /a request/,
  ],
  ["never says a word", { isMute: true }, /did not answer/],
];

for (const [what, options, text] of NO_SERVERS) {
  for (const serverWaitMs of [0, 1_200]) {
    test(`a server that ${what} is none: NO_SERVER after ${serverWaitMs} ms of serverWaitMs, for every kind of call`, async () => {
      await using odd = await openFakeServer(options);
      await using client = new Client({ servers: [odd.address], serverWaitMs, connectMs: 50 });
      const errors = await Promise.all(
        [client.run("f"), client.submit("f"), client.submitBackground("f"), client.echo("x")].map(errorOf),
      );
      expect(errors.map(({ code }) => code)).toEqual(Array(4).fill("NO_SERVER"));
      for (const { message } of errors) {
        expect(message).toContain(odd.address);
        expect(message).toMatch(text);
      }
    }, 30_000);
  }
}

/** Addresses at which nobody listens. */
async function nobody(count: number): Promise<string[]> {
  const found: string[] = [];
  while (found.length < count) found.push(`127.0.0.1:${await freePort()}`);
  return found;
}

for (const options of [{ serverWaitMs: 0 }, { serverWaitMs: 200 }] satisfies ClientOptions[]) {
  test(`NO_SERVER after ${options.serverWaitMs} ms names every server and why it cannot be had`, async () => {
    const servers = await nobody(3);
    await using client = new Client({ servers, ...options });
    for (let round = 0; round < 2; round++) {
      const error = await errorOf(client.run("f"));
      expect(error.code).toBe("NO_SERVER");
      for (const name of servers)
        expect(error.message).toMatch(new RegExp(`${name} cannot be reached: .*REFUSED`, "i"));
    }
  });
}

test("NO_SERVER names also a server that has not answered yet", async () => {
  await using mute = await openFakeServer({ isMute: true });
  await using client = new Client({ servers: [mute.address], serverWaitMs: 30, connectMs: 60_000 });
  expect((await errorOf(client.run("f"))).message).toContain(`${mute.address} has not answered yet`);
});

test("serverWaitMs 0 still waits for a server that is being tried, each once", async () => {
  await using one = await openFakeServer({ isMute: true });
  await using other = await openFakeServer({ isMute: true });
  await using good = await openFakeServer({ onPacket: doingJobs("good") });
  await using client = new Client({
    servers: [one.address, other.address, good.address],
    serverWaitMs: 0,
    connectMs: 150,
  });
  expect(await textOf(client.run("f", "x"))).toBe("good:x");
  await good.shut();
  await using hopeless = new Client({ servers: [one.address, other.address], serverWaitMs: 0, connectMs: 150 });
  expect((await errorOf(hopeless.run("f"))).code).toBe("NO_SERVER");
});

test("a job waits for a server that comes within serverWaitMs", async () => {
  await using server = await openFakeServer({ onPacket: doingJobs("late") });
  await server.shut();
  const events: ServerEvent[] = [];
  await using client = new Client({ servers: [server.address], onEvent: (event) => events.push(event) });
  const result = textOf(client.run("f", "x"));
  await until(() => events.length > 0, { what: "a try to connect" });
  expect(events.every((event) => event.kind === "disconnected" && event.retryInMs !== undefined)).toBe(true);
  await server.open();
  expect(await result).toBe("late:x");
  expect(events.at(-1)).toEqual({ kind: "connected", server: server.address });
});

test("`disconnected` says when the server is tried again if a job waits for it, and else that it is not", async () => {
  let isIdle = true;
  await using server = await openFakeServer({
    onPacket: (packet) => {
      if (isIdle || packet.args[2] === "again") doingJobs("one")(packet);
      else {
        packet.from.send("JOB_CREATED", "H:1");
        packet.from.socket.end();
      }
    },
  });
  const events: ServerEvent[] = [];
  const lost = (count: number) =>
    until(() => events.filter((event) => event.kind === "disconnected")[count - 1], { what: `loss ${count}` });
  await using client = new Client({ servers: [server.address], onEvent: (event) => events.push(event) });
  await client.run("f");
  server.connections[0]?.drop();
  expect((await lost(1)).retryInMs).toBeUndefined();
  isIdle = false;
  const stop = new AbortController();
  const code = errorOf(client.run("f", "x", { signal: stop.signal }));
  const { retryInMs = Number.NaN } = await lost(2);
  expect(retryInMs).toBeGreaterThanOrEqual(LIMITS.retryMsMin / 2);
  expect(retryInMs).toBeLessThanOrEqual(LIMITS.retryMsMin);
  stop.abort();
  expect((await code).code).toBe("ABORTED");
});
