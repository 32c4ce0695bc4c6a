/** A log file on a full disk that is moved elsewhere. */
import { test } from "bun:test";
import { existsSync, readFileSync, symlinkSync, unlinkSync } from "node:fs";
import { fileSink } from "../../src/base/log-sink.ts";
import { Folder, until } from "../cli/program.ts";

test.skipIf(!existsSync("/dev/full"))("a log that waits for a full disk goes on in the new file at once", async () => {
  using folder = new Folder();
  const path = folder.file("log");
  symlinkSync("/dev/full", path);
  const sink = fileSink(path);
  sink.write("INFO", "before\n");
  unlinkSync(path);
  sink.reopen();
  sink.write("INFO", "after\n");
  await until(() => existsSync(path) && readFileSync(path, "utf8") === "before\nafter\n", "the lines are there");
  await sink.close();
});
