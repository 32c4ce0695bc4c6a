/** What a line sends: in order, in few writes, no faster than it is taken, and to the end. */
import { expect, test } from "bun:test";
import { LIMITS } from "../../src/base/limits.ts";
import { Client } from "../../src/index.ts";
import { PACKETS } from "../../src/protocol/packets.ts";
import { doingJobs, openFakeServer } from "../client/fake-server.ts";
import { until } from "../harness/until.ts";
import { RecordingOwner } from "./line-owner.ts";

const ECHO = PACKETS.ECHO_REQ.type;
const KIB = 1024;

test("a line whose server does not read is high, and writable when it has read; nothing is lost or out of order", async () => {
  await using server = await openFakeServer({ onConnection: ({ socket }) => socket.pause() });
  const owner = new RecordingOwner(server.address);
  const line = await owner.open();
  let sent = 0;
  const fill = () => {
    for (; !line.isHigh && sent < 500; sent++) line.send(ECHO, "", Buffer.alloc(100 * KIB, String(sent)));
  };
  owner.onWritable = fill;
  fill();
  await until(() => line.isHigh && line.unsentBytes > LIMITS.sendHighBytes, { what: "the line is high" });
  expect(sent).toBeLessThan(500);
  expect(line.unsentBytes).toBeLessThan(LIMITS.sendHighBytes + 200 * KIB + 64 * KIB);
  (await server.connection(0)).socket.resume();
  await until(() => server.packets.length === 500, { what: "all have come" });
  expect(owner.writableCount).toBeGreaterThan(0);
  const isRight = server.packets.every(({ args }, index) => args[0]?.startsWith(`${index}`));
  expect(isRight).toBe(true);
  await until(() => line.unsentBytes === 0 && !line.isHigh, { what: "nothing waits" });
  line.end();
  await owner.loss();
});

test("a line that is high in one turn and taken at once is told writable", async () => {
  await using server = await openFakeServer();
  const owner = new RecordingOwner(server.address);
  const line = await owner.open();
  for (let round = 1; round <= 5; round++) {
    while (!line.isHigh) line.send(ECHO, "", new Uint8Array(10 * KIB));
    await until(() => owner.writableCount === round, { what: "it is writable" });
    expect(owner.line.isHigh).toBe(false);
  }
  line.end();
  await owner.loss();
});

test("`end` sends what is left, whatever its length, and then ends", async () => {
  await using server = await openFakeServer();
  for (const bytes of [0, 10, 100 * KIB, 4 * KIB * KIB]) {
    const before = server.packets.length;
    const owner = new RecordingOwner(server.address);
    const line = await owner.open();
    line.send(ECHO, "", Buffer.alloc(bytes, "x"));
    line.send(ECHO, "", Buffer.from("last"));
    line.end();
    expect(line.isOpen).toBe(false);
    line.send(ECHO, "", Buffer.from("too late"));
    const { error, wasOpen } = await owner.loss();
    expect([error.code, wasOpen]).toEqual(["CLOSED", true]);
    await until(() => server.connections.at(-1)?.isEnded, { what: "the server sees the end" });
    const lengths = server.packets.slice(before).map(({ args }) => args[0]?.length ?? 0);
    expect(lengths).toEqual([bytes, 4]);
  }
});

test("`end` while it connects, twice, and of a line that was never open", async () => {
  await using server = await openFakeServer();
  const owner = new RecordingOwner(server.address);
  owner.line.end();
  expect(owner.losses).toEqual([]);
  owner.line.connect();
  owner.line.end();
  owner.line.end();
  const { error, wasOpen } = await owner.loss();
  expect([error.code, wasOpen]).toEqual(["CLOSED", false]);
  await owner.open();
  owner.line.end();
  owner.line.end();
  await until(() => owner.losses.length === 2, { what: "the second end" });
});

test("`end` gives a server that does not read two seconds, and no more", async () => {
  await using server = await openFakeServer({ onConnection: ({ socket }) => socket.pause() });
  const owner = new RecordingOwner(server.address);
  const line = await owner.open();
  line.send(ECHO, "", new Uint8Array(24 * KIB * KIB));
  line.end();
  expect((await owner.loss()).error.code).toBe("CLOSED");
  expect(line.isBusy).toBe(false);
}, 30_000);

test("jobs that waited because the connection was full are sent in the order of their calls", async () => {
  await using server = await openFakeServer({ onPacket: doingJobs("one") });
  await using client = new Client({ servers: [server.address] });
  await client.run("f", "first");
  const socket = (await server.connection(0)).socket;
  socket.pause();
  const workload = (index: number) => `${index}`.padEnd(index % 3 === 0 ? 5_000 : 10, " ");
  const results = Array.from({ length: 6_000 }, (_, index) => client.run("f", workload(index)));
  await new Promise((resolve) => setImmediate(resolve));
  socket.resume();
  const texts = (await Promise.all(results)).map((result) => new TextDecoder().decode(result));
  expect(texts.every((text, index) => text === `one:${workload(index)}`)).toBe(true);
  const order = server.packets.slice(1).map(({ args }) => Number(args[2]));
  expect(order.every((number, index) => number === index)).toBe(true);
}, 30_000);
