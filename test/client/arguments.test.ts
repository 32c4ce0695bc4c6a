/** What a caller gets wrong: INVALID_ARGUMENT or BAD_DATA with a text that says what would be right, and nothing is sent. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { bytes, Client, type Codec, defineFunction, GearError, json, text } from "../../src/index.ts";
import { doingJobs, type FakeServer, openFakeServer } from "./fake-server.ts";
import { codeOf, errorOf, textOf } from "./outcome.ts";

/** As a program without types may call it. */
// biome-ignore lint/suspicious/noExplicitAny: what the types forbid is what is tested
type Untyped = any;

let server: FakeServer;
let client: Untyped;

beforeAll(async () => {
  server = await openFakeServer({ onPacket: doingJobs("one") });
  client = new Client({ servers: [server.address] });
});

afterAll(async () => {
  await client.close();
  await server.shut();
});

const LATER = new Date(Date.now() + 3_600_000);

// biome-ignore format: a table
const CALLS: Readonly<Record<string, readonly [call: (client: Untyped) => Promise<unknown>, text: RegExp]>> = {
  "no name": [(c) => c.run(), /function.*defineFunction/],
  "an empty name": [(c) => c.run(""), /function's name.*not empty/],
  "a name with a NUL": [(c) => c.run("a\0b"), /function's name.*NUL/],
  "a name that is too long": [(c) => c.submitBackground("ä".repeat(257)), /514 bytes.*512/],
  "null as a function": [(c) => c.run(null), /defineFunction/],
  "an object that is no function": [(c) => c.submit({ name: "f" }), /defineFunction/],
  "a job function without a result": [(c) => c.run({ name: "f", workload: bytes }), /defineFunction/],
  "a job function whose codecs are none": [(c) => c.run({ name: "f", workload: {}, result: {} }, 1), /defineFunction/],
  "options that are null": [(c) => c.run("f", "x", null), /options.*null/],
  "options that are a number": [(c) => c.submitBackground("f", "x", 5), /options.*5/],
  "an option that is unknown": [(c) => c.run("f", "x", { timeout: 5 }), /timeout is unknown.*timeoutMs/],
  "an unknown option of a background job": [(c) => c.submitBackground("f", "x", { onUpdate() {} }), /onUpdate is unknown/],
  "at for a foreground job": [(c) => c.run("f", "x", { at: LATER }), /at/],
  "a priority that is none": [(c) => c.run("f", "x", { priority: "urgent" }), /high, normal or low.*urgent/],
  "a priority that objects have": [(c) => c.run("f", "x", { priority: "constructor" }), /high, normal or low/],
  "a priority that is null": [(c) => c.run("f", "x", { priority: null }), /high, normal or low/],
  "a unique that is a number": [(c) => c.run("f", "x", { unique: 5 }), /unique/],
  "a unique with a NUL": [(c) => c.run("f", "x", { unique: "\0" }), /unique.*NUL/],
  "a unique that is too long": [(c) => c.run("f", "x", { unique: "u".repeat(65) }), /unique.*65 bytes.*64/],
  "an empty reducer": [(c) => c.run("f", "x", { reducer: "" }), /reducer.*not empty/],
  "a reducer that is too long": [(c) => c.submitBackground("f", "x", { reducer: "r".repeat(65) }), /reducer.*64/],
  "a priority with a reducer": [(c) => c.run("f", "x", { reducer: "r", priority: "high" }), /priority/],
  "a priority with a time": [(c) => c.submitBackground("f", "x", { at: LATER, priority: "low" }), /priority/],
  "a time with a reducer": [(c) => c.submitBackground("f", "x", { at: LATER, reducer: "r" }), /at does not go with reducer/],
  "a time that is a number": [(c) => c.submitBackground("f", "x", { at: 5 }), /at is a Date/],
  "a time that is no time": [(c) => c.submitBackground("f", "x", { at: new Date("never") }), /at is a Date/],
  "a time that is too late": [(c) => c.submitBackground("f", "x", { at: new Date(2 ** 32 * 1000) }), /2106/],
  "a time limit below 0": [(c) => c.run("f", "x", { timeoutMs: -1 }), /timeoutMs.*from 0.*-1/],
  "a time limit with a fraction": [(c) => c.echo("x", { timeoutMs: 1.5 }), /timeoutMs.*1\.5/],
  "a time limit that no timer holds": [(c) => c.run("f", "x", { timeoutMs: 2 ** 31 }), /timeoutMs.*2147483647/],
  "a time limit that is a string": [(c) => c.status("H:1", { timeoutMs: "5" }), /timeoutMs/],
  "a signal that is none": [(c) => c.run("f", "x", { signal: new AbortController() }), /signal is an AbortSignal/],
  "isResubmitting that is a string": [(c) => c.run("f", "x", { isResubmitting: "no" }), /isResubmitting is true or false, not no/],
  "onUpdate that is no function": [(c) => c.run("f", "x", { onUpdate: "yes" }), /onUpdate is a function/],
  "an empty handle": [(c) => c.status(""), /handle/],
  "a handle that is too long": [(c) => c.status("H".repeat(64)), /handle.*63/],
  "no handle": [(c) => c.status(), /handle/],
  "a unique that gearmand cannot answer": [(c) => c.statusOfUnique("u".repeat(64)), /unique.*63/],
  "limits that are null": [(c) => c.status("H:1", null), /options.*null/],
  "map with nothing in flight": [async (c) => c.map("f", [], { inFlightMax: 0 }).next(), /inFlightMax.*from 1/],
  "map with an unknown option": [async (c) => c.map("f", [], { concurrency: 5 }).next(), /concurrency is unknown/],
  "map without workloads": [async (c) => c.map("f").next(), /workloads.*iterable/],
  "map over a number": [async (c) => c.map("f", 5).next(), /workloads.*iterable/],
  "map over a plain object": [async (c) => c.map("f", {}).next(), /workloads.*iterable/],
  "map with a signal that is none": [async (c) => c.map("f", ["x"], { signal: {} }).next(), /signal is an AbortSignal/],
  "map without a function": [async (c) => c.map(undefined, ["x"]).next(), /defineFunction/],
};

describe("INVALID_ARGUMENT, and nothing is sent:", () => {
  for (const [what, [call, text]] of Object.entries(CALLS)) {
    test(what, async () => {
      const before = server.packets.length;
      const error = await errorOf(call(client));
      expect(error.code).toBe("INVALID_ARGUMENT");
      expect(error.message).toMatch(text);
      await client.echo("all");
      expect(server.packets.slice(before).filter(({ name }) => name !== "ECHO_REQ")).toEqual([]);
    });
  }
});

// biome-ignore format: a table
const OPTIONS: Readonly<Record<string, readonly [options: Untyped, text: RegExp]>> = {
  "null": [null, /options of a client/],
  "an unknown option": [{ server: "127.0.0.1:4730" }, /server is unknown.*servers/],
  "an order that is none": [{ order: "first" }, /listed, random, rotate, unique/],
  "isResubmitting that is null": [{ isResubmitting: null }, /isResubmitting is true or false/],
  "serverWaitMs below 0": [{ serverWaitMs: -1 }, /serverWaitMs/],
  "connectMs of 0": [{ connectMs: 0 }, /connectMs.*from 1/],
  "replyMs of 0": [{ replyMs: 0 }, /replyMs.*from 1/],
  "timeoutMs without an end": [{ timeoutMs: Number.POSITIVE_INFINITY }, /timeoutMs.*Infinity/],
  "openMax of 0": [{ openMax: 0 }, /openMax.*from 1/],
  "openMax that is too great": [{ openMax: 10_000_001 }, /openMax.*10000000/],
  "updateBytesMax below 0": [{ updateBytesMax: -1 }, /updateBytesMax.*from 0/],
  "onEvent that is no function": [{ onEvent: true }, /onEvent is a function/],
  "no servers": [{ servers: [] }, /1 to 64/],
  "a server of port 0": [{ servers: ["127.0.0.1:0"] }, /1 to 65535/],
};

describe("a client is not made with", () => {
  for (const [what, [options, text]] of Object.entries(OPTIONS)) {
    test(what, () => {
      try {
        new Client(options);
      } catch (error) {
        expect((error as GearError).code).toBe("INVALID_ARGUMENT");
        expect((error as GearError).message).toMatch(text);
        return;
      }
      throw new Error("it was made");
    });
  }
});

test("options that are undefined are the defaults", async () => {
  const options = { servers: [server.address], order: undefined, replyMs: undefined, onEvent: undefined };
  await using plain = new Client(options as Untyped) as Untyped;
  const job = { priority: undefined, unique: undefined, signal: undefined, timeoutMs: undefined, onUpdate: undefined };
  expect(await textOf(plain.run("f", undefined, job))).toBe("one:");
});

const broken: Codec<string> = {
  name: "broken",
  encode: (value) => {
    if (value === "bad") throw new RangeError("too bad");
    return (value === "none" ? undefined : Buffer.from(value)) as Uint8Array;
  },
  decode: () => {
    throw new RangeError("cannot read it");
  },
};

test("a codec that throws, or gives no bytes, when it encodes is BAD_DATA, and nothing is sent", async () => {
  const resize = defineFunction("resize", { workload: broken, result: text });
  const before = server.packets.length;
  for (const call of [
    client.run(resize, "bad"),
    client.submit(resize, "bad"),
    client.submitBackground(resize, "bad"),
  ]) {
    const error = await errorOf(call);
    expect(error.code).toBe("BAD_DATA");
    expect(error.message).toBe("the workload of resize cannot be written by the codec broken: too bad");
    expect(error.cause).toBeInstanceOf(RangeError);
  }
  expect((await errorOf(client.run(resize, "none"))).message).toContain("must return a Uint8Array");
  expect(await codeOf(client.run("resize", 5))).toBe("BAD_DATA");
  expect(await codeOf(client.run("resize", [1, 2]))).toBe("BAD_DATA");
  expect(await codeOf(client.run("resize", new Proxy(new Uint8Array(1), {})))).toBe("BAD_DATA");
  expect(await codeOf(client.run(defineFunction("resize", { workload: json<unknown>() }), () => {}))).toBe("BAD_DATA");
  expect(await codeOf(client.echo(5))).toBe("BAD_DATA");
  expect(server.packets.slice(before)).toEqual([]);
  expect(await textOf(client.run("f", "y"))).toBe("one:y");
});

test("a codec that throws when it decodes is BAD_DATA for its own job, and the connection goes on", async () => {
  const resize = defineFunction("resize", { workload: text, result: broken });
  const before = server.connections.length;
  const [bad, good] = [errorOf(client.run(resize, "x")), textOf(client.run("f", "y"))];
  expect((await bad).message).toBe("the result of resize cannot be read by the codec broken: cannot read it");
  expect((await bad).code).toBe("BAD_DATA");
  expect(await good).toBe("one:y");
  expect(server.connections.length).toBe(before);
});

test("a codec may throw what cannot be shown", async () => {
  const decode = () => {
    throw Object.create(null);
  };
  const odd = defineFunction("f", { workload: text, result: { ...broken, decode } });
  expect((await errorOf(client.run(odd, "x"))).message).toEndWith("broken: an error that cannot be shown");
});

test("a codec may throw a GearError of its own, which is the cause", async () => {
  const own = new GearError("JOB_FAILED", "my own");
  const fails = defineFunction("f", {
    workload: text,
    result: {
      ...broken,
      decode: () => {
        throw own;
      },
    },
  });
  const error = await errorOf(client.run(fails, "x"));
  expect([error.code, error.cause]).toEqual(["BAD_DATA", own]);
});

// biome-ignore format: a table
const PACKETS: Readonly<Record<string, readonly [call: (client: Untyped) => Promise<unknown>, ...packet: readonly string[]]>> = {
  "a plain job": [(c) => c.run("f", "x"), "SUBMIT_JOB", "f", "", "x"],
  "a high job": [(c) => c.run("f", "x", { priority: "high" }), "SUBMIT_JOB_HIGH", "f", "", "x"],
  "a low job": [(c) => c.run("f", "x", { priority: "low" }), "SUBMIT_JOB_LOW", "f", "", "x"],
  "a background job": [(c) => c.submitBackground("f", "x"), "SUBMIT_JOB_BG", "f", "", "x"],
  "a high background job": [(c) => c.submitBackground("f", "x", { priority: "high" }), "SUBMIT_JOB_HIGH_BG", "f", "", "x"],
  "a low background job": [(c) => c.submitBackground("f", "x", { priority: "low" }), "SUBMIT_JOB_LOW_BG", "f", "", "x"],
  "an empty unique": [(c) => c.run("f", "x", { unique: "" }), "SUBMIT_JOB", "f", "", "x"],
  "a unique of 64 bytes of UTF-8": [(c) => c.run("f", "x", { unique: "ä".repeat(32) }), "SUBMIT_JOB", "f", Buffer.from("ä".repeat(32)).toString("latin1"), "x"],
  "a name and a workload of UTF-8": [(c) => c.run("größe", "ö"), "SUBMIT_JOB", Buffer.from("größe").toString("latin1"), "", Buffer.from("ö").toString("latin1")],
  "a workload with NULs": [(c) => c.run("f", Uint8Array.of(0, 1, 0)), "SUBMIT_JOB", "f", "", "\0\x01\0"],
  "a reduce job": [(c) => c.run("f", "x", { reducer: "r", unique: "u" }), "SUBMIT_REDUCE_JOB", "f", "u", "r", "", "x"],
  "a background reduce job": [(c) => c.submitBackground("f", "x", { reducer: "r" }), "SUBMIT_REDUCE_JOB_BACKGROUND", "f", "", "r", "", "x"],
  "a job for later": [(c) => c.submitBackground("f", "x", { at: new Date(4_000_000_000_001) }), "SUBMIT_JOB_EPOCH", "f", "", "4000000001", "x"],
  "a job for a time before 1970": [(c) => c.submitBackground("f", "x", { at: new Date(-5_000) }), "SUBMIT_JOB_EPOCH", "f", "", "0", "x"],
};

describe("the packet of", () => {
  for (const [what, [call, ...packet]] of Object.entries(PACKETS)) {
    test(what, async () => {
      const before = server.packets.length;
      await call(client);
      expect(server.packets.slice(before).map(({ name, args }) => [name, ...args])).toEqual([packet as string[]]);
    });
  }
});
