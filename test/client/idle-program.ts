/** A program that uses a client and never closes it: it must end by itself. Arguments: what it does, and the servers. */
import { Client, GearError } from "../../src/index.ts";

const [, , play = "", ...servers] = process.argv;
const client = new Client({ servers });

function codeOf(error: unknown): string {
  if (error instanceof GearError) return error.code;
  throw error;
}

async function updates(): Promise<string> {
  const job = await client.submit("f", "x");
  let last = "";
  for await (const update of job.updates()) last = update.kind;
  return last;
}

/** Listeners that throw are the program's own affair: all jobs go on, and the process hears of it. */
async function throwing(): Promise<string> {
  let throwCount = 0;
  process.on("uncaughtException", () => {
    throwCount += 1;
  });
  const fail = (): never => {
    throw new Error("of a listener");
  };
  const told = new Client({ servers, onEvent: fail });
  const results = await Promise.all(["x", "y"].map((workload) => told.run("told", workload, { onUpdate: fail })));
  await new Promise((resolve) => setImmediate(resolve));
  return `${results.length} jobs, ${throwCount} throws`;
}

async function leftMap(): Promise<string> {
  for await (const result of client.map("f", ["1", "2", "3"])) return new TextDecoder().decode(result);
  return "";
}

const PLAYS: Readonly<Record<string, () => Promise<string>>> = {
  unused: async () => "unused",
  run: async () => new TextDecoder().decode(await client.run("f", "x")),
  background: () => client.submitBackground("f", "x"),
  status: async () => String((await client.status("H:1")).isKnown),
  updates,
  throwing,
  leftMap,
  aborted: () => client.run("never", "x", { signal: AbortSignal.timeout(20) }).then(String, codeOf),
  timedOut: () => client.run("never", "x", { timeoutMs: 20 }).then(String, codeOf),
  closed: async () => {
    const end = client.run("never", "x").then(String, codeOf);
    await client.close();
    return end;
  },
  idleThenClosed: async () => {
    await client.run("f", "x");
    await new Promise((resolve) => setImmediate(resolve));
    await client.close();
    return "closed";
  },
  noServer: () => new Client({ servers, serverWaitMs: 100 }).run("f").then(String, codeOf),
  twice: async () => {
    await client.run("f", "x");
    await new Promise((resolve) => setTimeout(resolve, 20));
    return new TextDecoder().decode(await client.run("late", "y"));
  },
};

console.log(await PLAYS[play]?.());
