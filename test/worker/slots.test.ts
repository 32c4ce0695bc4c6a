/** Jobs in hand and open questions together never pass `concurrency`, and the servers take turns. */
import { describe, expect, test } from "bun:test";
import type { WorkerJob } from "../../src/index.ts";
import { type Asker, Slots } from "../../src/worker/slots.ts";
import { pause, until } from "../harness/until.ts";
import { type FakeConnection, FakeServer } from "./fake-server.ts";
import { gate, RunningWorker } from "./running-worker.ts";
import { startProgram } from "./worker-program.ts";

/** Magic and type of the packet. */
const GRAB_JOB_ALL = "\0REQ\0\0\0\x27";

/** An asker that asks at most `wanted` times. */
class CountedAsker implements Asker {
  wanted: number;
  readonly #name: string;
  readonly #log: string[];

  constructor(name: string, wanted: number, log: string[]) {
    this.#name = name;
    this.wanted = wanted;
    this.#log = log;
  }

  get canAsk(): boolean {
    return this.wanted > 0;
  }

  ask(): void {
    this.wanted -= 1;
    this.#log.push(this.#name);
  }
}

describe("slots", () => {
  test("free slots go round among those that can ask", () => {
    const log: string[] = [];
    const slots = new Slots(
      [new CountedAsker("a", 5, log), new CountedAsker("b", 2, log), new CountedAsker("c", 1, log)],
      6,
    );
    slots.fill();
    expect(log.join("")).toBe("abcaba");
    expect(slots.taken).toBe(6);
  });

  test("whoever was served last comes last, also when slots are freed one by one", () => {
    const log: string[] = [];
    const slots = new Slots([new CountedAsker("a", 9, log), new CountedAsker("b", 9, log)], 1);
    for (let count = 0; count < 4; count++) {
      slots.fill();
      slots.free(1);
    }
    expect(log.join("")).toBe("abab");
  });

  test("once shut, nobody asks", () => {
    const log: string[] = [];
    const slots = new Slots([new CountedAsker("a", 1, log)], 1);
    slots.shut();
    slots.fill();
    expect(log).toEqual([]);
    expect(slots.taken).toBe(0);
  });
});

/** A worker of held jobs; `held` lets them go by handle. */
function holding(servers: readonly FakeServer[], concurrency: number) {
  const held = new Map<string, () => void>();
  const running = new RunningWorker(servers, { concurrency }, (worker) =>
    worker.can("a", (job: WorkerJob) => {
      const held1 = gate();
      held.set(job.handle, () => held1.open(""));
      return held1.promise;
    }),
  );
  return { running, held };
}

describe("questions for jobs", () => {
  test("an idle worker asks once; each job that comes doubles the questions, until all slots are taken", async () => {
    await using server = await FakeServer.start();
    const { running, held } = holding([server], 8);
    await using _ = running;
    const connection = await server.accept();
    await connection.upTo("GRAB_JOB_ALL");
    let handle = 0;
    let open = 1;
    const opened: number[] = [];
    for (let inHand = 1; inHand <= 8; inHand++) {
      handle += 1;
      connection.send(["JOB_ASSIGN", `H:${handle}`, "a", ""]);
      open -= 1;
      const more = Math.min(2 ** inHand, 8 - inHand) - open;
      if (more > 0) expect(await connection.take(more)).toEqual(new Array(more).fill("GRAB_JOB_ALL"));
      open += more;
      opened.push(open);
    }
    expect(opened).toEqual([2, 4, 5, 4, 3, 2, 1, 0]);
    await until(() => held.size === 8, { what: "eight jobs in hand" });
    held.get("H:3")?.();
    expect(await connection.take(2)).toEqual(["WORK_COMPLETE H:3 ", "GRAB_JOB_ALL"]);
  });

  test("NO_JOB makes it one question again, and the worker sleeps once no question is open, jobs in hand or not", async () => {
    await using server = await FakeServer.start();
    const { running } = holding([server], 4);
    await using _ = running;
    const connection = await server.accept();
    await connection.upTo("GRAB_JOB_ALL");
    connection.send(["JOB_ASSIGN", "H:1", "a", ""]);
    expect(await connection.take(2)).toEqual(["GRAB_JOB_ALL", "GRAB_JOB_ALL"]);
    connection.send(["NO_JOB"], ["NO_JOB"]);
    expect(await connection.next()).toBe("PRE_SLEEP");
    connection.send(["NOOP"]);
    expect(await connection.next()).toBe("GRAB_JOB_ALL");
    connection.send(["NO_JOB"]);
    expect(await connection.next()).toBe("PRE_SLEEP");
  });

  test("a result and the next question leave together", async () => {
    await using server = await FakeServer.start();
    await using _ = new RunningWorker([server], {}, (worker) => worker.can("a", async () => "x"));
    const connection = await server.accept();
    await connection.upTo("GRAB_JOB_ALL");
    for (let count = 0; count < 20; count++) {
      connection.send(["JOB_ASSIGN", "H:1", "a", ""]);
      await connection.upTo("GRAB_JOB_ALL");
    }
    const results = connection.chunks.filter((chunk) => chunk.includes("H:1"));
    expect(results.every((chunk) => chunk.includes("\0REQ\0\0\0\x0d") && chunk.includes(GRAB_JOB_ALL))).toBe(true);
  });

  test("a result does not wait for the slow jobs that were read with its own", async () => {
    await using server = await FakeServer.start();
    await using _ = startProgram(`
      const worker = new Worker({ servers: ["${server.address}"], concurrency: 4 });
      worker.can("a", () => {
        const endAtMs = performance.now() + 50;
        while (performance.now() < endAtMs);
      });
      await worker.run();
    `);
    const connection = await server.accept();
    await connection.upTo("GRAB_JOB_ALL");
    connection.send(["JOB_ASSIGN", "H:1", "a", ""]);
    await connection.upTo("GRAB_JOB_ALL");
    await connection.upTo("GRAB_JOB_ALL");
    connection.send(["JOB_ASSIGN", "H:2", "a", ""], ["JOB_ASSIGN", "H:3", "a", ""]);
    await connection.upTo("WORK_COMPLETE H:3");
    expect(connection.chunks.some((chunk) => chunk.includes("H:2") && !chunk.includes("H:3"))).toBe(true);
  });

  test("two servers share the slots; one that wakes a full worker is asked when a slot is free", async () => {
    await using first = await FakeServer.start();
    await using second = await FakeServer.start();
    const { running, held } = holding([first, second], 1);
    await using _ = running;
    const [one, two] = [await first.accept(), await second.accept()];
    // The one that is connected first has the only slot for its question; after NO_JOB the other has it.
    const isAsked = (connection: FakeConnection) => connection.chunks.join("").includes(GRAB_JOB_ALL);
    await until(() => isAsked(one) || isAsked(two), { what: "a question" });
    const [asked, other] = isAsked(one) ? [one, two] : [two, one];
    await asked.upTo("GRAB_JOB_ALL");
    await other.upTo("CAN_DO");
    asked.send(["NO_JOB"]);
    expect(await asked.next()).toBe("PRE_SLEEP");
    other.send(["JOB_ASSIGN", "H:1", "a", ""]);
    await until(() => held.has("H:1"), { what: "the job" });
    asked.send(["NOOP"]);
    // Nothing shows that the worker has read it; should it be late, the other server would be asked first.
    await pause(50);
    held.get("H:1")?.();
    expect(await asked.next()).toBe("GRAB_JOB_ALL");
    asked.send(["JOB_ASSIGN", "H:2", "a", ""]);
    await until(() => held.has("H:2"), { what: "the second job" });
    held.get("H:2")?.();
    expect(await asked.next()).toBe("WORK_COMPLETE H:2 ");
    expect(await other.take(3)).toEqual(["GRAB_JOB_ALL", "WORK_COMPLETE H:1 ", "GRAB_JOB_ALL"]);
  });
});
