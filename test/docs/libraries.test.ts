/** docs/client.md and docs/worker.md say what the docstrings of the options say, and every error that can come. */
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { generatedPart } from "../generated-part.ts";
import { ROOT_FOLDER } from "../harness/runtimes.ts";
import { membersOf, optionTable } from "./option-tables.ts";

const CLIENT = "src/client/client-options.ts";
const WORKER = "src/worker/worker-options.ts";

// biome-ignore format: a table
const PARTS: readonly (readonly [document: string, part: string, table: () => string])[] = [
  ["docs/client.md", "client-options", () => optionTable(CLIENT, "ClientOptions")],
  ["docs/client.md", "any-job-options", () => optionTable(CLIENT, "AnyJobOptions")],
  ["docs/client.md", "job-options", () => optionTable(CLIENT, "JobOptions")],
  ["docs/client.md", "background-options", () => optionTable(CLIENT, "BackgroundOptions")],
  ["docs/client.md", "map-options", () => optionTable(CLIENT, "MapOptions")],
  ["docs/client.md", "submitted-job", () => optionTable(CLIENT, "SubmittedJob")],
  ["docs/client.md", "job-status", () => optionTable(CLIENT, "JobStatus")],
  ["docs/worker.md", "worker-options", () => optionTable(WORKER, "WorkerOptions")],
  ["docs/worker.md", "function-options", () => optionTable(WORKER, "FunctionOptions")],
  ["docs/worker.md", "worker-job", () => optionTable(WORKER, "WorkerJob")],
];

/** Codes of the job server and of the command line; no call of the libraries gives them. */
const SERVER_CODES = ["INVALID_SETTING", "ADDRESS_IN_USE", "LISTEN_FAILED", "STORE_FAILED"];

describe("the docs of the libraries", () => {
  test.each([...PARTS])("%s: the table %s is made from the docstrings", async (document, part, table) => {
    const { found, wanted } = await generatedPart(document, part, table());
    expect(found).toBe(wanted);
  });

  test("docs/client.md has one row for every error code of the libraries", () => {
    const source = readFileSync(join(ROOT_FOLDER, "src/base/errors.ts"), "utf8");
    const codes = [...source.matchAll(/^ {2}\| "(\w+)"/gm)].map(([, code = ""]) => code);
    const rows = [...readFileSync(join(ROOT_FOLDER, "docs/client.md"), "utf8").matchAll(/^\| `([A-Z_]+)` \|/gm)];
    const wanted = codes.filter((code) => !SERVER_CODES.includes(code));
    expect(wanted).toContain("JOB_FAILED");
    expect(rows.map(([, code = ""]) => code).sort()).toEqual(wanted.sort());
  });
});

describe("a table of options", () => {
  const source = [
    "/** What it is. */",
    "export interface Some<Value = string> extends Base {",
    "  /** One line. */",
    '  readonly one?: "a" | "b";',
    "  /**",
    "   * Several",
    "   *",
    "   * lines.",
    "   */",
    "  two(value: Value): Promise<void>;",
    "  readonly three: number;",
    "}",
    "interface Base {",
    "  /** Of the base. */",
    "  readonly zero: (event: Event) => void;",
    "}",
  ].join("\n");

  test("has every member of its own with its type and docstring", () => {
    expect(membersOf(source, "Base")).toEqual([{ name: "zero", type: "(event: Event) => void", text: "Of the base." }]);
    expect(membersOf(source, "Some")).toEqual([
      { name: "one", type: '"a" | "b"', text: "One line." },
      { name: "two()", type: "(value: Value): Promise<void>", text: "Several lines." },
      { name: "three", type: "number", text: "" },
    ]);
  });

  test("of an interface that is not there is an error", () => {
    expect(() => membersOf(source, "Other")).toThrow("no interface Other");
  });
});
