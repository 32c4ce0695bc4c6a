/** All functions by name, and which is forgotten where there are too many. */
import { describe, expect, test } from "bun:test";
import { FunctionTable } from "../../src/job/function-table.ts";

function names(table: FunctionTable): string[] {
  return [...table].map((each) => each.name);
}

describe("the table of functions", () => {
  test("makes a function once, also one of an empty name", () => {
    const table = new FunctionTable(10);
    expect(table.obtain("")).toBe(table.obtain("") as never);
    expect(table.find("")?.name).toBe("");
    expect(table.find("f")).toBeUndefined();
    expect(table.size).toBe(1);
  });

  test("forgets the one that is idle longest where one more would be too many", () => {
    const table = new FunctionTable(3);
    for (const name of ["a", "b", "c"]) table.obtain(name);
    const first = table.obtain("a");
    if (first === undefined) throw new Error("a is there");
    first.totalCount = 1;
    table.note(first);
    first.totalCount = 0;
    table.note(first);
    table.obtain("d");
    table.obtain("e");
    expect(names(table)).toEqual(["a", "d", "e"]);
    table.obtain("f");
    expect(names(table)).toEqual(["d", "e", "f"]);
  });

  test("keeps what has jobs, workers or a limit, and refuses a new one when that is all", () => {
    const table = new FunctionTable(3);
    const [a, b, c] = [table.obtain("a"), table.obtain("b"), table.obtain("c")];
    if (a === undefined || b === undefined || c === undefined) throw new Error("three fit");
    a.totalCount = 1;
    b.workerCount = 1;
    c.queueMax = [1, 1, 1];
    for (const each of [a, b, c]) table.note(each);
    expect(table.obtain("d")).toBeUndefined();
    expect(table.obtain("b")).toBe(b);
    c.queueMax = undefined;
    table.note(c);
    expect(table.obtain("d")?.name).toBe("d");
    expect(names(table)).toEqual(["a", "b", "d"]);
  });

  test("does not take a dropped function back", () => {
    const table = new FunctionTable(1);
    const a = table.obtain("a");
    if (a === undefined) throw new Error("one fits");
    table.drop(a);
    table.note(a);
    expect(table.size).toBe(0);
    expect(table.obtain("b")?.name).toBe("b");
    expect(table.obtain("c")?.name).toBe("c");
    expect(names(table)).toEqual(["c"]);
  });

  test("finds by the exact name first, then without regard to the case of ASCII letters", () => {
    const table = new FunctionTable(10);
    const [lower, upper, other] = [table.obtain("abc"), table.obtain("ABC"), table.obtain("X\u00c4")];
    expect(table.findAnyCase("ABC")).toBe(upper as never);
    expect(table.findAnyCase("aBc")).toBe(lower as never);
    expect(table.findAnyCase("x\u00c4")).toBe(other as never);
    expect(table.findAnyCase("x\u00e4")).toBeUndefined();
  });
});
