/** The one table of settings: flags, environment variables, TOML keys, `--help` and docs/configuration.md are made from it. */
import { LIMITS } from "../base/limits.ts";
import { LOG_LEVELS } from "../base/log.ts";
import type { KindValues, Setting } from "./setting.ts";
import { showDuration, showSize } from "./units.ts";

const LATER = "other values come with a later version";

/** Every setting of `gearwright serve` by the name it has in the code. */
export const SETTINGS = {
  listen: {
    flag: "--listen",
    kind: "addresses",
    default: undefined,
    defaultText: "127.0.0.1 and, where the machine has it, ::1",
    isReloadable: false,
    help: "Where to listen: host, host:port, [IPv6]:port or unix:/path. May be repeated; in the environment separated by commas. An IPv6 address never takes IPv4 connections.",
  },
  port: {
    flag: "--port",
    kind: "count",
    default: "4730",
    range: ["0", "65535"],
    isReloadable: false,
    help: "Port of every address that names none; 0 lets the system choose.",
  },
  isInsecure: {
    flag: "--insecure",
    kind: "switch",
    default: "off",
    isReloadable: false,
    help: "Allows addresses that other machines can reach, although there are no accounts yet: whoever connects may submit, run and cancel jobs.",
  },
  store: {
    flag: "--store",
    kind: "choice",
    default: "memory",
    choices: ["memory"],
    later: LATER,
    isReloadable: false,
    help: "Where background jobs are kept. memory: they are lost when the server ends.",
  },
  http: {
    flag: "--http",
    kind: "choice",
    default: "off",
    choices: ["off"],
    later: LATER,
    isReloadable: false,
    help: "Address of the HTTP interface. off: none.",
  },
  priorityScope: {
    flag: "--priority-scope",
    kind: "choice",
    default: "worker",
    choices: ["worker", "function"],
    isReloadable: false,
    help: "worker: a worker gets the highest priority of all its functions first (gearmand 2.0). function: priorities count within one function (gearmand 1.1).",
  },
  bodyBytesMax: {
    flag: "--body-max",
    kind: "size",
    default: showSize(LIMITS.bodyBytesMax),
    range: ["1KiB", "1GiB"],
    isReloadable: false,
    help: "Largest packet: workload or result together with its arguments. A larger one gets an ERROR and its connection is closed.",
  },
  bufferBytesMax: {
    flag: "--buffer-memory",
    kind: "size",
    default: showSize(LIMITS.bufferBytesMax),
    range: ["4MiB", "1TiB"],
    isReloadable: false,
    help: "What the buffers of all connections may hold together. Must have room for the largest packet.",
  },
  memoryBytesMax: {
    flag: "--memory",
    kind: "size",
    default: undefined,
    defaultText: "a quarter of the machine's or container's memory",
    range: ["1MiB", "64TiB"],
    isReloadable: false,
    help: "What queued jobs may hold in memory; beyond it submits get QUEUE_ERROR.",
  },
  idleMs: {
    flag: "--idle",
    kind: "duration",
    default: showDuration(LIMITS.idleMs),
    range: ["100ms", "24h"],
    isReloadable: false,
    help: "A connection that sends nothing for this long in the middle of a packet is closed. Between packets it may be silent for ever.",
  },
  graceMs: {
    flag: "--grace",
    kind: "duration",
    default: "30s",
    range: ["0s", "24h"],
    isReloadable: false,
    help: "How long the jobs in hand may still run after SIGTERM.",
  },
  retriesMax: {
    flag: "--job-retries",
    kind: "limit",
    default: "unlimited",
    range: ["1", "1000000"],
    isReloadable: false,
    help: "How many times a job is given to workers that are lost with it before it fails. 1: it is given once.",
  },
  wakeupsPerJob: {
    flag: "--worker-wakeup",
    kind: "count",
    default: "1",
    range: ["1", "255"],
    isReloadable: false,
    help: "How many sleeping workers are woken for each job. One is enough: another is woken when it does not come.",
  },
  hasExceptions: {
    flag: "--exceptions",
    kind: "switch",
    default: "off",
    isReloadable: false,
    help: "Every connection starts with the exceptions option, as if it had asked for it.",
  },
  handlePrefix: {
    flag: "--handle-prefix",
    kind: "text",
    default: undefined,
    defaultText: "H: and the name of the machine",
    range: ["1", "40"],
    isReloadable: false,
    help: "What every job handle begins with; a colon and a number follow.",
  },
  backlog: {
    flag: "--backlog",
    kind: "count",
    default: String(LIMITS.backlog),
    range: ["1", "65535"],
    isReloadable: false,
    help: "Connections that may wait to be accepted. Bun always asks the system for 512.",
  },
  logFile: {
    flag: "--log-file",
    kind: "path",
    default: "stderr",
    range: ["1", "4095"],
    isReloadable: false,
    help: "A file that is appended to, stderr, or none. SIGHUP opens the file again.",
  },
  logFormat: {
    flag: "--log-format",
    kind: "choice",
    default: undefined,
    defaultText: "text on a terminal, else json",
    choices: ["json", "text"],
    isReloadable: false,
    help: "json: one object per line. text: for people.",
  },
  verbose: {
    flag: "--verbose",
    kind: "level",
    default: "NOTICE",
    choices: LOG_LEVELS,
    isReloadable: true,
    help: "The least grave level that is logged. -v is INFO, -vv is DEBUG.",
  },
  pidFile: {
    flag: "--pid-file",
    kind: "path",
    default: undefined,
    defaultText: "none",
    range: ["1", "4095"],
    isReloadable: false,
    help: "A file that holds the process id while the server runs.",
  },
  config: {
    flag: "--config",
    kind: "path",
    default: undefined,
    defaultText: "none",
    range: ["1", "4095"],
    sources: "start",
    isReloadable: false,
    help: "A TOML file with settings. SIGHUP reads it again.",
  },
  isCheck: {
    flag: "--check",
    kind: "switch",
    default: "off",
    sources: "flag",
    isReloadable: false,
    help: "Reads all settings, prints every mistake and ends: 0 without mistakes, 1 with.",
  },
} as const satisfies Record<string, Setting>;

/** The name that a setting has in the code. */
export type SettingName = keyof typeof SETTINGS;

/** All names, in the order of the table. */
export const SETTING_NAMES = Object.keys(SETTINGS) as readonly SettingName[];

type ValueOf<Row extends Setting> =
  | (Row extends { readonly kind: "choice"; readonly choices: readonly (infer Word)[] }
      ? Word
      : KindValues[Row["kind"]])
  | (Row["default"] extends string ? never : undefined);

/** The resolved settings; undefined: nothing was given and there is no fixed default. */
export type Settings = { readonly [Name in SettingName]: ValueOf<(typeof SETTINGS)[Name]> };
