/** A connection to a job server: how it opens, and every way in which it ends. */
import { expect, test } from "bun:test";
import { spawn } from "node:child_process";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { PACKETS } from "../../src/protocol/packets.ts";
import { openFakeServer } from "../client/fake-server.ts";
import { freePort } from "../harness/free-port.ts";
import { hasEnded, killAtEnd } from "../harness/leftovers.ts";
import { ROOT_FOLDER, RUNTIMES } from "../harness/runtimes.ts";
import { until } from "../harness/until.ts";
import { RecordingOwner } from "./line-owner.ts";

const ECHO = PACKETS.ECHO_REQ.type;

test("a port at which nobody listens is NO_SERVER with the reason, and can be tried again", async () => {
  const port = await freePort();
  const owner = new RecordingOwner(`127.0.0.1:${port}`);
  for (let tries = 1; tries <= 2; tries++) {
    owner.line.connect();
    expect([owner.line.isBusy, owner.line.isOpen]).toEqual([true, false]);
    await until(() => owner.losses.length === tries, { what: "it is lost" });
    expect([owner.line.isBusy, owner.line.isOpen]).toEqual([false, false]);
  }
  for (const { error, wasOpen } of owner.losses) {
    expect([error.code, wasOpen]).toEqual(["NO_SERVER", false]);
    expect(error.message).toMatch(new RegExp(`^127.0.0.1:${port} cannot be reached: .*REFUSED`, "i"));
  }
});

test("a unix socket that is not there is NO_SERVER", async () => {
  const owner = new RecordingOwner("unix:/tmp/there-is-no-such-folder/jobs.sock");
  owner.line.connect();
  expect((await owner.loss()).error.message).toMatch(/^unix:.*cannot be reached: ./);
});

test("a name that nobody knows is NO_SERVER", async () => {
  const owner = new RecordingOwner("no-such-host.invalid:4730");
  owner.line.connect();
  const { error, wasOpen } = await owner.loss();
  expect([error.code, wasOpen]).toEqual(["NO_SERVER", false]);
});

/** A process that listens with a queue of one and accepts nothing, because it is stopped. */
async function stoppedListener() {
  const program =
    "require('net').createServer().listen({port:0,host:'127.0.0.1',backlog:1},function(){console.log(this.address().port)})";
  const child = spawn(join(ROOT_FOLDER, "node_modules", ".bin", "node"), ["-e", program]);
  const { pid = 0 } = child;
  killAtEnd(pid, "");
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => {
    output += chunk.toString();
  });
  const port = Number(await until(() => output.includes("\n") && output, { what: "it listens" }));
  child.kill("SIGSTOP");
  const fillers: Socket[] = Array.from({ length: 8 }, () => connect({ port, host: "127.0.0.1" }).on("error", () => {}));
  await until(() => fillers.filter(({ connecting }) => !connecting).length >= 2, { what: "its queue is full" });
  return {
    port,
    [Symbol.asyncDispose]: async () => {
      for (const socket of fillers) socket.destroy();
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGKILL");
      await ended;
      hasEnded(pid);
    },
  };
}

test.skipIf(!RUNTIMES.includes("node"))("a server that does not accept within connectMs is NO_SERVER", async () => {
  await using listener = await stoppedListener();
  const owner = new RecordingOwner(`127.0.0.1:${listener.port}`, { connectMs: 80 });
  for (let tries = 1; tries <= 2; tries++) {
    owner.line.connect();
    await until(() => owner.losses.length === tries, { what: "it is lost" });
    expect(owner.line.isBusy).toBe(false);
  }
  for (const { error, wasOpen } of owner.losses) {
    expect([error.code, wasOpen]).toEqual(["NO_SERVER", false]);
    expect(error.message).toBe(`127.0.0.1:${listener.port} did not accept within 80 ms`);
  }
});

test("what is sent before it is open is dropped; what is sent in `opened` is the first", async () => {
  await using server = await openFakeServer();
  const owner = new RecordingOwner(server.address);
  owner.line.send(ECHO, "", Buffer.from("too early"));
  owner.opened = () => owner.line.send(ECHO, "", Buffer.from("first"));
  owner.line.connect();
  owner.line.send(ECHO, "", Buffer.from("too early as well"));
  owner.line.connect();
  await until(() => owner.line.isOpen, { what: "the line is open" });
  owner.line.send(ECHO, "", Buffer.from("second"));
  await server.next("ECHO_REQ");
  await server.next("ECHO_REQ");
  expect(server.packets.map(({ args }) => args[0])).toEqual(["first", "second"]);
  expect(server.connections.length).toBe(1);
  owner.line.end();
  await owner.loss();
});

test("packets are told one by one, in order, with their arguments", async () => {
  await using server = await openFakeServer({
    onConnection: (one) => {
      one.send("JOB_CREATED", "H:1");
      one.send("WORK_STATUS", "H:1", "1", "2");
      one.send("NO_JOB");
    },
  });
  const owner = new RecordingOwner(server.address);
  await owner.open();
  await until(() => owner.packets.length === 3, { what: "three packets" });
  expect(owner.packets).toEqual(["JOB_CREATED H:1", "WORK_STATUS 2", "NO_JOB "]);
  owner.line.end();
  await owner.loss();
});

const NOT_GEARMAN: Readonly<Record<string, readonly [sent: string, what: string]>> = {
  "bytes that are no packet": ["\0RXS\0\0\0\x08\0\0\0\0", "badMagic"],
  "a type that there is not": ["\0RES\0\0\x01\x08\0\0\0\0", "badType"],
  "a packet of too few arguments": ["\0RES\0\0\0\x0c\0\0\0\x03H:1", "tooFewArguments"],
  "a line of text": ["220 mail.example ESMTP\r\n", "a line of text"],
  "text without an end": ["x".repeat(10_000), "textTooLong"],
  "a request": ["\0REQ\0\0\0\x10\0\0\0\0", "a request"],
  "a length above 1 GiB": ["\0RES\0\0\0\x11\xff\xff\xff\xff", "bodyTooLarge"],
};

for (const [name, [sent, what]] of Object.entries(NOT_GEARMAN)) {
  test(`a server that sends ${name} is PROTOCOL_ERROR, and nothing behind it is read`, async () => {
    await using server = await openFakeServer({
      onConnection: (one) => {
        one.send("JOB_CREATED", "H:1");
        one.socket.write(Buffer.from(sent, "latin1"));
        one.send("JOB_CREATED", "H:2");
      },
    });
    const owner = new RecordingOwner(server.address);
    owner.line.connect();
    const { error, wasOpen } = await owner.loss();
    expect([error.code, wasOpen]).toEqual(["PROTOCOL_ERROR", true]);
    expect(error.message).toBe(`${server.address} sent what no job server sends (${what}); is it one?`);
    expect(owner.packets).toEqual(["JOB_CREATED H:1"]);
    await until(() => server.connections[0]?.isEnded, { what: "the server sees the end" });
  });
}

const ENDS: Readonly<Record<string, (socket: Socket) => void>> = {
  "closes at once": (socket) => socket.destroy(),
  "half-closes": (socket) => socket.end(),
  "ends in the middle of a packet": (socket) => socket.end(Buffer.from("\0RES\0\0\0\x08\0\0\0\x20H:", "latin1")),
};

for (const [name, end] of Object.entries(ENDS)) {
  test(`a server that ${name} is CONNECTION_LOST once it was open, and the line can be opened again`, async () => {
    let count = 0;
    await using server = await openFakeServer({
      onConnection: ({ socket }) => {
        count += 1;
        if (count === 1) end(socket);
      },
    });
    const owner = new RecordingOwner(server.address);
    owner.line.connect();
    const { error, wasOpen } = await owner.loss();
    expect([error.code, wasOpen]).toEqual(["CONNECTION_LOST", true]);
    expect(error.message).toContain(server.address);
    const line = await owner.open();
    line.send(ECHO, "", Buffer.from("again"));
    expect((await server.next("ECHO_REQ")).args).toEqual(["again"]);
    line.end();
    await until(() => owner.losses.length === 2, { what: "the second end" });
    expect(owner.losses[1]?.error.code).toBe("CLOSED");
  });
}

test("a connection that is reset while much is being sent is CONNECTION_LOST", async () => {
  await using server = await openFakeServer({ onPacket: ({ from }) => from.socket.pause() });
  const owner = new RecordingOwner(server.address);
  const line = await owner.open();
  line.send(ECHO, "", Buffer.from("first"));
  await server.next("ECHO_REQ");
  for (let index = 0; index < 30; index++) line.send(ECHO, "", new Uint8Array(1024 * 1024));
  await until(() => line.unsentBytes > 0, { what: "bytes wait" });
  // Unread bytes on its side make this a reset.
  server.connections[0]?.drop();
  const { error, wasOpen } = await owner.loss();
  expect([error.code, wasOpen]).toEqual(["CONNECTION_LOST", true]);
  expect([line.unsentBytes, line.isHigh, line.isBusy]).toEqual([0, false, false]);
});

test("`fail` ends it with the error it was given, once", async () => {
  await using server = await openFakeServer();
  const owner = new RecordingOwner(server.address);
  const { GearError } = await import("../../src/base/errors.ts");
  const [first, second] = [new GearError("REFUSED", "first"), new GearError("REFUSED", "second")];
  const line = await owner.open();
  line.fail(first);
  line.fail(second);
  expect((await owner.loss()).error).toBe(first);
});

test("a server that should be heard and is silent is asked, and given up when it does not answer", async () => {
  await using server = await openFakeServer();
  const owner = new RecordingOwner(server.address, { probeMs: 60 });
  owner.isExpecting = true;
  await owner.open();
  expect((await server.next("ECHO_REQ")).args).toEqual(["gearwright probe"]);
  const { error } = await owner.loss();
  expect([error.code, error.message]).toEqual(["CONNECTION_LOST", `${server.address} was silent for 120 ms`]);
  expect(server.packets.length).toBe(1);
});

test("a server that answers when it is asked is kept, and its answers are not the owner's", async () => {
  await using server = await openFakeServer({ onPacket: ({ args, from }) => from.send("ECHO_RES", ...args) });
  const owner = new RecordingOwner(server.address, { probeMs: 30 });
  owner.isExpecting = true;
  const line = await owner.open();
  await until(() => server.packets.length >= 4, { what: "four probes" });
  expect([owner.packets, owner.losses]).toEqual([[], []]);
  line.send(ECHO, "", Buffer.from("mine"));
  await until(() => owner.packets.length > 0, { what: "an answer" });
  expect(owner.packets).toEqual(["ECHO_RES mine"]);
  line.end();
  await owner.loss();
});

test("the answers to what was asked before the probe are the owner's, also that to an empty echo", async () => {
  await using server = await openFakeServer({
    onPacket: ({ args, from }) => {
      if (args[0] !== "gearwright probe") return;
      from.send("ECHO_RES", "");
      from.send("JOB_CREATED", "H:1");
      from.send("ECHO_RES", "gearwright probe");
      from.send("WORK_COMPLETE", "H:1", "done");
    },
  });
  const owner = new RecordingOwner(server.address, { probeMs: 500 });
  owner.isExpecting = true;
  const line = await owner.open();
  line.send(ECHO, "");
  line.send(PACKETS.SUBMIT_JOB.type, "f\0\0");
  await until(() => owner.packets.length >= 3, { what: "the answers" });
  expect(owner.packets).toEqual(["ECHO_RES ", "JOB_CREATED H:1", "WORK_COMPLETE done"]);
  line.end();
  await owner.loss();
});

test("a server of which nothing is expected may be silent", async () => {
  await using server = await openFakeServer();
  await using other = await openFakeServer();
  const quiet = new RecordingOwner(server.address, { probeMs: 30 });
  const waiting = new RecordingOwner(other.address, { probeMs: 30 });
  await quiet.open();
  waiting.isExpecting = true;
  await waiting.open();
  await waiting.loss();
  expect(quiet.losses).toEqual([]);
  expect(server.packets).toEqual([]);
  quiet.line.end();
  await quiet.loss();
});
