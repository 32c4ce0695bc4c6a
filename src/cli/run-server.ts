/** Runs a job server as the whole purpose of this process: pid file, signals, log, exit status. */
import { GearError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import type { Log } from "../base/log.ts";
import { startJobServer } from "../server/job-server.ts";
import type { JobServer, ServerOptions, StopMode } from "../server/server-options.ts";
import { failureSentence } from "./failure.ts";
import { type PidFile, writePidFile } from "./pid-file.ts";

/** Pending connections that Bun asks of the system, whatever it is told. */
const BUN_BACKLOG = 512;

/** How a server is run. */
export interface RunOptions {
  readonly server: ServerOptions;
  /** Undefined: none. */
  readonly pidFile: string | undefined;
  /** True: a pid file that cannot be written is no reason not to start. */
  readonly isPidFileOptional: boolean;
  /** Called once the server listens, before anything else happens; if it throws, the server stops. */
  onListening(server: JobServer): void | Promise<void>;
  /** What each signal does; signals that are not named keep their meaning to the system. */
  readonly signals: Readonly<Partial<Record<"SIGTERM" | "SIGINT" | "SIGUSR1" | "SIGHUP", SignalAction>>>;
  /** Called by the action `reload`, after the log was opened again. */
  onReload?(): void;
}

/**
 * `stop`: at once. `graceful`: jobs in hand may end; `drain`: all jobs may; the second signal of these stops at once.
 * `reload`: the log, then settings.
 */
type SignalAction = "stop" | "graceful" | "drain" | "reload";

/**
 * Starts the server and returns when it has ended.
 *
 * Throws whatever kept it from starting; then nothing is left behind. Ends the process with status 1 when something of
 * ours is broken afterwards.
 */
export async function runServer(options: RunOptions): Promise<void> {
  const { log } = options.server;
  process.once("uncaughtException", (error) => crash(log, error));
  process.once("unhandledRejection", (error) => crash(log, error));
  const stopper = listenToSignals(options);
  const pidFile = preparePidFile(options);
  try {
    const server = await startJobServer(options.server);
    stopper.take(server);
    noteBacklog(options.server);
    await announce(options, server);
    await server.ended;
  } catch (error) {
    pidFile?.restore();
    throw error;
  }
  pidFile?.remove();
  log.write("NOTICE", "the server has ended");
}

/** Says once that Bun does not take the backlog that was asked for. */
function noteBacklog({ backlog, log }: ServerOptions): void {
  const isAsked = backlog > BUN_BACKLOG && backlog !== LIMITS.backlog;
  if (!isAsked || process.versions["bun"] === undefined) return;
  log.announce("WARNING", "Bun listens with a backlog of 512; GEARWRIGHT_RUNTIME=node gives what is asked", {
    asked: backlog,
  });
}

async function announce(options: RunOptions, server: JobServer): Promise<void> {
  try {
    await options.onListening(server);
  } catch (error) {
    await server.stop("now");
    throw error;
  }
}

function preparePidFile(options: RunOptions): PidFile | undefined {
  if (options.pidFile === undefined) return undefined;
  try {
    return writePidFile(options.pidFile);
  } catch (error) {
    if (!options.isPidFileOptional) throw error;
    options.server.log.write("INFO", failureSentence(error));
    return undefined;
  }
}

/** Hears signals from now on; what asks for an end before there is a server is done as soon as there is one. */
function listenToSignals(options: RunOptions): { take(server: JobServer): void } {
  const { log } = options.server;
  let server: JobServer | undefined;
  let mode: StopMode | undefined;
  const stop = () => {
    if (mode !== undefined) server?.stop(mode).catch((error: unknown) => crash(log, error));
  };
  for (const [signal, action] of Object.entries(options.signals)) {
    process.on(signal, () => {
      log.write("NOTICE", "a signal came", { signal, action });
      if (action === "reload") {
        log.reopen();
        options.onReload?.();
        return;
      }
      mode = action === "stop" || mode !== undefined ? "now" : action;
      stop();
    });
  }
  return {
    take: (started) => {
      server = started;
      stop();
    },
  };
}

function crash(log: Log, error: unknown): void {
  const stack = error instanceof Error && !(error instanceof GearError) ? error.stack : undefined;
  log.announce("FATAL", `the server ends because of a fault of its own: ${failureSentence(error)}`, { stack });
  const end = () => process.exit(1);
  log.close().then(end, end);
}
