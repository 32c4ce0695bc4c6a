/** What is tried with the command line tools of gearmand: `gearman` as client and as worker, and `gearadmin`. */
import { strict as assert } from "node:assert";
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { hasEnded, killAtEnd } from "../harness/leftovers.ts";
import type { ServerProcess } from "../harness/server-process.ts";
import { until } from "../harness/until.ts";
import { Wire } from "../harness/wire.ts";
import type { Feature, Trial } from "./feature.ts";
import { LineProcess } from "./line-process.ts";
import { ALL_BYTES, longWorkload, MEBIBYTE, outcome, RawWorker, same, submit, untilTold } from "./raw-peer.ts";

type ToolTrial = (trial: Trial<undefined>) => Promise<void>;

/** How a tool ended. */
export interface ToolEnd {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

/** Runs a tool to its end. */
function runTool(command: readonly string[], input = ""): Promise<ToolEnd> {
  const [program = "", ...args] = command;
  const child = spawn(program, args, { stdio: ["pipe", "pipe", "pipe"] });
  const output: Buffer[] = [];
  const errors: Buffer[] = [];
  if (child.pid !== undefined) killAtEnd(child.pid, "");
  child.stdout.on("data", (chunk: Buffer) => output.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => errors.push(chunk));
  child.stdin.on("error", () => {});
  child.stdin.end(Buffer.from(input, "latin1"));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      if (child.pid !== undefined) hasEnded(child.pid);
      resolve({
        code,
        output: Buffer.concat(output).toString("latin1"),
        errors: Buffer.concat(errors).toString("latin1"),
      });
    });
  });
}

function at(server: ServerProcess): readonly string[] {
  return ["-h", server.host, "-p", String(server.port)];
}

/** Runs `gearman` as a client to its end; the input is bytes, one char each. */
export function runGearman(server: ServerProcess, args: readonly string[], input?: string): Promise<ToolEnd> {
  return runTool(["gearman", ...at(server), ...args], input);
}

function clientWhole(functionName: string, workloadOf: () => string): ToolTrial {
  return async ({ server }) => {
    const workload = workloadOf();
    await using worker = await RawWorker.open(server, functionName);
    const told = runGearman(server, ["-f", functionName], workload);
    const job = await worker.grab();
    same([job.workload], [workload]);
    worker.wire.send("WORK_COMPLETE", job.handle, `${workload}!`);
    const { code, output } = await told;
    assert.equal(code, 0);
    same([output], [`${workload}!`]);
  };
}

async function clientBackground({ server }: Trial<undefined>): Promise<void> {
  assert.deepEqual(await runGearman(server, ["-b", "-f", "t.background", "-u", "key", "later"]), {
    code: 0,
    output: "",
    errors: "",
  });
  await using worker = await RawWorker.open(server, "t.background");
  const job = await worker.grab();
  same([job.unique, job.workload], ["key", "later"]);
}

async function clientPriority({ server }: Trial<undefined>): Promise<void> {
  for (const [flags, text] of [
    [["-L"], "low"],
    [[], "normal"],
    [["-I"], "high"],
  ] as const) {
    await runGearman(server, ["-b", ...flags, "-f", "t.priority", "-u", text, text]);
  }
  await using worker = await RawWorker.open(server, "t.priority");
  for (const text of ["high", "normal", "low"]) same([(await worker.grab()).workload], [text]);
}

async function clientUnique({ server }: Trial<undefined>): Promise<void> {
  await using worker = await RawWorker.open(server, "t.unique");
  const one = runGearman(server, ["-f", "t.unique", "-u", "shared", "mine"]);
  const job = await worker.grab();
  await using other = await Wire.connect(server);
  assert.equal(await submit(other, "SUBMIT_JOB", "t.unique", "shared", "theirs"), job.handle);
  worker.wire.send("WORK_COMPLETE", job.handle, "both");
  assert.deepEqual(await one, { code: 0, output: "both", errors: "" });
  assert.deepEqual(await outcome(other, job.handle), [["WORK_COMPLETE", "both"]]);
}

/** The worker sends this before the result `end`; the tool prints that. */
function clientStream(
  send: (worker: Wire, handle: string) => void,
  want: { output: string; errors: string },
): ToolTrial {
  return async ({ server }) => {
    await using worker = await RawWorker.open(server, "t.stream");
    const told = runGearman(server, ["-f", "t.stream", "x"]);
    const job = await worker.grab();
    send(worker.wire, job.handle);
    worker.wire.send("WORK_COMPLETE", job.handle, "end");
    assert.deepEqual(await told, { code: 0, ...want });
  };
}

async function clientFailure({ server }: Trial<undefined>): Promise<void> {
  await using worker = await RawWorker.open(server, "t.failure");
  for (const packet of ["WORK_FAIL", "WORK_EXCEPTION"] as const) {
    const told = runGearman(server, ["-f", "t.failure", "x"]);
    const job = await worker.grab();
    worker.wire.send(packet, job.handle, ...(packet === "WORK_FAIL" ? [] : ["boom"]));
    assert.deepEqual(await told, { code: 1, output: "", errors: "Job failed\n" });
  }
}

async function clientTimeout({ server }: Trial<undefined>): Promise<void> {
  await using worker = await RawWorker.open(server, "t.timeout");
  const told = runGearman(server, ["-t", "300", "-f", "t.timeout", "slow"]);
  const job = await worker.grab();
  assert.match((await told).errors, /timeout reached/);
  worker.wire.send("WORK_COMPLETE", job.handle, "too late");
  await worker.wire.nothing();
}

/** Trials of `gearman` as a client. */
export const TOOL_CLIENT_TRIALS = {
  foreground: clientWhole("t.foreground", () => "hello"),
  background: clientBackground,
  priority: clientPriority,
  unique: clientUnique,
  statusStream: clientStream((worker, handle) => worker.send("WORK_STATUS", handle, "1", "4"), {
    output: "end25% Complete\n",
    errors: "",
  }),
  dataStream: clientStream((worker, handle) => worker.send("WORK_DATA", handle, "one\0"), {
    output: "one\0end",
    errors: "",
  }),
  warningStream: clientStream((worker, handle) => worker.send("WORK_WARNING", handle, "\0careful"), {
    output: "end",
    errors: "\0careful",
  }),
  failure: clientFailure,
  timeout: clientTimeout,
  mebibyte: clientWhole("t.mebibyte", () => longWorkload(MEBIBYTE)),
  nuls: clientWhole("t.nuls", () => ALL_BYTES),
} satisfies Partial<Record<Feature, ToolTrial>>;

/** Starts `gearman -w` for one function and resolves when the server knows it. */
export async function startGearmanWorker(server: ServerProcess, args: readonly string[]): Promise<LineProcess> {
  const worker = new LineProcess({ command: ["gearman", "-w", ...at(server), ...args] });
  const name = Buffer.from(args[args.indexOf("-f") + 1] ?? "", "utf8").toString("latin1");
  await untilTold(server, "status", `${name}\t`);
  return worker;
}

async function run(server: ServerProcess, functionName: string, workload: string): Promise<string[][]> {
  await using wire = await Wire.connect(server);
  return await outcome(wire, await submit(wire, "SUBMIT_JOB", functionName, "", workload));
}

/** The tool writes the whole workload before it reads the result, so the command must take it all first. */
function workerWhole(functionName: string, workloadOf: () => string): ToolTrial {
  return async ({ server }) => {
    const file = join(server.folder, functionName);
    await using _worker = await startGearmanWorker(server, [
      "-f",
      functionName,
      "--",
      "sh",
      "-c",
      `cat > ${file}; cat ${file}`,
    ]);
    const workload = workloadOf();
    const told = await run(server, functionName, workload);
    assert.equal(told.length, 1);
    same(told[0] ?? [], ["WORK_COMPLETE", workload]);
  };
}

async function workerBackground({ server }: Trial<undefined>): Promise<void> {
  const file = join(server.folder, "seen");
  await using _worker = await startGearmanWorker(server, ["-f", "tw.background", "--", "tee", file]);
  await using wire = await Wire.connect(server);
  await submit(wire, "SUBMIT_JOB_BG", "tw.background", "key", "later");
  const isSeen = () => {
    try {
      return readFileSync(file, "latin1") === "later";
    } catch {
      return false;
    }
  };
  await until(isSeen, { what: "the workload of the background job" });
  await untilTold(server, "status", "tw.background\t0\t0\t1\n");
}

async function workerPriority({ server }: Trial<undefined>): Promise<void> {
  await using wire = await Wire.connect(server);
  for (const name of ["SUBMIT_JOB_LOW", "SUBMIT_JOB", "SUBMIT_JOB_HIGH"] as const) {
    await submit(wire, name, "tw.priority", "", name);
  }
  await using _worker = await startGearmanWorker(server, ["-f", "tw.priority", "--", "cat"]);
  for (const name of ["SUBMIT_JOB_HIGH", "SUBMIT_JOB", "SUBMIT_JOB_LOW"]) {
    const [, result] = await wire.expect("WORK_COMPLETE");
    assert.equal(result, name);
  }
}

/** One line only: with more, the tool sends each packet with the lines before it once more, whatever the server is. */
async function workerData({ server }: Trial<undefined>): Promise<void> {
  await using _worker = await startGearmanWorker(server, [
    "-n",
    "-f",
    "tw.data",
    "--",
    "sh",
    "-c",
    "cat > /dev/null; echo one",
  ]);
  assert.deepEqual(await run(server, "tw.data", "x"), [
    ["WORK_DATA", "one\n"],
    ["WORK_COMPLETE", ""],
  ]);
}

async function workerFailure({ server }: Trial<undefined>): Promise<void> {
  await using _worker = await startGearmanWorker(server, [
    "-f",
    "tw.failure",
    "--",
    "sh",
    "-c",
    "cat > /dev/null; exit 3",
  ]);
  assert.deepEqual((await run(server, "tw.failure", "x")).at(-1), ["WORK_FAIL"]);
}

/** Trials of `gearman -w`. */
export const TOOL_WORKER_TRIALS = {
  foreground: workerWhole("tw.foreground", () => "hello"),
  background: workerBackground,
  priority: workerPriority,
  dataStream: workerData,
  failure: workerFailure,
  mebibyte: workerWhole("tw.mebibyte", () => longWorkload(MEBIBYTE)),
  nuls: workerWhole("tw.nuls", () => ALL_BYTES),
} satisfies Partial<Record<Feature, ToolTrial>>;

/** Every command of gearadmin, in an order in which each has something to tell. */
export async function tryAdmin({ server }: Trial<undefined>): Promise<void> {
  const admin = async (...args: readonly string[]) => {
    const { output, errors } = await runTool(["gearadmin", ...at(server), ...args]);
    assert.equal(errors, "");
    return output;
  };
  assert.match(await admin("--server-version"), /\d/);
  assert.match(await admin("--server-verbose"), /^(OK )?[A-Z]+\n$/);
  assert.match(await admin("--getpid"), new RegExp(`^(OK )?${server.pid}\n$`));
  assert.equal(await admin("--status"), ".\n");
  await admin("--create-function", "made");
  assert.equal(await admin("--status"), "made\t0\t0\t0\n.\n");
  await admin("--drop-function", "made");
  assert.equal(await admin("--status"), ".\n");
  await using wire = await Wire.connect(server);
  const handle = await submit(wire, "SUBMIT_JOB_HIGH_BG", "listed", "key", "x");
  assert.equal(await admin("--status"), "listed\t1\t0\t0\n.\n");
  assert.equal(await admin("--priority-status"), "listed\t1\t0\t0\t0\n.\n");
  assert.match(await admin("--show-jobs"), new RegExp(`^${handle}\t0\t0\t1\n.\n$`));
  assert.equal(await admin("--show-unique-jobs"), "key\n.\n");
  await admin("--cancel-job", handle);
  assert.equal(await admin("--show-unique-jobs"), ".\n");
  wire.send("CAN_DO", "listed");
  wire.send("SET_CLIENT_ID", "me");
  await wire.barrier();
  assert.match(await admin("--workers"), / 127\.0\.0\.1 me : listed\n/);
}
