/** The runner of the tests counts what happened, and takes a file that crashed, hung or tested nothing for a failure. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { lastLine, outcomeOf, skippedNames, sumOf } from "./outcome.ts";
import { plannedFiles } from "./plan.ts";
import { type RunFile, runTestFile } from "./test-file.ts";

const IMPORTS = 'import { expect, test } from "bun:test";\n';
const FILES = {
  good: `${IMPORTS}test("a", () => {}); test.skip("b <c>", () => {});`,
  bad: `${IMPORTS}test("a", () => {}); test("sees a fault", () => { expect(1).toBe(2); });`,
  empty: "export {};",
  unreadable: 'import "./nothing.ts";',
  exits: `${IMPORTS}test("a", () => {}); test("b", () => { process.exit(0); });`,
  crashes: `${IMPORTS}test("a", () => {}); test("b", () => { process.kill(process.pid, "SIGKILL"); });`,
  late: `${IMPORTS}test("a", async () => { setTimeout(() => { throw new Error("late"); }); await Bun.sleep(50); });`,
  hangs: `${IMPORTS}test("a", () => { for (;;); });`,
};

let folder = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "gearwright-runner-"));
  for (const [name, text] of Object.entries(FILES)) writeFileSync(join(folder, `${name}.test.ts`), text);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(name: keyof typeof FILES, limitMs = 20_000): Promise<RunFile> {
  return runTestFile(join(folder, `${name}.test.ts`), { root: folder, limitMs });
}

describe("one file", () => {
  test("passed and skipped tests are counted and the skipped are named", async () => {
    const { outcome, skipped } = await run("good");
    expect(outcome).toEqual({ passed: 1, failed: 0, skipped: 1 });
    expect(skipped).toEqual(["b <c>"]);
  });

  test("a failed test is counted and shown", async () => {
    const { outcome, output } = await run("bad");
    expect(outcome).toEqual({ passed: 1, failed: 1, skipped: 0 });
    expect(output).toContain("sees a fault");
  });

  test.each(["empty", "unreadable", "exits", "crashes", "late"] as const)(
    "a file that is %s has failed",
    async (name) => {
      expect((await run(name)).outcome.failed).toBe(1);
    },
  );

  test("a file that hangs is killed and has failed", async () => {
    const { outcome, output } = await run("hangs", 500);
    expect(outcome).toEqual({ passed: 0, failed: 1, skipped: 0 });
    expect(output).toContain("it took too long");
  });
});

describe("a report", () => {
  const report = (counts: string) => `<testsuites name="bun test" ${counts}>\n</testsuites>`;

  test("an exit status other than 0 is a failure, whatever the report says", () => {
    const ending = { exitCode: 1, report: report('tests="3" assertions="0" failures="0" skipped="0"') };
    expect(outcomeOf(ending).failed).toBe(1);
  });

  test("a report without counts is a failure", () => {
    expect(outcomeOf({ exitCode: 0, report: report("") }).failed).toBe(1);
  });

  test("a skipped test is named with its group", () => {
    const text = '<testcase name="b" classname="g" time="0">\n  <skipped />\n</testcase>';
    expect(skippedNames(text)).toEqual(["g > b"]);
  });

  test("the last line says what was passed, failed and, where there are some, skipped", () => {
    const some = sumOf([
      { passed: 1, failed: 0, skipped: 0 },
      { passed: 2, failed: 1, skipped: 3 },
    ]);
    expect(lastLine(some)).toBe("3 passed, 1 failed, 3 skipped");
    expect(lastLine({ passed: 2, failed: 0, skipped: 0 })).toBe("2 passed, 0 failed");
  });
});

describe("the plan", () => {
  test("has every test file once, the longest first and those that measure last", () => {
    for (const name of ["server/b", "job/a", "interop/d", "job/c"]) {
      mkdirSync(join(folder, "test", name, ".."), { recursive: true });
      writeFileSync(join(folder, "test", `${name}.test.ts`), "");
    }
    const paths = plannedFiles(folder).map(({ path }) => path);
    expect(paths).toEqual(["interop/d", "job/a", "job/c", "server/b"].map((name) => `test/${name}.test.ts`));
  });
});
