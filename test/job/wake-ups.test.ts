/** How many NOOPs many sleepers get. */
import { describe, expect, test } from "bun:test";
import { NO_BYTES } from "../../src/base/byte-range.ts";
import type { Connection } from "../../src/job/connection.ts";
import { connections, sampleSubmission, type WatchedTable, watchedTable } from "./samples.ts";

const BACKGROUND = sampleSubmission({ isBackground: true });

/** A table with that many workers of "f" asleep, and a client. */
function sleepers(count: number): WatchedTable & { readonly workers: Connection[]; readonly client: Connection } {
  const watched = watchedTable();
  const [client, ...workers] = connections(count + 1);
  if (client === undefined) throw new Error("there is one");
  for (const worker of workers) {
    watched.table.can(worker, "f", undefined, 0);
    watched.table.sleep(worker, false, 0);
  }
  return { ...watched, workers, client };
}

describe("wake-ups", () => {
  test("1,000 sleepers and one job that is grabbed at once: one NOOP", () => {
    const { table, woken, workers, client } = sleepers(1_000);
    table.submit(client, BACKGROUND, 1, 0);
    expect(woken).toHaveLength(1);
    const worker = workers.find((each) => each.index === woken[0]);
    if (worker === undefined) throw new Error("a worker was woken");
    const job = table.grab(worker, 1);
    expect(job?.serial).toBe(1);
    expect(table.nextDueAtMs).toBe(Number.POSITIVE_INFINITY);
    table.advance(10_000);
    table.report(worker, 1, "complete", NO_BYTES);
    expect(table.grab(worker, 10_001)).toBeUndefined();
    table.sleep(worker, false, 10_001);
    table.advance(20_000);
    expect(woken).toHaveLength(1);
    expect(table.counts().credits).toBe(0);
  });

  test("1,000 sleepers and a woken worker that does not come: exactly one more, after the time of overtaking", () => {
    const { table, woken, workers, client } = sleepers(1_000);
    table.submit(client, BACKGROUND, 1, 0);
    expect(table.nextDueAtMs).toBe(100);
    table.advance(99.9);
    expect(woken).toHaveLength(1);
    table.advance(100);
    expect(woken).toHaveLength(2);
    const [slow, quick] = woken.map((index) => workers.find((each) => each.index === index));
    if (slow === undefined || quick === undefined) throw new Error("two workers were woken");
    expect(table.grab(quick, 101)?.serial).toBe(1);
    table.advance(10_000);
    expect(table.grab(slow, 10_000)).toBeUndefined();
    expect(woken).toHaveLength(2);
    expect(new Set(woken).size).toBe(2);
  });

  test("1,000 sleepers and 1,000 jobs: each worker one NOOP", () => {
    const { table, woken, client } = sleepers(1_000);
    for (let count = 0; count < 1_000; count++) table.submit(client, BACKGROUND, count, 0);
    expect(woken).toHaveLength(1_000);
    expect(new Set(woken).size).toBe(1_000);
  });

  test("10,000 sleepers and 10,000 jobs: each worker one NOOP and one job, and nobody is overtaken", () => {
    const { table, woken, workers, client } = sleepers(10_000);
    for (let count = 0; count < 10_000; count++) table.submit(client, BACKGROUND, count, 0);
    expect(woken).toHaveLength(10_000);
    expect(new Set(woken).size).toBe(10_000);
    const serials = workers.map((worker) => table.grab(worker, 50)?.serial);
    expect(new Set(serials).size).toBe(10_000);
    expect(serials).not.toContain(undefined);
    table.advance(1_000);
    expect(woken).toHaveLength(10_000);
    expect(table.counts()).toMatchObject({ credits: 0, timers: 0, jobs: 10_000 });
  });

  test("more jobs than sleepers: each sleeper one NOOP, and one that sleeps again is woken again", () => {
    const { table, woken, workers, client } = sleepers(2);
    for (let count = 0; count < 5; count++) table.submit(client, BACKGROUND, count, 0);
    expect(woken).toEqual([2, 3]);
    const [worker] = workers;
    if (worker === undefined) throw new Error("there are two");
    table.grab(worker, 1);
    table.sleep(worker, false, 2);
    expect(woken).toEqual([2, 3, 2]);
  });

  test("the longest sleeper is woken first, unless another asked to be", () => {
    const { table, woken, workers, client } = sleepers(4);
    const [first, second, third, fourth] = workers;
    if (!first || !second || !third || !fourth) throw new Error("there are four");
    for (const worker of [second, fourth]) expect(table.grab(worker, 1)).toBeUndefined();
    table.sleep(second, true, 2);
    table.sleep(fourth, false, 2);
    for (let count = 0; count < 4; count++) table.submit(client, BACKGROUND, count, 3);
    expect(woken).toEqual([second, first, third, fourth].map((worker) => worker.index));
  });
});
