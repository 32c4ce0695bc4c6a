/** A client of one language and a worker of another, with nothing of ours between them but the server. */
import { strict as assert } from "node:assert";
import { type ServerOptions, startServer } from "../harness/server-process.ts";
import { KITS, type Kit, problemOf, startClient, startWorker } from "./columns.ts";
import type { PeerClient } from "./peer-client.ts";
import type { PeerWorker } from "./peer-worker.ts";
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

/** A trial gives its client and worker, and the prefix of the worker's functions. */
type PairTrial = (pair: {
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

/** What the client tells of a job, without its handle. */
async function eventsOf(client: PeerClient, verb: string, functionName: string): Promise<string[][]> {
  const [created, ...events] = await client.ask(verb, ["normal"], [functionName, "", "x"]);
  assert.match(created?.join(" ") ?? "", /^created H:/);
  return events;
}

/** The rows of the second table. */
export const PAIR_TRIALS: Readonly<Record<string, PairTrial>> = {
  "foreground jobs": echoed(() => "hello"),
  "background jobs": async ({ client, worker, at }) => {
    await client.ask("background", ["normal"], [`${at}.echo`, "key", "later"]);
    const job = await worker.nextJob();
    same([job.unique, job.workload], [worker.options.seesUnique ? "key" : "", "later"]);
  },
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
    const problem = await problemOf(trial({ client, worker, at: pair.worker.name }));
    report(name, problem);
  }
}
