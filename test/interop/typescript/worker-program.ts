/** A worker on our own library whose functions do what the interop tests need; ../README.md says which. */
import { existsSync } from "node:fs";
import { type BytesHandler, Client, GearError, Worker, type WorkerJob } from "../../../src/index.ts";
import { until } from "../../harness/until.ts";
import { say, wordOf } from "./words.ts";

const [, , port, folder = ".", prefix = "", only = ""] = process.argv;
const servers = [`127.0.0.1:${port}`];
/** How long a held job waits at most, ms. */
const HOLD_LIMIT_MS = 10_000;
const HURRY_MS = 1_000;

const client = new Client({ servers });
const worker = new Worker({ servers, clientId: `${prefix}-worker` });

async function stream(job: WorkerJob): Promise<string> {
  await job.data("one\0");
  job.status(1, 4);
  await job.warning("\0careful");
  job.status(3, 4);
  await job.data("two");
  return "streamed";
}

async function hold(job: WorkerJob): Promise<string> {
  job.status(3, 7);
  const gate = Buffer.from(job.workload).toString("utf8");
  await until(() => existsSync(gate), { what: gate, limitMs: HOLD_LIMIT_MS });
  return "released";
}

/** Each byte of the workload is a job for the reducer. */
async function split(job: WorkerJob): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of client.map(
    job.reducer,
    Array.from(job.workload, (byte) => Uint8Array.of(byte)),
  )) {
    parts.push(part);
  }
  return Buffer.concat(parts);
}

const FUNCTIONS: Readonly<Record<string, BytesHandler>> = {
  echo: (job) => job.workload,
  "echo.größe": (job) => job.workload,
  stream,
  hold,
  exception: () => {
    throw new GearError("JOB_EXCEPTION", "as it was told", { data: Buffer.from("bo\0om") });
  },
  fail: () => {
    throw new GearError("JOB_FAILED", "as it was told");
  },
  split,
  hurry: hold,
};

for (const [name, handler] of Object.entries(FUNCTIONS)) {
  if (only !== "" && only !== name) continue;
  const told: BytesHandler = (job) => {
    say("job", job.function, wordOf(job.unique, folder), wordOf(job.workload, folder));
    return handler(job);
  };
  worker.can(`${prefix}.${name}`, told, name === "hurry" ? { timeoutMs: HURRY_MS } : {});
}
await worker.run();
