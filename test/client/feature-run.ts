/** Runs the program that plays the features on a runtime, against two servers of a kind, and collects what it says. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { hasEnded, killAtEnd } from "../harness/leftovers.ts";
import { type ServerOptions, startServer } from "../harness/server-process.ts";
import type { FeatureLine } from "./feature.ts";
import type { ServerKind } from "./feature-table.ts";

/** How long all plays together may take, ms. */
const PROGRAM_LIMIT_MS = 150_000;

/** A cell of the matrix. */
export interface FeatureRun {
  /** E.g. `Node 20`. */
  readonly runtime: string;
  /** What runs the compiled program. */
  readonly binary: string;
  readonly kind: ServerKind;
  readonly server: ServerOptions;
}

/** What a program has said, and how it ended. */
export interface FeatureReport {
  readonly lines: ReadonlyMap<string, FeatureLine>;
  /** `exit 0` when all is well; anything else with what it wrote to stderr. */
  readonly end: string;
}

function playWith(command: readonly string[]): Promise<FeatureReport> {
  const [binary = "", ...args] = command;
  const child = spawn(binary, args, { stdio: ["ignore", "pipe", "pipe"] });
  if (child.pid !== undefined) killAtEnd(child.pid, "");
  const lines = new Map<string, FeatureLine>();
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors += text;
  });
  createInterface({ input: child.stdout }).on("line", (text) => {
    try {
      const line = JSON.parse(text) as FeatureLine;
      lines.set(line.name, line);
    } catch {
      errors += `${text}\n`;
    }
  });
  const timer = setTimeout(() => child.kill("SIGKILL"), PROGRAM_LIMIT_MS);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => {
      clearTimeout(timer);
      if (child.pid !== undefined) hasEnded(child.pid);
      const how = signal === null ? `exit ${code}` : `signal ${signal} (after ${PROGRAM_LIMIT_MS} ms it is killed)`;
      resolve({ lines, end: errors === "" ? how : `${how}\n${errors}` });
    });
  });
}

/** Plays every feature of a cell on two servers of its own; `program` is the compiled program. */
export async function runFeatures(run: FeatureRun, program: string): Promise<FeatureReport> {
  await using one = await startServer(run.server);
  await using two = await startServer(run.server);
  return await playWith([run.binary, program, run.kind, String(one.port), String(two.port)]);
}
