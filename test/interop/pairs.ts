/** A client of one language and a worker of another, with nothing of ours between them but the server. */
import { strict as assert } from "node:assert";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type ServerOptions, type ServerProcess, startServer } from "../harness/server-process.ts";
import { until } from "../harness/until.ts";
import { KITS, type Kit, problemOf, startClient, startWorker } from "./columns.ts";
import type { PeerClient } from "./peer-client.ts";
import { PeerWorker } from "./peer-worker.ts";
import { ALL_BYTES, longWorkload, MEBIBYTE, same } from "./raw-peer.ts";

/** A client's kit and a worker's. */
export interface Pair {
  readonly client: Kit;
  readonly worker: Kit;
}

/** Every pair of different languages. */
export const PAIRS: readonly Pair[] = Object.values(KITS).flatMap((client: Kit) =>
  Object.values(KITS).flatMap((worker: Kit) => (client.name === worker.name ? [] : [{ client, worker }])),
);

/** The title of a pair's column. */
export function pairTitle(pair: Pair): string {
  return `${pair.client.title} → ${pair.worker.title}`;
}

/** A trial gives its client and worker, and the prefix of the worker's functions. */
type PairTrial = (pair: {
  readonly server: ServerProcess;
  readonly client: PeerClient;
  readonly worker: PeerWorker;
  readonly at: string;
}) => Promise<void>;

function echoed(workloadOf: () => string): PairTrial {
  return async ({ client, worker, at }) => {
    const workload = workloadOf();
    const [event = []] = await client.ask("do", ["normal"], [`${at}.echo`, "", workload]);
    same(event, ["complete", workload]);
    same([(await worker.nextJob()).workload], [workload]);
  };
}

/** UTF-8, one char per byte, as the line protocol's bytes are. */
export function utf8(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}

/** What the client tells of a job, without its handle. */
async function eventsOf(client: PeerClient, verb: string, functionName: string): Promise<string[][]> {
  const [created, ...events] = await client.ask(verb, ["normal"], [functionName, "", "x"]);
  assert.match(created?.join(" ") ?? "", /^created H:/);
  return events;
}

const priorities: PairTrial = async ({ client, worker, at }) => {
  const prefix = `${at}-late`;
  for (const level of ["low", "normal", "high"]) {
    await client.ask("background", [level], [`${prefix}.echo`, level, level]);
  }
  await using late = await PeerWorker.start({ ...worker.options, prefix, only: "echo" });
  for (const level of ["high", "normal", "low"]) same([(await late.nextJob()).workload], [level]);
};

/** Polls the status of a held job that is submitted twice, until it is over. */
const statusAndUnique: PairTrial = async ({ server, client, worker, at }) => {
  const gate = join(server.folder, "gate of a pair");
  const [first] = await client.ask("background", ["normal"], [`${at}.hold`, "shared", gate]);
  const [second] = await client.ask("background", ["normal"], [`${at}.hold`, "shared", "another"]);
  assert.deepEqual(second, first);
  const isTold = async (...words: readonly string[]) => {
    const [known] = await client.ask("status", [], [first?.[1] ?? ""]);
    return known?.join(" ") === `known ${words.join(" ")}`;
  };
  same([(await worker.nextJob()).workload], [gate]);
  await until(() => isTold("1", "1", "3", "7"), { what: "the status of the running job" });
  writeFileSync(gate, "");
  await until(() => isTold("0", "0", "0", "0"), { what: "the end of the job" });
  await client.ask("background", ["normal"], [`${at}.echo`, "next", "next"]);
  same([(await worker.nextJob()).workload], ["next"]);
};

const inUtf8: PairTrial = async ({ client, worker, at }) => {
  const [name, unique, workload] = [`${at}.echo.größe`, "schlüssel", "naïve 日本 😀"].map(utf8);
  const [event = []] = await client.ask("do", ["normal"], [name ?? "", unique ?? "", workload ?? ""]);
  same(event, ["complete", workload ?? ""]);
  const job = await worker.nextJob();
  same(
    [utf8(job.function), job.unique, job.workload],
    [name ?? "", worker.options.seesUnique ? (unique ?? "") : "", workload ?? ""],
  );
};

/** The rows of the second table. */
export const PAIR_TRIALS: Readonly<Record<string, PairTrial>> = {
  "foreground jobs": echoed(() => "hello"),
  "background jobs": async ({ client, worker, at }) => {
    await client.ask("background", ["normal"], [`${at}.echo`, "key", "later"]);
    const job = await worker.nextJob();
    same([job.unique, job.workload], [worker.options.seesUnique ? "key" : "", "later"]);
  },
  "high before normal before low": priorities,
  "status, and coalescing by unique": statusAndUnique,
  "data, warning and status streams": async ({ client, worker, at }) => {
    const events = await eventsOf(client, "run", `${at}.stream`);
    assert.deepEqual(events, [
      ["data", "one\0"],
      ["status", "1", "4"],
      ["warning", "\0careful"],
      ["status", "3", "4"],
      ["data", "two"],
      ["complete", "streamed"],
    ]);
    await worker.nextJob();
  },
  exceptions: async ({ client, worker, at }) => {
    assert.deepEqual(await eventsOf(client, "run-exceptions", `${at}.exception`), [["exception", "bo\0om"]]);
    await worker.nextJob();
  },
  failure: async ({ client, worker, at }) => {
    assert.deepEqual(await eventsOf(client, "run", `${at}.fail`), [["fail"]]);
    await worker.nextJob();
  },
  "UTF-8 names, uniques and workloads": inUtf8,
  "NULs and all other bytes": echoed(() => ALL_BYTES),
  "1 MiB there and back": echoed(() => longWorkload(MEBIBYTE)),
};

/** Tries every row with one pair on a server of its own. */
export async function runPair(
  pair: Pair,
  server: ServerOptions,
  report: (trial: string, problem: unknown) => void,
): Promise<void> {
  await using running = await startServer(server);
  await using worker = await startWorker(pair.worker, running);
  await using client = startClient(pair.client, running);
  for (const [name, trial] of Object.entries(PAIR_TRIALS)) {
    const problem = await problemOf(trial({ server: running, client, worker, at: pair.worker.name }));
    report(name, problem);
  }
}
