/** What the job table promises in cases that are easily got wrong; the model test plays all the others. */

import { describe, expect, test } from "bun:test";
import { NO_BYTES } from "../../src/base/byte-range.ts";
import type { Connection } from "../../src/job/connection.ts";
import { Job } from "../../src/job/job.ts";
import { JobTable } from "../../src/job/job-table.ts";
import { connections, SAMPLE_SETTINGS, sampleSubmission, watchedTable } from "./samples.ts";

const FOREGROUND = sampleSubmission({ uniqueKey: "u" });
const DURABLE = sampleSubmission({ uniqueKey: "u", isBackground: true, isDurable: true });

function pair(): [Connection, Connection] {
  const [one, other] = connections(2);
  if (one === undefined || other === undefined) throw new Error("two were made");
  return [one, other];
}

describe("the job table", () => {
  test("drops a foreground job whose client has left when the store refuses to make it a background job", () => {
    const { table, effects, storing } = watchedTable();
    const [client, joiner] = pair();
    expect(table.submit(client, FOREGROUND, 1, 0)).toBeInstanceOf(Job);
    expect(table.submit(joiner, DURABLE, 2, 0)).toBe("waits");
    table.close(client, 0);
    expect(table.counts().jobs).toBe(1);
    for (const job of storing) table.answer(job, "storeFailed", 0);
    expect(effects).toEqual(["refuse ticket 2: storeFailed"]);
    expect(table.counts()).toMatchObject({ jobs: 0, uniques: 0 });
  });

  test("tells a foreground client that waited for the store of a cancel that came before the answer", () => {
    const { table, effects, storing } = watchedTable();
    const [client, joiner] = pair();
    table.submit(client, DURABLE, 1, 0);
    table.submit(joiner, FOREGROUND, 2, 0);
    expect(table.cancel(1, 0)).toBe(true);
    for (const job of storing) table.answer(job, undefined, 0);
    expect(effects).toEqual(["forget 1", "create 1 for ticket 1", "create 1 for ticket 2", "fail of 1 to 2"]);
    expect(table.counts().watchers).toBe(0);
  });

  test("queues jobs that are due together in the order in which they were submitted", () => {
    const { table } = watchedTable();
    const [client, worker] = pair();
    for (let count = 0; count < 5; count++) {
      table.submit(client, sampleSubmission({ isBackground: true, dueAtMs: 1_000 }), count, 0);
    }
    table.advance(1_000);
    table.can(worker, "f", undefined, 1_000);
    const serials = [1, 2, 3, 4, 5].map(() => table.grab(worker, 1_000)?.serial);
    expect(serials).toEqual([1, 2, 3, 4, 5]);
  });

  test("remembers the newest thousand cancelled jobs of a worker, and answers older ones as unknown", () => {
    const { table } = watchedTable();
    const [client, worker] = pair();
    table.can(worker, "f", undefined, 0);
    for (let serial = 1; serial <= 1_001; serial++) {
      table.submit(client, sampleSubmission({ isBackground: true }), serial, 0);
      expect(table.grab(worker, 0)?.serial).toBe(serial);
      table.cancel(serial, 0);
    }
    const nothing = NO_BYTES;
    expect(table.report(worker, 1, "complete", nothing)).toBe("unknown");
    expect(table.report(worker, 2, "complete", nothing)).toBe("swallowed");
    expect(table.report(worker, 1_001, "complete", nothing)).toBe("swallowed");
  });

  test("breaks an invariant when an effect calls it back", () => {
    const [client, worker] = pair();
    const table: JobTable = new JobTable(SAMPLE_SETTINGS, {
      wake: (connection) => void table.grab(connection, 0),
      create: () => undefined,
      refuse: () => undefined,
      forward: () => undefined,
      forwardStatus: () => undefined,
      store: () => undefined,
      forget: () => undefined,
      lose: () => undefined,
    });
    table.can(worker, "f", undefined, 0);
    table.sleep(worker, false, 0);
    expect(() => table.submit(client, FOREGROUND, 1, 0)).toThrow("an effect called the job table back");
  });
});
