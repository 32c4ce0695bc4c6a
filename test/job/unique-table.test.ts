/** Which live job holds a unique. */
import { describe, expect, test } from "bun:test";
import { FunctionQueue } from "../../src/job/function-queue.ts";
import { workloadKey } from "../../src/job/job.ts";
import { UniqueTable } from "../../src/job/unique-table.ts";
import { sampleJob } from "./samples.ts";

const [f, g, h] = [new FunctionQueue("f"), new FunctionQueue("g"), new FunctionQueue("h")];

describe("the table of uniques", () => {
  test("finds a job by function and unique together", () => {
    const uniques = new UniqueTable();
    const job = sampleJob(1, f, "u");
    uniques.add(job);
    expect(uniques.find(f, "u")).toBe(job);
    expect(uniques.find(g, "u")).toBeUndefined();
    expect(uniques.find(f, "v")).toBeUndefined();
  });

  test("keeps one unique of several functions apart, and finds the oldest of them by the unique alone", () => {
    const uniques = new UniqueTable();
    const jobs = [sampleJob(1, f, "u"), sampleJob(2, g, "u"), sampleJob(3, h, "u")] as const;
    for (const job of jobs) uniques.add(job);
    expect(uniques.size).toBe(3);
    expect([uniques.find(f, "u"), uniques.find(g, "u"), uniques.find(h, "u")]).toEqual([...jobs]);
    for (const [index, job] of jobs.entries()) {
      expect(uniques.findAny("u")).toBe(job);
      uniques.remove(job);
      expect(uniques.find(job.functionQueue, "u")).toBeUndefined();
      expect(uniques.size).toBe(2 - index);
    }
    expect(uniques.findAny("u")).toBeUndefined();
  });

  test("does not know jobs without unique, nor those of unique - without workload", () => {
    const uniques = new UniqueTable();
    for (const key of ["", workloadKey("")]) {
      const job = sampleJob(1, f, key);
      uniques.add(job);
      expect([uniques.size, uniques.find(f, key)]).toEqual([0, undefined]);
      uniques.remove(job);
      expect(uniques.size).toBe(0);
    }
  });

  test("keeps the key of a workload apart from a literal unique of the same text", () => {
    const uniques = new UniqueTable();
    const [literal, digest] = [sampleJob(1, f, "abc"), sampleJob(2, f, workloadKey("abc"))];
    uniques.add(literal);
    uniques.add(digest);
    expect(uniques.find(f, "abc")).toBe(literal);
    expect(uniques.find(f, workloadKey("abc"))).toBe(digest);
    expect([literal.unique, digest.unique]).toEqual(["abc", "-"]);
  });

  test("removes only the job that holds the unique", () => {
    const uniques = new UniqueTable();
    const [old, live] = [sampleJob(1, f, "u"), sampleJob(2, f, "u")];
    uniques.add(live);
    uniques.remove(old);
    expect(uniques.find(f, "u")).toBe(live);
    expect(uniques.size).toBe(1);
  });
});
