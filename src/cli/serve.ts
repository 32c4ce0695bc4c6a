/** `gearwright serve`: the job server with settings of its own. */
import { isIP } from "node:net";
import { systemClock } from "../base/clock.ts";
import { isLoopback, type ListenAddress, showListenAddress } from "../base/listen-address.ts";
import { Log } from "../base/log.ts";
import type { JobServer, ServerOptions } from "../server/server-options.ts";
import { describeFlags } from "../settings/describe.ts";
import { readSettings, type SettingsInput } from "../settings/read-settings.ts";
import { listenAddresses, quarterOfMemoryBytes } from "../settings/rules.ts";
import { showMistake } from "../settings/setting.ts";
import { SETTING_NAMES, SETTINGS, type Settings } from "../settings/table.ts";
import { hostAddresses } from "./host-addresses.ts";
import { openSink } from "./open-log.ts";
import { runServer } from "./run-server.ts";
import { complain, say } from "./terminal.ts";
import { packageVersion, runtimeName } from "./version.ts";

/** What `gearwright help serve` and `gearwright serve --help` print. */
export function serveHelp(): string {
  return `Usage: gearwright serve [FLAG]...

Runs the job server. Each setting may also stand in the environment (--body-max
is GEARWRIGHT_BODY_MAX) or in the TOML file of --config (body-max = "64MiB"); a
flag wins over the environment, the environment over the file.

${describeFlags()}

SIGTERM, SIGINT and SIGUSR1: no new jobs, the jobs in hand may end for --grace;
a second one stops it at once.
SIGHUP: opens the log again and reloads --verbose.
Exit status: 0 after an end that was asked for, 1 after a mistake or a failure.`;
}

/** Runs the command; returns the exit status. */
export async function serve(args: readonly string[]): Promise<number> {
  if (args.includes("--help") || args.includes("-h")) {
    say(serveHelp());
    return 0;
  }
  const input: SettingsInput = { args, environment: process.env };
  const { settings, mistakes } = readSettings(input);
  if (settings === undefined) {
    for (const mistake of mistakes) complain(showMistake(mistake));
    return 1;
  }
  if (settings.isCheck) {
    say("The settings are good.");
    return 0;
  }
  await runWith(settings, input);
  return 0;
}

async function runWith(settings: Settings, input: SettingsInput): Promise<void> {
  const log = openLog(settings);
  try {
    await runServer({
      server: await serverOptions(settings, log),
      pidFile: settings.pidFile,
      isPidFileOptional: false,
      onListening: (server) => greet(server, settings, log),
      signals: { SIGTERM: "graceful", SIGINT: "graceful", SIGUSR1: "graceful", SIGHUP: "reload" },
      onReload: () => reload(settings, input, log),
    });
  } finally {
    await log.close();
  }
}

function openLog(settings: Settings): Log {
  const isForPeople = settings.logFile === "stderr" && process.stderr.isTTY;
  return new Log({
    level: settings.verbose,
    format: settings.logFormat ?? (isForPeople ? "text" : "json"),
    sink: openSink(settings.logFile),
    clock: systemClock,
  });
}

async function serverOptions(settings: Settings, log: Log): Promise<ServerOptions> {
  const addresses = listenAddresses(settings).map((address) =>
    address.kind === "tcp" && isIP(address.host) === 0 ? hostAddresses(address.host, address.port) : [address],
  );
  return {
    listen: (await Promise.all(addresses)).flat(),
    backlog: settings.backlog,
    httpListen: undefined,
    bodyBytesMax: settings.bodyBytesMax,
    bufferBytesMax: settings.bufferBytesMax,
    memoryBytesMax: settings.memoryBytesMax ?? quarterOfMemoryBytes(),
    idleMs: settings.idleMs,
    priorityScope: settings.priorityScope,
    isRoundRobin: true,
    retriesMax: settings.retriesMax,
    wakeupsPerJob: settings.wakeupsPerJob,
    hasExceptions: settings.hasExceptions,
    handlePrefix: settings.handlePrefix,
    versionText: packageVersion(),
    get verboseText() {
      return log.level;
    },
    graceMs: settings.graceMs,
    clock: systemClock,
    log,
  };
}

/** Says where the server listens and what to try. */
function greet(server: JobServer, settings: Settings, log: Log): void {
  const places = server.addresses.map(showListenAddress);
  if (settings.isInsecure && !server.addresses.every(isLoopback)) {
    log.write("WARNING", "other machines may connect, and there are no accounts", { addresses: places.join(" ") });
  }
  log.write("INFO", "listening", { addresses: places.join(" "), runtime: runtimeName(), pid: process.pid });
  say(
    `Gearwright ${packageVersion()} on ${runtimeName()} listens on ${places.join(" and ")} (jobs are kept in memory).`,
  );
  const example = server.addresses.find((address) => address.kind === "tcp");
  if (example !== undefined) say(advice(example));
}

function advice(address: Extract<ListenAddress, { readonly kind: "tcp" }>): string {
  const anywhere: Readonly<Record<string, string>> = { "0.0.0.0": "127.0.0.1", "::": "::1" };
  const where = `-h ${anywhere[address.host] ?? address.host} -p ${address.port}`;
  return `Try: gearman ${where} -w -f up -- tr a-z A-Z &  and then: echo hello | gearman ${where} -f up`;
}

/** Takes the new values of what can change while the server runs; with a mistake anywhere everything stays as it is. */
function reload(settings: Settings, input: SettingsInput, log: Log): void {
  const outcome = readSettings(input);
  if (outcome.settings === undefined) {
    for (const mistake of outcome.mistakes) log.write("ERROR", `not reloaded: ${showMistake(mistake)}`);
    return;
  }
  log.setLevel(outcome.settings.verbose);
  const waiting = restartsNeeded(settings, outcome.settings);
  if (waiting.length > 0) log.write("WARNING", "some new settings need a restart", { settings: waiting.join(" ") });
  log.write("NOTICE", "settings reloaded", { verbose: log.level });
}

function restartsNeeded(before: Settings, after: Settings): readonly string[] {
  return SETTING_NAMES.filter(
    (name) => !SETTINGS[name].isReloadable && JSON.stringify(before[name]) !== JSON.stringify(after[name]),
  ).map((name) => SETTINGS[name].flag);
}
