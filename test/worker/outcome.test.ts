/** What a handler's end becomes on the wire. */
import { describe, expect, test } from "bun:test";
import { type BytesHandler, defineFunction, GearError, json, text } from "../../src/index.ts";
import { exceptionOf } from "../../src/worker/outcome.ts";
import { FakeServer } from "./fake-server.ts";
import { RunningWorker } from "./running-worker.ts";

const shown = (thrown: unknown) => {
  const data = exceptionOf(thrown);
  return data === undefined ? undefined : Buffer.from(data).toString("utf8");
};

describe("what was thrown", () => {
  test("is its name and text, whatever it is", () => {
    expect(shown(new TypeError("no é"))).toBe("TypeError: no é");
    expect(shown(new Error())).toBe("Error");
    expect(shown("just text")).toBe("just text");
    expect(shown(undefined)).toBe("undefined");
    expect(shown(null)).toBe("null");
    expect(shown(Symbol("s"))).toBe("Symbol(s)");
    expect(shown({ a: 1 })).toBe("{ a: 1 }");
    expect(shown("")).toBe("");
  });

  test("cannot break the worker by refusing to be shown", () => {
    const refuse = () => {
      throw new Error("refused");
    };
    expect(shown({ toString: refuse, toJSON: refuse })).toBeString();
    expect(shown(new Proxy({}, { get: refuse, getPrototypeOf: refuse }))).toBeString();
    expect(shown(Object.defineProperty(new Error("x"), "message", { get: refuse }))).toBe(
      "an error that cannot be shown",
    );
    expect(shown(Object.assign(new Error(), { name: undefined }))).toBe("undefined");
    expect(shown(Object.assign(new GearError("BAD_DATA", "x"), { message: undefined }))).toBe("undefined");
    expect(shown(Object.assign(new Error("x"), { name: Object.create(null) }))).toBe("an error that cannot be shown");
  });

  test("is cut to 64 KiB between two chars", () => {
    expect(exceptionOf("x".repeat(70_000))?.length).toBe(65_536);
    const cut = exceptionOf(`x${"é".repeat(40_000)}`);
    expect(cut?.length).toBe(65_535);
    expect(Buffer.from(cut ?? []).toString("utf8")).not.toContain("\ufffd");
  });

  test("as GearError JOB_FAILED is WORK_FAIL, and as JOB_EXCEPTION its bytes", () => {
    expect(exceptionOf(new GearError("JOB_FAILED", "x"))).toBeUndefined();
    expect(exceptionOf(new GearError("JOB_EXCEPTION", "x", { data: Uint8Array.of(1, 0, 255) }))).toEqual(
      Uint8Array.of(1, 0, 255),
    );
    expect(shown(new GearError("JOB_EXCEPTION", "x"))).toBe("x");
    for (const data of [null, 5, "y", new Proxy(new Uint8Array(1), {})]) {
      expect(shown(new GearError("JOB_EXCEPTION", "x", { data: data as never }))).toBe("x");
    }
  });

  test("about another job is its text, whatever became of that", () => {
    expect(shown(new GearError("JOB_FAILED", "x", { functionName: "f" }))).toBe("x");
    const data = Uint8Array.of(1, 0, 255);
    expect(shown(new GearError("JOB_EXCEPTION", "x", { data, functionName: "" }))).toBe("x");
  });
});

/** What a library with promises of its own gives. */
function thenable(value: string): object {
  return Object.defineProperty({}, ["th", "en"].join(""), {
    value: (resolve: (value: string) => void) => resolve(value),
  });
}

/** What a worker sends for one job of `handler`. */
async function sentFor(handler: BytesHandler): Promise<{ sent: string; failures: unknown[] }> {
  await using server = await FakeServer.start();
  await using running = new RunningWorker([server], {}, (worker) => worker.can("a", handler));
  const connection = await server.accept();
  await connection.upTo("GRAB_JOB_ALL");
  connection.send(["JOB_ASSIGN", "H:1", "a", "in"]);
  const sent = (await connection.upTo("GRAB_JOB_ALL")).slice(0, -1).join(", ");
  return { sent, failures: running.failures };
}

describe("a handler that ends", () => {
  const ends: readonly [string, BytesHandler, string][] = [
    ["with bytes", (job) => job.workload, "WORK_COMPLETE H:1 in"],
    ["with text", () => "é", "WORK_COMPLETE H:1 Ã©"],
    ["with nothing", () => {}, "WORK_COMPLETE H:1 "],
    ["with a promise", async () => "later", "WORK_COMPLETE H:1 later"],
    ["with a thenable", () => thenable("then") as never, "WORK_COMPLETE H:1 then"],
  ];
  for (const [how, handler, expected] of ends) {
    test(`${how} gives WORK_COMPLETE`, async () => {
      expect(await sentFor(handler)).toEqual({ sent: expected, failures: [] });
    });
  }

  const thrower = (thrown: unknown) => () => {
    throw thrown;
  };
  const failed = new GearError("JOB_FAILED", "no more to say");
  const throws: readonly [string, BytesHandler, string, unknown][] = [
    ["an error", thrower("boom"), "WORK_EXCEPTION H:1 boom", "boom"],
    ["undefined", thrower(undefined), "WORK_EXCEPTION H:1 undefined", undefined],
    ["a rejection", () => Promise.reject("late"), "WORK_EXCEPTION H:1 late", "late"],
    ["a rejection with nothing", () => Promise.reject(), "WORK_EXCEPTION H:1 undefined", undefined],
    ["GearError JOB_FAILED", thrower(failed), "WORK_FAIL H:1", "JOB_FAILED"],
  ];
  for (const [what, handler, expected, failure] of throws) {
    test(`with ${what} gives one last word and one event`, async () => {
      expect(await sentFor(handler)).toEqual({ sent: expected, failures: [failure] });
    });
  }

  test("with a proxy of bytes, which nobody can read, gives an exception", async () => {
    const { sent } = await sentFor(() => new Proxy(new Uint8Array(1), {}));
    expect(sent).toStartWith("WORK_EXCEPTION H:1 the result cannot be written as bytes");
  });

  test("with what is neither bytes nor text gives an exception that says so", async () => {
    const { sent, failures } = await sentFor((() => 5) as never);
    expect(sent).toBe(
      "WORK_EXCEPTION H:1 the result cannot be written as bytes: " +
        "bytes or a string were expected, not number; other values need a codec",
    );
    expect(failures).toEqual(["BAD_DATA"]);
  });
});

test("a workload that the codec refuses never reaches the handler, a result it refuses is an exception", async () => {
  await using server = await FakeServer.start();
  const check = (value: unknown) => {
    if (typeof value === "number") return value;
    throw new RangeError("not a number");
  };
  const half = defineFunction("half", { workload: json(check), result: text });
  await using running = new RunningWorker([server], {}, (worker) =>
    worker.can(half, (job) => (job.workload === 0 ? (undefined as unknown as string) : String(job.workload / 2))),
  );
  const connection = await server.accept();
  await connection.upTo("GRAB_JOB_ALL");
  const sent: string[] = [];
  for (const workload of ["3", '"x"', "0"]) {
    connection.send(["JOB_ASSIGN", "H:1", "half", workload]);
    sent.push(...(await connection.upTo("GRAB_JOB_ALL")).slice(0, -1));
  }
  expect(sent).toEqual([
    "WORK_COMPLETE H:1 1.5",
    "WORK_EXCEPTION H:1 the workload cannot be read as json: RangeError: not a number",
    "WORK_EXCEPTION H:1 the result cannot be written as text: a string was expected, not undefined",
  ]);
  expect(running.failures).toEqual(["BAD_DATA", "BAD_DATA"]);
});
