/** Clients that submit and never read, and workers that feed them. */
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { hasEnded, killAtEnd } from "./leftovers.ts";
import { Pump } from "./pump.ts";
import { until } from "./until.ts";
import { Wire, type WireAddress } from "./wire.ts";
import { encodePacket } from "./wire-bytes.ts";

/** Data of one WORK_DATA, bytes. */
const DATA_BYTES = 64 * 1024;
const START_LIMIT_MS = 40_000;

function largest(name: string): number {
  try {
    return Number(readFileSync(`/proc/sys/net/ipv4/${name}`, "utf8").trim().split(/\s+/).at(-1));
  } catch {
    return 0;
  }
}

/** What the kernel may hold of a stream between its sender and a reader that stopped, bytes, by its largest buffers. */
export function kernelStreamBytes(): number {
  return largest("tcp_rmem") + largest("tcp_wmem");
}

/** A client that has submitted a foreground job and reads nothing after JOB_CREATED. Its client id is `id`. */
export async function slowWatcher(address: WireAddress, functionName: string, id: string): Promise<Wire> {
  const watcher = await Wire.connect(address);
  watcher.send("SET_CLIENT_ID", id);
  watcher.send("SUBMIT_JOB", functionName, "", "");
  await watcher.expect("JOB_CREATED");
  watcher.socket.pause();
  return watcher;
}

/** A worker that has grabbed `jobCount` jobs of a function; their handles are in the order of assignment. */
export async function busyWorker(
  address: WireAddress,
  functionName: string,
  jobCount: number,
): Promise<{ readonly wire: Wire; readonly handles: readonly string[] }> {
  const wire = await Wire.connect(address);
  wire.send("CAN_DO", functionName);
  const handles: string[] = [];
  for (let job = 0; job < jobCount; job += 1) {
    wire.send("GRAB_JOB");
    const [handle = ""] = await wire.expect("JOB_ASSIGN");
    handles.push(handle);
  }
  return { wire, handles };
}

/** Sends up to `bytesMax` of WORK_DATA for a job. */
export function feed(worker: Wire, handle: string, bytesMax: number): Pump {
  return new Pump(worker.socket, encodePacket("WORK_DATA", [handle, Buffer.alloc(DATA_BYTES)]), bytesMax);
}

/** Whether the server still has a connection with this client id. */
export async function isConnected(admin: Wire, id: string): Promise<boolean> {
  const text = await admin.ask("workers");
  return text.split("\n").some((line) => line.split(" ")[2] === id);
}

/** A worker as a process of its own that has one job until it is killed: it feeds it without end, or is silent. */
export class FeederProcess implements Disposable {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
    if (child.pid !== undefined) killAtEnd(child.pid, "/nonexistent");
  }

  /** Resolves once it has the job, and is not read any more if it feeds. */
  static async start(port: number, functionName: string, manner: "feeds" | "silent"): Promise<FeederProcess> {
    const words = [join(import.meta.dirname, "feeder-program.ts"), String(port), functionName, manner];
    const child = spawn(process.execPath, words, { stdio: ["ignore", "pipe", "inherit"] });
    let out = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      out += text;
    });
    const feeder = new FeederProcess(child);
    await until(() => out.includes("ready"), { what: "the feeder has its job", limitMs: START_LIMIT_MS });
    return feeder;
  }

  /** Ends it as a crash does (SIGKILL). */
  kill(): void {
    if (this.#child.pid !== undefined) hasEnded(this.#child.pid);
    this.#child.kill("SIGKILL");
  }

  [Symbol.dispose](): void {
    this.kill();
  }
}
