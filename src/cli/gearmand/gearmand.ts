/** `gearwright gearmand`: the job server with the command line of gearmand, so that an init script only changes its binary. */
import { resolve } from "node:path";
import { systemClock } from "../../base/clock.ts";
import { LIMITS } from "../../base/limits.ts";
import { isLoopback, showListenAddress } from "../../base/listen-address.ts";
import { Log } from "../../base/log.ts";
import { fileSink, type LogSink, noneSink, stderrSink, syslogSink, teeSink } from "../../base/log-sink.ts";
import type { JobServer, ServerOptions } from "../../server/server-options.ts";
import { failureSentence } from "../failure.ts";
import { runServer } from "../run-server.ts";
import { complain, say } from "../terminal.ts";
import { runtimeName } from "../version.ts";
import { gearmandAddresses, gearmandHttpAddress } from "./addresses.ts";
import { isDetached, startDetached, tellStarter } from "./detach.ts";
import { GEARMAND_FLAGS } from "./flags.ts";
import { limitsFromEnvironment } from "./own-limits.ts";
import { type GearmandSettings, type GearmandVersion, resolveGearmand } from "./resolve.ts";
import { gearmandHelp, gearmandVersion, gearmandVersionLine } from "./texts.ts";
import { becomeUser, findUser, type User } from "./user.ts";

/** Runs the command; returns the exit status. */
export async function gearmand(args: readonly string[]): Promise<number> {
  const { settings, mistakes } = resolveGearmand(args, process.env);
  if (settings === undefined) return refuse(mistakes);
  const { flags } = settings;
  if (flags.has("help")) say(gearmandHelp());
  if (flags.has("version")) say(gearmandVersionLine(settings.version));
  if (flags.has("help") || flags.has("version") || flags.has("check-args")) return 0;
  const { limits, mistakes: limitMistakes } = limitsFromEnvironment(process.env);
  if (limits === undefined) return refuse(limitMistakes);
  if (flags.has("daemon") && !isDetached()) {
    await startDetached();
    return 0;
  }
  try {
    await run(settings, limits);
    return 0;
  } catch (error) {
    if (!isDetached()) throw error;
    tellStarter(failureSentence(error));
    return 1;
  }
}

function refuse(mistakes: readonly string[]): number {
  for (const mistake of mistakes) complain(mistake);
  return 1;
}

async function run(settings: GearmandSettings, limits: Parameters<typeof serverOptions>[2]): Promise<void> {
  const user = userOf(settings);
  const log = openLog(settings);
  const pidFile = resolve(settings.flags.get("pid-file") ?? GEARMAND_FLAGS["pid-file"].default);
  // A background process keeps no folder busy; every path was made absolute before.
  if (isDetached()) process.chdir("/");
  try {
    await runServer({
      server: await serverOptions(settings, log, limits),
      pidFile,
      isPidFileOptional: !settings.flags.has("pid-file"),
      onListening: (server) => {
        if (user !== undefined) becomeUser(user);
        noteStart(settings, server, log);
        if (isDetached()) tellStarter(undefined);
      },
      signals: { SIGTERM: "stop", SIGINT: "stop", SIGUSR1: "drain", SIGHUP: "reload" },
    });
  } finally {
    await log.close();
  }
}

function userOf({ flags }: GearmandSettings): User | undefined {
  const name = flags.get("user");
  if (name === undefined) return undefined;
  // gearmand, too, only changes the user when it is root.
  return process.getuid?.() === 0 ? findUser(name) : undefined;
}

function openLog(settings: GearmandSettings): Log {
  const file = openFile(settings.flags.get("log-file"));
  const sink = settings.flags.has("syslog") ? teeSink([file, syslogSink("gearmand")]) : file;
  return new Log({ level: settings.level, format: "text", sink, clock: systemClock });
}

/** As in gearmand, a log file that cannot be opened is replaced by standard error. */
function openFile(given: string | undefined): LogSink {
  if (given === "stderr") return stderrSink();
  if (given === "none") return noneSink;
  const path = resolve(given ?? GEARMAND_FLAGS["log-file"].default);
  try {
    return fileSink(path);
  } catch (error) {
    if (given !== undefined) {
      complain(`the log file ${path} cannot be opened, the log goes to standard error: ${failureSentence(error)}`);
    }
    return stderrSink();
  }
}

async function serverOptions(
  settings: GearmandSettings,
  log: Log,
  limits: Pick<ServerOptions, "bodyBytesMax" | "bufferBytesMax" | "memoryBytesMax" | "idleMs">,
): Promise<ServerOptions> {
  const { flags, version, httpPort, backlog } = settings;
  const host = flags.get("listen");
  return {
    ...limits,
    listen: await gearmandAddresses(host, settings.port),
    // listen(2) takes a negative number as the largest.
    backlog: backlog === undefined || backlog < 0 ? LIMITS.backlog : backlog,
    httpListen: httpPort === undefined ? undefined : gearmandHttpAddress(host, httpPort),
    isHttpStatusReal: flags.has("http-real-status"),
    priorityScope: version === "1.1" ? "function" : "worker",
    isRoundRobin: version === "2.0" || flags.has("round-robin"),
    retriesMax: settings.retriesMax,
    wakeupsPerJob: settings.wakeupsPerJob,
    hasExceptions: flags.has("exceptions"),
    handlePrefix: flags.get("job-handle-prefix"),
    versionText: gearmandVersion(version),
    verboseText: settings.level,
    graceMs: Number.POSITIVE_INFINITY,
    clock: systemClock,
    log,
  };
}

/** Logs how the server came up, whatever its level is where an operator must not miss it. */
function noteStart(settings: GearmandSettings, server: JobServer, log: Log): void {
  const addresses = server.addresses.map(showListenAddress).join(" ");
  const http = server.httpAddress === undefined ? undefined : showListenAddress(server.httpAddress);
  log.write("INFO", "listening", { addresses, http, runtime: runtimeName(), pid: process.pid, as: settings.version });
  if (!server.addresses.every(isLoopback)) {
    log.announce("WARNING", "other machines may connect, and there are no accounts; -L 127.0.0.1 keeps them out", {
      addresses,
    });
  }
  const retries = settings.flags.get("job-retries");
  if (retries !== undefined && Number(retries) === 0) log.announce("NOTICE", retriesZero(settings.version));
}

function retriesZero(version: GearmandVersion): string {
  return version === "2.0"
    ? "-j 0 means, as in gearmand 2.0: a job fails when the first worker is lost with it; gearmand 1.1 had no limit (--as 1.1)"
    : "-j 0 means, as in gearmand 1.1: a job may be lost with any number of workers; in gearmand 2.0 it fails at the first (--as 2.0)";
}
