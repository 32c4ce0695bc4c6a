/** `gearwright work`: a worker that runs a command for each job. */
import { Worker } from "../worker/worker.ts";
import type { WorkerEvent } from "../worker/worker-options.ts";
import { shownText } from "./columns.ts";
import { type CommandForm, EXIT, SERVER_FLAG } from "./command-form.ts";
import { type Given, runForm } from "./command-line.ts";
import { failureSentence } from "./failure.ts";
import { JobCommand } from "./job-command.ts";
import { complain } from "./terminal.ts";

/** The table of the command. */
export const WORK_FORM = {
  name: "work",
  words: "FUNCTION -- COMMAND [ARG]...",
  wordCount: [1, 1],
  hasCommand: true,
  about: [
    "Takes the jobs of a function from all job servers at once and runs COMMAND for each: the workload is its standard input, and what it writes to standard output is the result, sent when it ends, as it is.",
    "Exit status 0 is WORK_COMPLETE; any other, an end by a signal, and a result over 64 MiB (the command is killed) are WORK_FAIL. Each line on standard error is WORK_WARNING and is also shown here; one over 64 KiB becomes several.",
    "The command finds GEARWRIGHT_FUNCTION, GEARWRIGHT_HANDLE and GEARWRIGHT_UNIQUE in its environment. It is not started by a shell; for one, write -- sh -c '...'.",
    "A server that cannot be reached is tried again until it can be. When a server is lost, when a job's time is over, and when --grace is over, the command and its children get SIGTERM, and SIGKILL 3 s later.",
    "SIGTERM, SIGINT and SIGHUP: no new jobs, those in hand may end; a second one, from half a second later on, kills their commands and ends at once. (After a SIGKILL, which no program hears, commands in hand go on by themselves.)",
  ],
  flags: {
    concurrency: { kind: "count", default: "1", range: ["1", "10000"], help: "Jobs in hand at once." },
    timeout: {
      kind: "duration",
      range: ["1s", "576h"],
      help: "How long a job may take; then the server gives it to another worker. Default: for ever.",
    },
    grace: {
      kind: "duration",
      range: ["0s", "576h"],
      help: "How long jobs in hand may take after a signal. Default: as long as they need.",
    },
    "client-id": {
      kind: "word",
      range: ["1", "127"],
      help: "What `gearwright workers` shows. Default: process id and host.",
    },
    server: SERVER_FLAG,
  },
  exits: [
    [EXIT.done, "after a signal, when the jobs in hand were over"],
    [EXIT.mistake, "a mistake in the command line, or the command cannot be started"],
    [130, "after a second SIGINT; 143 after a second SIGTERM, 129 after a second SIGHUP"],
  ],
} as const satisfies CommandForm;

/** As long as a timer can wait, ms. */
const FOR_EVER_MS = 2 ** 31 - 1;

/** Runs the command; returns the exit status. */
export function work(args: readonly string[]): Promise<number> {
  return runForm(WORK_FORM, args, runWorker);
}

async function runWorker({ flags, words, command }: Given<(typeof WORK_FORM)["flags"]>): Promise<number> {
  const [name = ""] = words;
  const stopping = new AbortController();
  let status: number = EXIT.done;
  const jobCommand = new JobCommand(command, () => {
    status = EXIT.mistake;
    stopping.abort();
  });
  const problem = jobCommand.problem();
  if (problem !== undefined) {
    complain(`the command cannot be started: ${problem}`);
    return EXIT.mistake;
  }
  const { timeout, "client-id": clientId } = flags;
  const worker = new Worker({
    servers: flags.server,
    concurrency: flags.concurrency,
    drainMs: flags.grace ?? FOR_EVER_MS,
    onEvent: eventTeller(name),
    ...(clientId !== undefined && { clientId }),
  });
  worker.can(name, (job) => jobCommand.run(job), timeout === undefined ? {} : { timeoutMs: timeout });
  listenToSignals(jobCommand, stopping);
  await worker.run({ signal: stopping.signal });
  return status;
}

const SIGNALS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;

/** One stop may come twice: programs such as `timeout` signal a process and then its group. */
const SAME_STOP_MS = 500;

/** The first signal stops, a second one ends at once. No command outlives this process. */
function listenToSignals(jobCommand: JobCommand, stopping: AbortController): void {
  process.on("exit", () => jobCommand.kill("SIGKILL"));
  let stoppedAtMs = 0;
  for (const [signal, number] of Object.entries(SIGNALS)) {
    process.on(signal, () => {
      if (stopping.signal.aborted) {
        if (performance.now() - stoppedAtMs >= SAME_STOP_MS) process.exit(128 + number);
        return;
      }
      stoppedAtMs = performance.now();
      const inHand = jobCommand.count === 1 ? "1 job in hand ends" : `${jobCommand.count} jobs in hand end`;
      if (jobCommand.count > 0) complain(`stops when ${inHand}; a second signal ends at once`);
      stopping.abort();
    });
  }
}

/** Tells of lost and regained servers, once for each change, and of jobs that failed. */
function eventTeller(functionName: string): (event: WorkerEvent) => void {
  const states = new Map<string, string>();
  return (event) => {
    if (event.kind === "failed") {
      complain(shownText(`${event.handle} at ${event.server}: ${failureSentence(event.error)}`));
      return;
    }
    const before = states.get(event.server);
    states.set(event.server, event.kind);
    if (before === event.kind) return;
    if (event.kind === "connected") {
      const again = before === undefined ? "" : " again";
      complain(shownText(`waits for jobs of ${functionName}${again} at ${event.server}`));
    } else if (event.error.code !== "CLOSED") {
      complain(shownText(`${failureSentence(event.error)}; it is tried again until it can be reached`));
    }
  };
}
