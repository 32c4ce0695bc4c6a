/** Makes settings of gearmand's flags: defaults, the configuration file, GEARMAND_PORT, and what the chosen version means by them. */
import { readFileSync } from "node:fs";
import { parsePort } from "../../base/listen-address.ts";
import { LOG_LEVELS, type LogLevel } from "../../base/log.ts";
import { GEARMAND_FLAGS, type GearmandFlagName } from "./flags.ts";
import { type GivenFlags, parseGearmandFlags } from "./parser.ts";

/** Which gearmand to follow where the two differ. */
export type GearmandVersion = "1.1" | "2.0";

/** A gearmand command line, understood. */
export interface GearmandSettings {
  readonly version: GearmandVersion;
  /** Switches and words that were given, for what needs no reading. */
  readonly flags: GivenFlags;
  readonly port: number;
  /** Undefined: gearmand's HTTP module is off. */
  readonly httpPort: number | undefined;
  readonly level: LogLevel;
  /** How many times a job may be taken back from a worker before it fails; Infinity: no limit. */
  readonly retriesMax: number;
  /** 1 to 255. */
  readonly wakeupsPerJob: number;
  /** Undefined: not given. */
  readonly backlog: number | undefined;
}

/** The settings, or one sentence for each mistake; never both. */
export type GearmandOutcome =
  | { readonly settings: GearmandSettings; readonly mistakes: readonly [] }
  | { readonly settings: undefined; readonly mistakes: readonly string[] };

const STORES: Readonly<Record<string, string>> = {
  libsqlite3: "SQLite",
  mysql: "MySQL",
  libdrizzle: "MySQL",
  postgres: "PostgreSQL",
  redis: "Redis",
  libmemcached: "memcached",
  libtokyocabinet: "SQLite",
};

/** Reads flags, the configuration file that they name, and GEARMAND_PORT. Never throws. */
export function resolveGearmand(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): GearmandOutcome {
  const line = parseGearmandFlags(args, "strict");
  const file = readConfig(line.flags.get("config-file"));
  const flags: GivenFlags = new Map([...file.flags, ...line.flags]);
  const mistakes = [...line.mistakes, ...file.mistakes];
  if (mistakes.length > 0) return { settings: undefined, mistakes };
  const settings = settingsOf(flags, environment, mistakes);
  return mistakes.length === 0 ? { settings, mistakes: [] } : { settings: undefined, mistakes };
}

function readConfig(path: string | undefined): ReturnType<typeof parseGearmandFlags> {
  try {
    const text = readFileSync(path ?? GEARMAND_FLAGS["config-file"].default, "utf8");
    const words = text.split(/\s+/).filter((word) => word !== "");
    const { flags, mistakes } = parseGearmandFlags(words, "lenient");
    return { flags, mistakes: mistakes.map((mistake) => `in the configuration file: ${mistake}`) };
  } catch {
    const mistakes = path === undefined ? [] : [`the configuration file ${path} could not be opened`];
    return { flags: new Map(), mistakes };
  }
}

function settingsOf(
  flags: GivenFlags,
  environment: Readonly<Record<string, string | undefined>>,
  mistakes: string[],
): GearmandSettings {
  const asked = flags.get("as") ?? "2.0";
  const version = /^(1\.1|2\.0)(?:[.-].*)?$/.exec(asked)?.[1];
  if (version === undefined) mistakes.push(`--as is 1.1 or 2.0, not '${asked}'`);
  checkWords(flags, mistakes);
  const given = wordOf(flags, "port");
  const port = given === GEARMAND_FLAGS.port.default ? environment["GEARMAND_PORT"] || given : given;
  const known = version === "1.1" ? "1.1" : "2.0";
  return {
    version: known,
    flags,
    port: portOf(port, port === given ? "--port" : "GEARMAND_PORT", mistakes),
    httpPort: flags.has("protocol") ? portOf(wordOf(flags, "http-port"), "--http-port", mistakes) : undefined,
    level: levelOf(wordOf(flags, "verbose"), mistakes),
    retriesMax: retriesOf(flags.get("job-retries"), known, mistakes),
    wakeupsPerJob: lowByte(Number(wordOf(flags, "worker-wakeup"))) || 1,
    backlog: flags.has("backlog") ? Number(flags.get("backlog")) : undefined,
  };
}

function wordOf(flags: GivenFlags, name: GearmandFlagName): string {
  const row = GEARMAND_FLAGS[name];
  return flags.get(name) ?? ("default" in row ? row.default : "");
}

function checkWords(flags: GivenFlags, mistakes: string[]): void {
  const queue = wordOf(flags, "queue-type");
  if (queue.toLowerCase() !== "builtin") {
    const store = STORES[queue.toLowerCase()];
    mistakes.push(
      store === undefined
        ? `--queue-type: there is no queue type '${queue}'; write builtin`
        : `--queue-type ${queue} is not possible yet: a store on ${store} comes with a later version; write builtin, which keeps jobs in memory`,
    );
  }
  const protocol = flags.get("protocol");
  if (protocol !== undefined && protocol !== "http") mistakes.push(`--protocol: there is no '${protocol}'; write http`);
  if (flags.has("ssl")) mistakes.push("--ssl is not possible yet: TLS comes with a later version");
  if (wordOf(flags, "hashtable-buckets") === "0") mistakes.push("hashtable-buckets has to be greater than 0");
  const prefix = flags.get("job-handle-prefix");
  if (prefix !== undefined && (prefix === "" || Buffer.byteLength(prefix) > 46 || /[\s\p{Cc}]/u.test(prefix))) {
    mistakes.push("--job-handle-prefix must have 1 to 46 bytes and no blanks");
  }
}

function portOf(text: string, where: string, mistakes: string[]): number {
  const port = parsePort(text);
  if (port === undefined) mistakes.push(`${where}: '${text}' is not a port, which is a number from 0 to 65535`);
  return port ?? 0;
}

function levelOf(text: string, mistakes: string[]): LogLevel {
  const level = LOG_LEVELS.find((one) => one === text);
  if (level === undefined) mistakes.push(`Invalid value for --verbose supplied: write one of ${LOG_LEVELS.join(", ")}`);
  return level ?? "ERROR";
}

function retriesOf(text: string | undefined, version: GearmandVersion, mistakes: string[]): number {
  if (text === undefined) return Number.POSITIVE_INFINITY;
  const count = Number(text);
  if (version === "1.1") return lowByte(count) || Number.POSITIVE_INFINITY;
  if (count < -1 || count > 255) mistakes.push(`--job-retries is -1 to 255, not ${text}`);
  // In 2.0 both 0 and 1 give a job out once.
  return count < 0 ? Number.POSITIVE_INFINITY : Math.max(1, count);
}

/** gearmand keeps some numbers in eight bits: 256 is 0, -1 is 255. */
function lowByte(count: number): number {
  return ((count % 256) + 256) % 256;
}
