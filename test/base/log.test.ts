/** The log and its sinks. */
import { expect, test } from "bun:test";
import { readFileSync, renameSync } from "node:fs";
import { LOG_LEVELS, Log, type LogFormat, type LogLevel } from "../../src/base/log.ts";
import { fileSink, type LogSink } from "../../src/base/log-sink.ts";
import { Folder, until } from "../cli/program.ts";

const clock = { nowMs: () => 0, wallMs: () => Date.UTC(2026, 0, 2, 3, 4, 5, 6) };

function logTo(
  lines: string[],
  level: LogLevel = "INFO",
  format: LogFormat = "text",
  isTaken: () => boolean = () => true,
): Log {
  const sink: LogSink = {
    write: (_level, line) => {
      if (isTaken()) lines.push(line);
      return isTaken();
    },
    reopen: () => {},
    close: () => Promise.resolve(),
  };
  return new Log({ level, format, sink, clock });
}

test("a line of text has time, level, sentence and fields", () => {
  const lines: string[] = [];
  logTo(lines).write("INFO", "a job came", { connection: 7, function: "a b", handle: "H:x:1", unique: undefined });
  expect(lines).toEqual(['2026-01-02T03:04:05.006Z INFO     a job came connection=7 function="a b" handle=H:x:1\n']);
});

test("a line of JSON has the same", () => {
  const lines: string[] = [];
  logTo(lines, "INFO", "json").write("ERROR", "a job came", { connection: 7 });
  expect(JSON.parse(lines[0] ?? "")).toEqual({
    time: "2026-01-02T03:04:05.006Z",
    level: "ERROR",
    text: "a job came",
    connection: 7,
  });
});

test("control characters of peers never reach a terminal, and a line stays one line", () => {
  for (const format of ["text", "json"] as const) {
    const lines: string[] = [];
    logTo(lines, "INFO", format).write("INFO", "odd \u001b[2J\n", { function: "a\nb\u007f\u009b" });
    expect(lines[0]).toMatch(/^\P{Cc}*\n$/u);
  }
});

test("each level is written from its own threshold on", () => {
  for (const threshold of LOG_LEVELS) {
    const lines: string[] = [];
    const log = logTo(lines, threshold);
    for (const level of LOG_LEVELS) log.write(level, level);
    expect(lines).toHaveLength(LOG_LEVELS.indexOf(threshold) + 1);
  }
});

test("a changed level counts from the next line on, and an announcement is always written", () => {
  const lines: string[] = [];
  const log = logTo(lines, "ERROR");
  log.write("INFO", "no");
  log.announce("NOTICE", "yes");
  log.setLevel("DEBUG");
  expect(log.isOn("DEBUG")).toBe(true);
  log.write("DEBUG", "yes");
  expect(lines).toHaveLength(2);
});

test("lines that the sink could not take are counted in the next one that it takes", () => {
  const lines: string[] = [];
  let isTaken = false;
  const log = logTo(lines, "INFO", "text", () => isTaken);
  log.write("INFO", "lost");
  log.write("INFO", "lost");
  isTaken = true;
  log.write("INFO", "written");
  expect(lines.map((line) => line.slice(25))).toEqual([
    "WARNING  lines are missing here, the log was not written fast enough lines=2\n",
    "INFO     written\n",
  ]);
});

test("a file is appended to in order, and is opened anew after a rotation", async () => {
  using folder = new Folder();
  const sink = fileSink(folder.file("a.log"));
  for (let i = 0; i < 1_000; i += 1) sink.write("INFO", `${i}\n`);
  await until(() => folder.read("a.log").endsWith("999\n"), "all lines are in the file");
  renameSync(folder.file("a.log"), folder.file("a.log.1"));
  sink.reopen();
  sink.write("INFO", "after\n");
  await sink.close();
  expect(folder.read("a.log.1").split("\n")).toEqual([...Array.from({ length: 1_000 }, (_, i) => `${i}`), ""]);
  expect(folder.read("a.log")).toBe("after\n");
});

test("a full disk costs lines, never the caller", async () => {
  const sink = fileSink("/dev/full");
  const line = `${"x".repeat(1_000)}\n`;
  let takenCount = 0;
  for (let i = 0; i < 5_000; i += 1) if (sink.write("INFO", line)) takenCount += 1;
  expect(takenCount).toBeGreaterThan(1_000);
  expect(takenCount).toBeLessThan(2_000);
  const beforeMs = performance.now();
  await sink.close();
  expect(performance.now() - beforeMs).toBeLessThan(5_000);
});

test("a file that cannot be opened is said at once", () => {
  using folder = new Folder();
  expect(() => fileSink(folder.path)).toThrow("EISDIR");
  expect(() => readFileSync(folder.file("none"))).toThrow("ENOENT");
});
