/** What a worker is given is checked at the call. */
import { expect, test } from "bun:test";
import { defineFunction, text, Worker } from "../../src/index.ts";

const refused = (call: () => unknown, words: string) => {
  try {
    call();
  } catch (error) {
    expect(error).toMatchObject({ name: "GearError", code: "INVALID_ARGUMENT" });
    expect(String(error)).toContain(words);
    return;
  }
  throw new Error(`was not refused: ${words}`);
};

test("options of a worker", () => {
  const wrong: readonly [object, string][] = [
    [{ servers: [] }, "servers"],
    [{ servers: ["localhost:99999"] }, "servers"],
    [{ concurrency: 0 }, "concurrency"],
    [{ concurrency: 10_001 }, "10000"],
    [{ concurrency: 1.5 }, "1.5"],
    [{ concurrency: "4" }, "concurrency"],
    [{ clientId: "" }, "clientId"],
    [{ clientId: "a b" }, "blanks"],
    [{ clientId: "a\n" }, "blanks"],
    [{ clientId: "é".repeat(64) }, "127"],
    [{ connectMs: 0 }, "connectMs"],
    [{ drainMs: -1 }, "drainMs"],
    [{ drainMs: 2 ** 31 }, "drainMs"],
    [{ abortMs: Number.NaN }, "NaN"],
    [{ onEvent: "log" }, "onEvent"],
    [{ concurency: 4 }, "concurency is unknown; there are servers, concurrency"],
  ];
  for (const [options, words] of wrong) refused(() => new Worker(options), words);
  refused(() => new Worker(null as never), "null");
  new Worker({ concurrency: 10_000, clientId: "x".repeat(127), drainMs: 0, abortMs: 0 });
});

test("functions", () => {
  const worker = new Worker();
  const handler = () => "";
  refused(() => worker.can("", handler), "name");
  refused(() => worker.can("a\0b", handler), "NUL");
  refused(() => worker.can("x".repeat(513), handler), "512");
  refused(() => worker.can(5 as never, handler), "name");
  refused(() => worker.can(null as never, handler), "name");
  refused(() => worker.can({ name: "a" } as never, handler), "defineFunction");
  refused(() => worker.can("a", undefined as never), "handler");
  refused(() => worker.can("a", handler, { timeoutMs: 999 }), "1000");
  refused(() => worker.can("a", handler, { timeout: 5 } as never), "timeout is unknown");
  refused(() => worker.cannot(""), "name");
  worker.can("a", handler, { timeoutMs: 0 }).can(defineFunction("b", { result: text }), handler, { timeoutMs: 1_000 });
});

test("options of run", async () => {
  const worker = new Worker().can("a", () => "");
  await expect(worker.run({ signal: true } as never)).rejects.toThrow("signal is an AbortSignal");
  await expect(worker.run({ sginal: AbortSignal.abort() } as never)).rejects.toThrow("sginal is unknown");
});
