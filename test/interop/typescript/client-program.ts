/** A client on our own library that does what it is told, line by line; ../README.md says how. */
import { createInterface } from "node:readline";
import { Client, GearError, type JobOptions, type JobStatus, type Update } from "../../../src/index.ts";
import { bytesOf, say, textOf, wordOf } from "./words.ts";

const [, , port, folder = "."] = process.argv;
const client = new Client({ servers: [`127.0.0.1:${port}`] });

type Words = readonly string[];

function optionsOf(priority: string | undefined, unique: string | undefined): JobOptions {
  if (priority !== "high" && priority !== "normal" && priority !== "low") throw new Error(`no priority: ${priority}`);
  const key = textOf(unique ?? ".");
  return key === "" ? { priority } : { priority, unique: key };
}

function tell(update: Update): void {
  if (update.kind === "status") say("status", update.numerator, update.denominator);
  else if (update.kind !== "resubmitted") say(update.kind, wordOf(update.data, folder));
}

function tellEnd(error: unknown): void {
  if (!(error instanceof GearError)) throw error;
  if (error.code === "JOB_EXCEPTION") say("exception", wordOf(error.data ?? "", folder));
  else if (error.code === "JOB_FAILED") say("fail");
  else if (error.code === "TIMED_OUT") say("timeout");
  else throw error;
}

async function run([priority, name = "", unique, workload = "."]: Words, limits: JobOptions = {}): Promise<void> {
  // Not by the iterator, which leaves out what is not read in time of a row of statuses.
  const updates: Update[] = [];
  const options = {
    ...optionsOf(priority, unique),
    ...limits,
    onUpdate: (update: Update) => void updates.push(update),
  };
  const job = await client.submit(textOf(name), bytesOf(workload), options);
  say("created", wordOf(job.handle, folder));
  const result = await job.result.catch((error: unknown) => error);
  for (const update of updates) tell(update);
  if (result instanceof Uint8Array) say("complete", wordOf(result, folder));
  else tellEnd(result);
}

async function runSimply([priority, name = "", unique, workload = "."]: Words): Promise<void> {
  try {
    say("complete", wordOf(await client.run(textOf(name), bytesOf(workload), optionsOf(priority, unique)), folder));
  } catch (error) {
    tellEnd(error);
  }
}

async function background([priority, name = "", unique, workload = "."]: Words): Promise<void> {
  const handle = await client.submitBackground(textOf(name), bytesOf(workload), optionsOf(priority, unique));
  say("created", wordOf(handle, folder));
}

async function epoch([seconds, name = "", unique = ".", workload = "."]: Words): Promise<void> {
  const at = new Date(Number(seconds) * 1_000);
  const handle = await client.submitBackground(textOf(name), bytesOf(workload), { at, unique: textOf(unique) });
  say("created", wordOf(handle, folder));
}

async function reduce([reducer = "", name = "", unique = ".", workload = "."]: Words): Promise<void> {
  const options = { reducer: textOf(reducer), unique: textOf(unique) };
  say("result", wordOf(await client.run(textOf(name), bytesOf(workload), options), folder));
}

function tellStatus(status: JobStatus): void {
  say("known", Number(status.isKnown), Number(status.isRunning), status.numerator, status.denominator);
}

const VERBS: Readonly<Record<string, (words: Words) => Promise<void>>> = {
  run,
  "run-exceptions": run,
  "run-timeout": ([limitMs, ...words]) => run(words, { timeoutMs: Number(limitMs) }),
  do: runSimply,
  background,
  epoch,
  reduce,
  status: async ([handle = "."]) => tellStatus(await client.status(textOf(handle))),
  "unique-status": async ([unique = "."]) => tellStatus(await client.statusOfUnique(textOf(unique))),
  echo: async ([data = "."]) => say("echo", wordOf(await client.echo(bytesOf(data)), folder)),
};

for await (const line of createInterface({ input: process.stdin })) {
  const [verb = "", ...words] = line.split(" ");
  const act = VERBS[verb];
  if (act === undefined) throw new Error(`no verb: ${verb}`);
  await act(words);
  say("end");
}
await client.close();
