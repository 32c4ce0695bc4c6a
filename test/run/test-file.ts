/** Runs one test file in a `bun test` of its own. */
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Outcome, outcomeOf, skippedNames } from "./outcome.ts";

/** A test without a limit of its own has this long, ms. */
const TEST_LIMIT_MS = 30_000;
/** A whole file has this long, ms. */
const FILE_LIMIT_MS = 600_000;
/** What a file that has ended left in its pipes is waited for this long, ms. */
const PIPE_LIMIT_MS = 2_000;

/** A file that has run. */
export interface RunFile {
  readonly outcome: Outcome;
  readonly skipped: readonly string[];
  /** What it wrote. */
  readonly output: string;
  readonly seconds: number;
}

/** How a file is run. */
export interface RunFileOptions {
  /** The folder of the checkout. */
  readonly root: string;
  /** More environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** When the file is killed, ms; default 600,000. */
  readonly limitMs?: number;
}

interface Ended {
  readonly exitCode: number | undefined;
  readonly output: string;
}

/** Resolves when the file has ended; it is killed with all it started when it takes too long. */
export async function runTestFile(path: string, options: RunFileOptions): Promise<RunFile> {
  const folder = await mkdtemp(join(tmpdir(), "gearwright-run-"));
  const reportPath = join(folder, "report.xml");
  const startedAtMs = performance.now();
  try {
    const { exitCode, output } = await runBun(path, reportPath, options);
    const report = await readFile(reportPath, "utf8").catch(() => undefined);
    return {
      outcome: outcomeOf({ exitCode, report }),
      skipped: skippedNames(report ?? ""),
      output: report === undefined ? `${output}\nno report: it crashed, hung, or has no test` : output,
      seconds: (performance.now() - startedAtMs) / 1000,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function runBun(path: string, reportPath: string, { root, env, limitMs }: RunFileOptions): Promise<Ended> {
  const reporter = ["--reporter=junit", `--reporter-outfile=${reportPath}`];
  const args = ["test", `--timeout=${TEST_LIMIT_MS}`, ...reporter, path.startsWith("/") ? path : `./${path}`];
  // A process group of its own, so that nothing it started outlives it.
  const child = spawn(process.execPath, args, {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  const chunks: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => chunks.push(text));
  }
  const end = () => endGroup(child.pid);
  process.once("exit", end);
  const timer = setTimeout(() => {
    chunks.push("\nkilled: it took too long\n");
    end();
  }, limitMs ?? FILE_LIMIT_MS);
  return new Promise((resolve) => {
    const settle = (exitCode: number | undefined) => {
      clearTimeout(timer);
      process.off("exit", end);
      resolve({ exitCode, output: chunks.join("") });
    };
    child.once("error", (error) => {
      chunks.push(error.message);
      settle(undefined);
    });
    // "close" comes once nobody holds the pipes any more; a process in a session of its own may hold them for ever.
    child.once("exit", (code) => {
      end();
      setTimeout(() => settle(code ?? undefined), PIPE_LIMIT_MS).unref();
    });
    child.once("close", (code) => settle(code ?? undefined));
  });
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // Nobody of the group is left.
  }
}
