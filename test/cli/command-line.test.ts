/** Words of commands: help, mistakes, values; and how things are shown to people. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { drawTable, shownName, shownText } from "../../src/cli/columns.ts";
import { parseWhen } from "../../src/cli/flag-values.ts";
import { barText } from "../../src/cli/progress-bar.ts";
import { RUNTIMES } from "../harness/runtimes.ts";
import { environmentFor } from "./job-server.ts";
import { LIMIT_MS, run } from "./program.ts";

setDefaultTimeout(6 * LIMIT_MS);

const COMMANDS = ["submit", "work", "status", "workers", "jobs", "shutdown"];

describe.each(RUNTIMES)("on %s", (runtime) => {
  test.each(COMMANDS)("help %s and %s --help print the same", async (name) => {
    const [help, flag] = await Promise.all([run(["help", name], { runtime }), run([name, "--help"], { runtime })]);
    expect(help.stdout).toStartWith(`Usage: gearwright ${name} [FLAG]...`);
    expect(help.stdout).toContain("Exit status:\n  0 ");
    expect(flag).toEqual(help);
    expect(help.status).toBe(0);
    expect(Math.max(...help.stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  test("a flag that is not there is a mistake that names the nearest", async () => {
    const { status, stdout, stderr } = await run(["jobs", "--limt", "3", "--jason"], { runtime });
    expect(stderr).toBe(
      "gearwright: --limt: there is no such flag; did you mean --limit?\n" +
        "gearwright: --jason: there is no such flag; did you mean --json?\n",
    );
    expect(stdout).toBe("");
    expect(status).toBe(1);
  });

  test("--help behind -- belongs to the command that is run", async () => {
    const { status, stderr } = await run(["work", "up", "--", "no-such-program", "--help"], { runtime });
    expect(stderr).toBe("gearwright: the command cannot be started: there is no program no-such-program in PATH\n");
    expect(status).toBe(1);
  });
});

const [runtime] = RUNTIMES;

test.each([
  ["jobs --limit many", '--limit: "many" is not a whole number; write one from 1 to 10000000'],
  ["jobs --limit 0", "--limit: 0 is out of range; write one from 1 to 10000000"],
  ["jobs --limit", "--limit: its value is missing; write --limit N"],
  ["jobs --limit --json", "--limit: its value is missing; write --limit N"],
  ["jobs --limit 1 --limit 2", "--limit: it is given more than once; write it once"],
  ["jobs --json=yes", "--json: it takes no value; write --json alone"],
  ["jobs -xyz", "-x: there is no such flag; see gearwright jobs --help"],
  ["status a b", '"b": nothing is expected here; write gearwright status [PATTERN]'],
  ["status --server here:x", '--server: "here:x" is no address; "x" is not a port, which is a number from 0 to 65535'],
  ["status --server here:0", '--server: "here:0" names no server; its port is a number from 1 to 65535'],
  ["submit", "submit: its FUNCTION is missing; write gearwright submit FUNCTION [DATA|-]"],
  [
    "submit up x --timeout 5",
    '--timeout: "5" is not a time with its unit, such as 60s or 500ms; write one from 1ms to 576h',
  ],
  ["submit up x --at soon", '--at: "soon" is no time; write +10m, 2026-12-31T18:00 or @1767225600'],
  [
    "submit up x --at @4294967296",
    "--at: @4294967296 is too late for a job server; write one until 2106-02-07T06:28:15Z",
  ],
  ["submit up x --high --low", "--low: it does not go with --high; write one of them"],
  ["submit up x --high --at +1m", "--at: it does not go with --high; leave one of them out"],
  ["submit up x --low --reducer r", "--reducer: it does not go with --low; leave one of them out"],
  ["submit up x --split-lines", '"x": --split-lines reads standard input; leave it out, or write -'],
  ["work up", "work: the command to run is missing; write gearwright work FUNCTION -- COMMAND [ARG]..."],
  ["work up cat", '"cat": nothing is expected here; write gearwright work FUNCTION -- COMMAND [ARG]...'],
  ["work -- cat", "work: its FUNCTION is missing; write gearwright work FUNCTION -- COMMAND [ARG]..."],
  ["work up --timeout 1ms -- cat", "--timeout: 1ms is out of range; write one from 1s to 576h"],
  ["work up --concurrency 0 -- cat", "--concurrency: 0 is out of range; write one from 1 to 10000"],
])("%s is a mistake", async (line, mistake) => {
  const { status, stdout, stderr } = await run(line.split(" "), { runtime });
  expect(stderr.split("\n")[0]).toBe(`gearwright: ${mistake}`);
  expect(stdout).toBe("");
  expect(status).toBe(1);
});

test("a mistake in GEARWRIGHT_SERVERS says where it stands", async () => {
  const environment = environmentFor(["127.0.0.1:4730", "[::g]"]);
  const { status, stderr } = await run(["status"], { runtime, environment });
  expect(stderr).toBe('gearwright: GEARWRIGHT_SERVERS: "[::g]" is no address; [::g] is not an IPv6 address\n');
  expect(status).toBe(1);
});

test("a name that is too long is one mistake, whatever the lines", async () => {
  const { status, stderr } = await run(["submit", "x".repeat(513), "--split-lines"], { runtime });
  expect(stderr).toBe("gearwright: a function's name has 513 bytes of UTF-8; at most 512 are allowed\n");
  expect(status).toBe(1);
});

describe("a time for --at", () => {
  const nowMs = Date.UTC(2026, 0, 1);
  test.each([
    ["+10m", nowMs + 600_000],
    ["+0", nowMs],
    ["@1767225600", 1_767_225_600_000],
    ["2026-12-31T18:00Z", Date.UTC(2026, 11, 31, 18)],
    ["2026-12-31 18:00:30+01:00", Date.UTC(2026, 11, 31, 17, 0, 30)],
    ["2026-12-31T18:00", new Date(2026, 11, 31, 18).getTime()],
    ["2026-12-31", new Date(2026, 11, 31).getTime()],
    ["2024-02-29T00:00Z", Date.UTC(2024, 1, 29)],
    ["2106-02-07T06:28:15Z", (2 ** 32 - 1) * 1_000],
  ])("%s is read", (text, ms) => {
    expect(parseWhen(text, nowMs)).toEqual({ value: new Date(ms) });
  });

  test.each([
    "",
    "10m",
    "+10",
    "@",
    "@1.5",
    "2026-02-30",
    "2026-13-01",
    "2026-1-1",
    "18:00",
    "tomorrow",
    "@4294967296",
    "2106-02-07T06:28:16Z",
    "2200-01-01",
    "@999999999999",
  ])("%p is refused", (text) => {
    expect(parseWhen(text, nowMs)).toHaveProperty("fix");
  });
});

describe("for people", () => {
  test("columns are as wide as what is in them, numbers at the right", () => {
    const columns = [
      { title: "NAME", text: ([name]: readonly [string, number]) => name },
      { title: "N", isNumber: true, text: ([, count]: readonly [string, number]) => String(count) },
    ];
    const rows = [["größe", 7] as const, ["日本", 1234] as const];
    const plain = drawTable(columns, rows, { hasColour: false, isStriking: () => true });
    expect(plain).toBe("NAME      N\ngröße     7\n日本   1234");
    const coloured = drawTable(columns, rows, { hasColour: true, isStriking: ([, count]) => count === 7 });
    expect(coloured).toBe("\u001b[1mNAME      N\u001b[0m\n\u001b[31mgröße     7\u001b[0m\n日本   1234");
  });

  test("a very long name does not push the numbers of the other rows away", () => {
    const columns = [
      { title: "NAME", text: ([name]: readonly [string, number]) => name },
      { title: "N", isNumber: true, text: ([, count]: readonly [string, number]) => String(count) },
    ];
    const long = "x".repeat(100);
    const rows = [["short", 7] as const, [long, 12] as const];
    const column = (text: string) => text.padEnd(40);
    expect(drawTable(columns, rows, { hasColour: false })).toBe(
      `${column("NAME")}   N\n${column("short")}   7\n${long}  12`,
    );
  });

  test("names are UTF-8, and what would disturb the terminal is escaped", () => {
    expect(shownName(Buffer.from("größe").toString("latin1"))).toBe("größe");
    expect(shownName("a\u001b[31m\tb\u0000")).toBe("a\\x1b[31m\\x09b\\x00");
    expect(shownName("\u00ff\u009b")).toBe("ÿ\\x9b");
    expect(shownText("\u202efdp")).toBe("\\u202efdp");
  });

  test("a bar fits the terminal, whatever a worker says", () => {
    expect(barText(5, 10, 80)).toBe(`[${"#".repeat(20)}${".".repeat(20)}]  50%  5/10`);
    expect(barText(20, 10, 80)).toContain("100%  20/10");
    expect(barText(3, 0, 80)).toBe("3/0");
    for (const columns of [5, 20, 30, 80, 200]) {
      expect(barText(123_456, 999_999_999, columns).length).toBeLessThan(Math.max(columns, 6));
    }
  });
});
