/** A job server in a child process, for tests on a runtime that cannot run one itself. It ends when this process does. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { GearError } from "../base/errors.ts";
import { findRuntime, foreignEnvironment } from "./server-runtimes.ts";
import type { ChildReport, StartedServer } from "./started-server.ts";

/** How long the child may take until it listens, ms. */
const START_MS_MAX = 20_000;
/** How long the child may take to end before it is killed, ms. */
const STOP_MS_MAX = 5_000;
/** What is kept of the child's complaints, chars. */
const COMPLAINT_CHARS_MAX = 4_000;

/**
 * Starts `program` (the address of a module) with `port` in a runtime that can serve.
 *
 * Rejects with GearError LISTEN_FAILED (also when there is no such runtime), ADDRESS_IN_USE or TIMED_OUT.
 */
export async function startChildServer(program: URL, port: number): Promise<StartedServer> {
  const path = fileURLToPath(program);
  const runtime = await findRuntime(fileURLToPath(new URL("../..", import.meta.url)));
  if (runtime === undefined) throw noRuntime();
  const child = spawn(runtime.program, [...runtime.flags, path, String(port)], {
    cwd: dirname(path),
    env: foreignEnvironment(),
    stdio: "pipe",
    windowsHide: true,
  });
  child.stdin.on("error", () => {});
  const ended = new Promise<void>((resolve) => {
    child.once("close", () => resolve());
  });
  const report = await reportOf(child);
  if ("port" in report) return { port: report.port, stop: () => endChild(child, ended) };
  const code = report.code === "ADDRESS_IN_USE" || report.code === "TIMED_OUT" ? report.code : "LISTEN_FAILED";
  throw new GearError(code, report.text);
}

function noRuntime(): GearError {
  return new GearError(
    "LISTEN_FAILED",
    `Node ${process.versions.node} cannot run the job server, and no runtime that can was found; ` +
      "install Bun for the tests (npm install --save-dev bun), or run them on Node 24 or newer",
  );
}

/** Resolves with what the child says of itself, or with what became of it; a child that does not serve is killed. */
function reportOf(child: ChildProcessWithoutNullStreams): Promise<ChildReport> {
  return new Promise((resolve) => {
    let output = "";
    let complaint = "";
    const settle = (report: ChildReport): void => {
      clearTimeout(timer);
      if (!("port" in report)) child.kill("SIGKILL");
      resolve(report);
    };
    const fail = (how: string): void => {
      settle({ code: "LISTEN_FAILED", text: `the job server's process ${how}\n${complaint}`.trim() });
    };
    const timer = setTimeout(
      () => settle({ code: "TIMED_OUT", text: `the job server did not start within ${START_MS_MAX} ms\n${complaint}` }),
      START_MS_MAX,
    );
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      const end = output.indexOf("\n");
      if (end !== -1) settle(readReport(output.slice(0, end)));
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      complaint = (complaint + text).slice(-COMPLAINT_CHARS_MAX);
    });
    child.once("error", (error) => fail(`could not be started: ${error.message}`));
    child.once("close", (status, signal) => fail(`ended with ${signal ?? `exit status ${status}`}`));
  });
}

function readReport(line: string): ChildReport {
  try {
    const parsed: unknown = JSON.parse(line);
    if (typeof parsed === "object" && parsed !== null) {
      if ("port" in parsed && typeof parsed.port === "number") return { port: parsed.port };
      if ("code" in parsed && "text" in parsed) return { code: String(parsed.code), text: String(parsed.text) };
    }
  } catch {
    // Told below.
  }
  return { code: "LISTEN_FAILED", text: `the job server's process said something else than its port: ${line}` };
}

/** Closes its input, which ends it, and kills it when it does not. */
async function endChild(child: ChildProcessWithoutNullStreams, ended: Promise<void>): Promise<void> {
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_MS_MAX);
  child.stdin.end();
  await ended;
  clearTimeout(timer);
}
