/** The command line: finds the command and runs it. */
import { nearestName } from "../settings/nearest-name.ts";
import type { CommandForm } from "./command-form.ts";
import { failureSentence } from "./failure.ts";
import { complain, say } from "./terminal.ts";
import { packageVersion, runtimeName } from "./version.ts";

interface Command {
  /** One line for the list of commands. */
  readonly summary: string;
  /** Runs it with what follows its name; returns the exit status. Throws what it cannot handle. */
  run(args: readonly string[]): Promise<number>;
  /** What `gearwright help NAME` prints. */
  help(): Promise<string>;
}

// A command's module is loaded when it is wanted, because the time until the port answers counts.
const COMMANDS: Readonly<Record<string, Command>> = {
  serve: {
    summary: "runs the job server",
    run: async (args) => (await import("./serve.ts")).serve(args),
    help: async () => (await import("./serve.ts")).serveHelp(),
  },
  gearmand: {
    summary: "runs the job server with the command line of gearmand 1.1 or 2.0",
    run: async (args) => (await import("./gearmand/gearmand.ts")).gearmand(args),
    help: async () => (await import("./gearmand/texts.ts")).gearmandHelp(),
  },
  submit: {
    summary: "submits a job and prints its result",
    run: async (args) => (await import("./submit.ts")).submit(args),
    help: async () => formHelp((await import("./submit.ts")).SUBMIT_FORM),
  },
  work: {
    summary: "runs a command for each job of a function",
    run: async (args) => (await import("./work.ts")).work(args),
    help: async () => formHelp((await import("./work.ts")).WORK_FORM),
  },
  status: {
    summary: "shows functions with their jobs and workers",
    run: async (args) => (await import("./status.ts")).status(args),
    help: async () => formHelp((await import("./status.ts")).STATUS_FORM),
  },
  workers: {
    summary: "shows the connected workers",
    run: async (args) => (await import("./workers.ts")).workers(args),
    help: async () => formHelp((await import("./workers.ts")).WORKERS_FORM),
  },
  jobs: {
    summary: "shows the jobs that are held",
    run: async (args) => (await import("./jobs.ts")).jobs(args),
    help: async () => formHelp((await import("./jobs.ts")).JOBS_FORM),
  },
  shutdown: {
    summary: "asks job servers to end",
    run: async (args) => (await import("./shutdown.ts")).shutdown(args),
    help: async () => formHelp((await import("./shutdown.ts")).SHUTDOWN_FORM),
  },
};

async function formHelp(form: CommandForm): Promise<string> {
  return (await import("./command-help.ts")).commandHelp(form);
}

function mainHelp(): string {
  const rows = Object.entries(COMMANDS).map(([name, { summary }]) => `  ${name.padEnd(14)}${summary}`);
  return `Usage: gearwright COMMAND [FLAG]...

A Gearman job server, and commands that use and watch any Gearman job server.

${rows.join("\n")}
  help COMMAND  says what a command does and which flags it has

  gearwright --version  prints the version
  gearwright --help     prints this`;
}

/** The command of this name; what every object inherits, such as `constructor`, is none. */
function commandOf(name: string): Command | undefined {
  return Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
}

async function help(name: string | undefined): Promise<number> {
  const command = name === undefined ? undefined : commandOf(name);
  if (name !== undefined && command === undefined) return unknownCommand(name);
  say(command === undefined ? mainHelp() : await command.help());
  return 0;
}

function unknownCommand(name: string): number {
  const near = nearestName(name, [...Object.keys(COMMANDS), "help", "--help", "--version"]);
  complain(`there is no command ${name}; ${near === undefined ? "see gearwright --help" : `did you mean ${near}?`}`);
  return 1;
}

async function main(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined) {
    complain(`a command is missing\n\n${mainHelp()}`);
    return 1;
  }
  if (name === "--version" || name === "-V") {
    say(`gearwright ${packageVersion()} (${runtimeName()})`);
    return 0;
  }
  if (name === "--help" || name === "-h" || name === "help") return help(rest[0]);
  return commandOf(name)?.run(rest) ?? unknownCommand(name);
}

main(process.argv.slice(2)).then(
  (status) => process.exit(status),
  (error: unknown) => {
    complain(failureSentence(error));
    process.exit(1);
  },
);
