/** `gearwright submit`: submits jobs and prints their results. */
import { isatty } from "node:tty";
import { wireName } from "../base/job-function.ts";
import { LIMITS } from "../base/limits.ts";
import { Client } from "../client/client.ts";
import { type CommandForm, EXIT, SERVER_FLAG } from "./command-form.ts";
import { type Given, runForm } from "./command-line.ts";
import { complainOf, outcomeJson, statusOf } from "./job-outcome.ts";
import { JobSubmitter, type JobWish } from "./job-submitter.ts";
import { OutputClosed, readInput, writeOut } from "./output.ts";
import { submitLines } from "./submit-lines.ts";
import { complain } from "./terminal.ts";

/** The table of the command. */
export const SUBMIT_FORM = {
  name: "submit",
  words: "FUNCTION [DATA|-]",
  wordCount: [1, 2],
  about: [
    "Submits a job to the first job server that can be reached, and prints its result as it comes. The workload is DATA, or standard input where DATA is - or not given (at a terminal, no DATA is an empty workload).",
    "Warnings of the worker go to standard error; so does a bar of how far the job is, where standard error is a terminal.",
    "With --split-lines each line of standard input is a job. Their results come in the order of the lines, each with a newline behind it; a failed job has an empty line there, and the others go on; the exit status is that of the first one. When no server can be reached or the connection is lost, nothing more is submitted, standard error says from which line on, and the exit status is 3. At most 64 MiB of lines are in flight, and at most 64 MiB per result are held.",
    "A foreground job whose server is lost is submitted again where another server can be reached, unless a part of its result was printed already.",
    "With --json a line per job is printed, an object with handle, server, and result (text), resultBase64 (a result that is not UTF-8), or error and reason; here too at most 64 MiB per result are held.",
  ],
  flags: {
    background: {
      kind: "switch",
      help: "Prints the job's handle as soon as a server has it, and does not wait for the result.",
    },
    high: { kind: "switch", help: "Before the jobs of normal priority." },
    low: { kind: "switch", help: "After the jobs of normal priority." },
    unique: {
      kind: "text",
      range: ["1", "64"],
      help: "A job of the same function and unique that a server holds already is joined instead; - stands for the workload.",
    },
    at: {
      kind: "when",
      help: "A background job for later: +10m, 2026-12-31T18:00 (of this machine's time zone, or with Z or +01:00 behind it) or @ and seconds since 1970.",
    },
    reducer: {
      kind: "text",
      placeholder: "NAME",
      range: ["1", "64"],
      help: "Names the function that puts the parts of the result together (SUBMIT_REDUCE_JOB).",
    },
    "split-lines": { kind: "switch", help: "Each line of standard input is a job of its own." },
    "in-flight": { kind: "count", default: "64", range: ["1", "10000"], help: "Jobs of --split-lines at once." },
    timeout: {
      kind: "duration",
      range: ["1ms", "576h"],
      help: "How long a job may take; with --background, how long a server may take to accept it. Default: for ever.",
    },
    wait: {
      kind: "duration",
      default: "0s",
      range: ["0s", "576h"],
      help: "How long to wait while no server can be reached.",
    },
    server: SERVER_FLAG,
    json: { kind: "switch", help: "Prints for programs: an object per job and line." },
  },
  exits: [
    [EXIT.done, "the job is done, or with --background taken; or standard output was closed"],
    [EXIT.mistake, "a mistake in the command line, the server refused the job, or another error"],
    [EXIT.jobFailed, "the job failed or ended with an exception; standard error says which"],
    [EXIT.noServer, "no server could be reached, or the connection was lost"],
    [EXIT.timedOut, "the job was not over within --timeout"],
  ],
} as const satisfies CommandForm;

type SubmitGiven = Given<(typeof SUBMIT_FORM)["flags"]>;

/** Runs the command; returns the exit status. */
export function submit(args: readonly string[]): Promise<number> {
  return runForm(SUBMIT_FORM, args, async (given) => {
    const mistake = mistakeIn(given);
    if (mistake !== undefined) {
      complain(mistake);
      return EXIT.mistake;
    }
    try {
      return await submitAll(given);
    } catch (error) {
      if (error instanceof OutputClosed) return EXIT.done;
      complainOf({ error, handle: undefined, server: undefined, result: undefined });
      return statusOf(error);
    }
  });
}

/** What does not go together, as `where: what; fix`. */
function mistakeIn({ flags, words }: SubmitGiven): string | undefined {
  const isLines = flags["split-lines"];
  if (flags.high && flags.low) return "--low: it does not go with --high; write one of them";
  const priority = flags.high ? "--high" : "--low";
  for (const flag of ["at", "reducer"] as const) {
    if (flags[flag] !== undefined && (flags.high || flags.low)) {
      return `--${flag}: it does not go with ${priority}; leave one of them out`;
    }
  }
  if (flags.at !== undefined && flags.reducer !== undefined)
    return "--at: it does not go with --reducer; leave one out";
  if (isLines && flags.unique !== undefined && flags.unique !== "-") {
    return "--unique: with --split-lines all lines would be one job; write --unique - and each line is its own unique";
  }
  if (isLines && words[1] !== undefined && words[1] !== "-") {
    return `"${words[1]}": --split-lines reads standard input; leave it out, or write -`;
  }
  return undefined;
}

async function submitAll(given: SubmitGiven): Promise<number> {
  const { flags, words } = given;
  const [name = "", word] = words;
  const isLines = flags["split-lines"];
  // A name that cannot be sent would be refused again with every line.
  wireName(name, "a function's name");
  await using client = new Client({
    servers: flags.server,
    serverWaitMs: flags.wait,
    // Where results are held whole, nobody reads the updates one by one.
    updateBytesMax: isLines || flags.json ? 1 : LIMITS.bodyBytesMax,
  });
  const submitter = new JobSubmitter(client, wishOf(name, given));
  if (isLines) {
    const submitLine = (workload: Uint8Array) => submitter.whole(workload);
    return await submitLines({ submit: submitLine, inFlightMax: flags["in-flight"], isJson: flags.json });
  }
  const workload = await workloadOf(word);
  if (!flags.json && !submitter.isBackground) return await submitter.stream(workload);
  const outcome = await submitter.whole(workload);
  complainOf(outcome);
  if (flags.json) await writeOut(Buffer.from(`${outcomeJson(outcome)}\n`));
  else if (outcome.error === undefined) await writeOut(Buffer.from(`${outcome.handle}\n`));
  return statusOf(outcome.error);
}

async function workloadOf(word: string | undefined): Promise<Uint8Array> {
  if (word !== undefined && word !== "-") return Buffer.from(word);
  return word === undefined && isatty(0) ? new Uint8Array(0) : await readInput();
}

function wishOf(name: string, { flags }: SubmitGiven): JobWish {
  const { unique, reducer, timeout, at } = flags;
  return {
    name,
    isBackground: flags.background || at !== undefined,
    isLine: flags["split-lines"],
    options: {
      ...(flags.high && { priority: "high" }),
      ...(flags.low && { priority: "low" }),
      ...(unique !== undefined && { unique }),
      ...(reducer !== undefined && { reducer }),
      ...(timeout !== undefined && { timeoutMs: timeout }),
    },
    at,
  };
}
