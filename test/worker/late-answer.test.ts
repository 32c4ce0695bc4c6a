/** Servers that leave a question for jobs open hold up neither the other servers nor the worker's end. */
import { describe, expect, test } from "bun:test";
import { LIMITS } from "../../src/base/limits.ts";
import type { WorkerOptions } from "../../src/index.ts";
import { RUNTIMES } from "../harness/runtimes.ts";
import { pause, until } from "../harness/until.ts";
import { type FakeConnection, FakeServer } from "./fake-server.ts";
import { gate, RunningWorker } from "./running-worker.ts";
import { startProgram } from "./worker-program.ts";

/** Magic and type of the packet. */
const GRAB_JOB_ALL = "\0REQ\0\0\0\x27";
/** Somewhat longer than a worker waits until it looks whether it was answered. */
const BUSY_MS = LIMITS.grabReplyMs + 100;

/** How often the server was asked for a job. */
function asked(connection: FakeConnection): number {
  return connection.chunks.join("").split(GRAB_JOB_ALL).length - 1;
}

/** What a pair is made of. */
interface PairParts {
  readonly running: RunningWorker;
  readonly held: Map<string, () => void>;
  readonly servers: readonly FakeServer[];
  readonly hungServer: FakeServer;
  readonly hung: FakeConnection;
  readonly other: FakeConnection;
}

/** A worker of held jobs and its two servers: it has asked one of them, which does not answer. */
class Pair implements AsyncDisposable {
  readonly #parts: PairParts;

  private constructor(parts: PairParts) {
    this.#parts = parts;
  }

  static async start(options: WorkerOptions = {}): Promise<Pair> {
    const [first, second] = [await FakeServer.start(), await FakeServer.start()];
    const held = new Map<string, () => void>();
    const running = new RunningWorker([first, second], options, (worker) =>
      worker.can("a", (job) => {
        const result = gate();
        held.set(job.handle, () => result.open("x"));
        return result.promise;
      }),
    );
    const [one, two] = [await first.accept(), await second.accept()];
    await one.upTo("CAN_DO");
    await two.upTo("CAN_DO");
    await until(() => asked(one) + asked(two) > 0, { what: "a question" });
    const [hung, other, hungServer] = asked(one) > 0 ? [one, two, first] : [two, one, second];
    expect(await hung.next()).toBe("GRAB_JOB_ALL");
    return new Pair({ running, held, servers: [first, second], hungServer, hung, other });
  }

  get running(): RunningWorker {
    return this.#parts.running;
  }

  get hungServer(): FakeServer {
    return this.#parts.hungServer;
  }

  get hung(): FakeConnection {
    return this.#parts.hung;
  }

  get other(): FakeConnection {
    return this.#parts.other;
  }

  /** The hung server is passed over, and the other has given a job. */
  async toOther(): Promise<void> {
    expect(await this.other.next()).toBe("GRAB_JOB_ALL");
    this.other.send(["JOB_ASSIGN", "H:1", "a", ""]);
    await this.begun("H:1");
  }

  begun(handle: string): Promise<boolean> {
    return until(() => this.#parts.held.has(handle), { what: `job ${handle}` });
  }

  end(handle: string): void {
    this.#parts.held.get(handle)?.();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.running[Symbol.asyncDispose]();
    for (const server of this.#parts.servers) await server.stop();
  }
}

describe("a server that does not answer", () => {
  test("gives its slot to the others, and is not asked again", async () => {
    await using pair = await Pair.start();
    await pair.toOther();
    pair.hung.send(["NOOP"]);
    for (let count = 1; count <= 5; count++) {
      pair.end(`H:${count}`);
      expect(await pair.other.take(2)).toEqual([`WORK_COMPLETE H:${count} x`, "GRAB_JOB_ALL"]);
      pair.other.send(["JOB_ASSIGN", `H:${count + 1}`, "a", ""]);
      await pair.begun(`H:${count + 1}`);
    }
    expect(asked(pair.hung)).toBe(1);
  });

  test("may bring a job late, which is begun above the limit; then the limit holds again", async () => {
    await using pair = await Pair.start();
    await pair.toOther();
    pair.hung.send(["JOB_ASSIGN", "H:late", "a", ""]);
    await pair.begun("H:late");
    pair.end("H:1");
    expect(await pair.other.next()).toBe("WORK_COMPLETE H:1 x");
    expect([asked(pair.hung), asked(pair.other)]).toEqual([1, 1]);
    pair.end("H:late");
    expect(await pair.hung.next()).toBe("WORK_COMPLETE H:late x");
    await until(() => asked(pair.hung) + asked(pair.other) > 2, { what: "one more question" });
    expect(asked(pair.hung) + asked(pair.other)).toBe(3);
  });

  test("may say late that it has none, and no slot is free by that", async () => {
    await using pair = await Pair.start();
    await pair.toOther();
    pair.hung.send(["NO_JOB"]);
    expect(await pair.hung.next()).toBe("PRE_SLEEP");
    pair.hung.send(["NOOP"]);
    pair.running.worker.can("b", () => "");
    expect(await pair.hung.next()).toBe("CAN_DO b");
    expect(await pair.other.next()).toBe("CAN_DO b");
    pair.end("H:1");
    expect(await pair.hung.next()).toBe("GRAB_JOB_ALL");
    expect([asked(pair.hung), asked(pair.other)]).toEqual([2, 1]);
  });

  test("frees no slot a second time when it is lost", async () => {
    await using pair = await Pair.start();
    await pair.toOther();
    pair.hung.socket.destroy();
    const back = await pair.hungServer.accept();
    expect(await back.take(2)).toEqual(["SET_CLIENT_ID w", "CAN_DO a"]);
    pair.running.worker.can("b", () => "");
    expect(await back.next()).toBe("CAN_DO b");
    expect(await pair.other.next()).toBe("CAN_DO b");
    pair.end("H:1");
    expect(await back.next()).toBe("GRAB_JOB_ALL");
  });

  test("is not asked again while one of two questions is late", async () => {
    await using pair = await Pair.start({ concurrency: 2 });
    expect(await pair.other.next()).toBe("GRAB_JOB_ALL");
    pair.hung.send(["JOB_ASSIGN", "H:1", "a", ""]);
    await pair.begun("H:1");
    pair.other.send(["NO_JOB"]);
    expect(await pair.other.next()).toBe("PRE_SLEEP");
    expect(await pair.hung.next()).toBe("GRAB_JOB_ALL");
    pair.other.send(["NOOP"]);
    expect(await pair.other.next()).toBe("GRAB_JOB_ALL");
    pair.other.send(["NO_JOB"]);
    expect(await pair.other.next()).toBe("PRE_SLEEP");
    pair.other.send(["NOOP"]);
    expect(await pair.other.next()).toBe("GRAB_JOB_ALL");
    expect(asked(pair.hung)).toBe(2);
  });

  test("does not hold up a stop for longer than that", async () => {
    await using pair = await Pair.start({ drainMs: 600_000 });
    await pair.running.worker.stop();
    expect(await pair.hung.next()).toBe("end");
  });

  test("is left at once by a stop when its answer is late already", async () => {
    await using pair = await Pair.start({ drainMs: 600_000 });
    await pair.toOther();
    const stopped = pair.running.worker.stop();
    expect(await pair.hung.next()).toBe("end");
    pair.end("H:1");
    expect(await pair.other.take(2)).toEqual(["WORK_COMPLETE H:1 x", "end"]);
    await stopped;
  });
});

for (const runtime of RUNTIMES) {
  test(`an answer that waits to be read because the process was busy is not late, on ${runtime}`, async () => {
    await using first = await FakeServer.start();
    await using second = await FakeServer.start();
    await using program = startProgram(
      `const worker = new Worker({ servers: ["${first.address}", "${second.address}"] });
       worker.can("a", () => (worker.can("b", () => {}), new Promise(() => {})));
       process.on("SIGUSR2", () => {
         const endAtMs = performance.now() + ${BUSY_MS};
         while (performance.now() < endAtMs);
       });
       await worker.run();`,
      runtime,
    );
    const [one, two] = [await first.accept(), await second.accept()];
    await one.upTo("CAN_DO");
    await two.upTo("CAN_DO");
    await until(() => asked(one) + asked(two) > 0, { what: "a question" });
    const [hung, other] = asked(one) > 0 ? [one, two] : [two, one];
    program.signal("SIGUSR2");
    await pause(BUSY_MS + 100);
    program.signal("SIGUSR2");
    // Should the process not be busy yet, the answer is read at once, which is right too.
    await pause(100);
    hung.send(["JOB_ASSIGN", "H:1", "a", ""]);
    expect(await other.next()).toBe("CAN_DO b");
  });
}
