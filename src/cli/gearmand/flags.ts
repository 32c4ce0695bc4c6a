/** The one table of gearmand's flags: parser, `--help` and docs/gearmand.md are made from it. */

/** What Gearwright makes of a flag. `same`: what gearmand does; `none`: accepted without effect; `refused`: an error. */
type FlagEffect = "same" | "none" | "refused";

/** One flag of gearmand's. Source: protocol of gearmand 1.1.20 and 2.0.0-51, `gearmand --help`. */
export interface GearmandFlag {
  /** One letter, without its dash. */
  readonly short?: string;
  /** Undefined: a switch. `integer` values are checked as gearmand's parser does, before what they mean is looked at. */
  readonly value?: "text" | "integer";
  /** What gearmand and Gearwright take when it is absent. */
  readonly default?: string;
  readonly effect: FlagEffect;
  /** What it does, for `--help`. */
  readonly help: string;
  /** Where it differs, or why it has no effect or is refused; for the docs. */
  readonly note?: string;
}

const KEEPALIVE = "every accepted connection has TCP keepalive, with probes of Gearwright's own times";
const STORE = "belongs to a queue type that is refused until that store exists";
const TLS = "without --ssl it has no effect in gearmand either";

/** Every flag by its long name, without dashes. */
export const GEARMAND_FLAGS = {
  backlog: {
    short: "b",
    value: "integer",
    effect: "same",
    help: "Connections that may wait to be accepted.",
    note: "absent: 4096 instead of 32, which loses connections in a burst. Bun always asks for 512; a larger number is logged",
  },
  daemon: {
    short: "d",
    effect: "same",
    help: "Detach and run in the background.",
    note: "returns once the port is bound, or says why it is not and returns 1",
  },
  exceptions: { effect: "same", help: "Every connection starts with the exceptions option." },
  "file-descriptors": {
    short: "f",
    value: "integer",
    effect: "same",
    help: "Limit of open files of the process.",
    note: "set by `ulimit` before the runtime starts, soft and hard. Absent: as many as the hard limit allows",
  },
  help: { short: "h", effect: "same", help: "Print this and end.", note: "in words of its own" },
  "job-retries": {
    short: "j",
    value: "integer",
    effect: "same",
    help: "How many workers may be lost with a job before it fails.",
    note: "range and meaning of 0 and -1 are those of `--as`: 2.0 takes -1 (no limit, the default) to 255, and 0 ends a job after its first loss; in 1.1 0 is no limit (the default) and only the lowest eight bits count. A given 0 is logged with its meaning",
  },
  "job-handle-prefix": {
    value: "text",
    effect: "same",
    help: "What every job handle begins with.",
    note: "at most 46 bytes",
  },
  "hashtable-buckets": {
    value: "integer",
    default: "991",
    effect: "none",
    help: "Buckets of gearmand's job tables.",
    note: "the tables grow with their jobs. 0 is refused as in gearmand",
  },
  keepalive: { effect: "none", help: "TCP keepalive.", note: KEEPALIVE },
  "keepalive-idle": { value: "integer", default: "-1", effect: "none", help: "TCP keepalive.", note: KEEPALIVE },
  "keepalive-interval": { value: "integer", default: "-1", effect: "none", help: "TCP keepalive.", note: KEEPALIVE },
  "keepalive-count": { value: "integer", default: "-1", effect: "none", help: "TCP keepalive.", note: KEEPALIVE },
  "log-file": {
    short: "l",
    value: "text",
    default: "/var/log/gearmand.log",
    effect: "same",
    help: "A file, stderr or none. One that cannot be opened is replaced by stderr.",
    note: "lines have Gearwright's form",
  },
  listen: {
    short: "L",
    value: "text",
    effect: "same",
    help: "The one address or name to listen on. Absent: every address, IPv4 and IPv6.",
    note: "listening on every address is logged as a warning, because there are no accounts yet",
  },
  "pid-file": {
    short: "P",
    value: "text",
    default: "/var/gearmand.pid",
    effect: "same",
    help: "A file for the process id. Only a path that was given must be writable.",
    note: "written before the port answers, deleted at the end",
  },
  protocol: {
    short: "r",
    value: "text",
    effect: "same",
    help: "http: submit jobs by HTTP as well.",
    note: "gearmand's HTTP behaviour without its faults",
  },
  "round-robin": {
    short: "R",
    effect: "same",
    help: "A worker's functions take turns.",
    note: "with `--as 2.0` they always do, as in gearmand 2.0",
  },
  "queue-type": {
    short: "q",
    value: "text",
    default: "builtin",
    effect: "same",
    help: "builtin: background jobs live in memory.",
    note: "every other type is refused with the name of the store that will take its place",
  },
  "config-file": {
    value: "text",
    default: "/etc/gearmand.conf",
    effect: "same",
    help: "A file with more flags, separated by blanks and line ends. The command line wins.",
    note: "words that are no flags are skipped; a file that was named must exist",
  },
  syslog: {
    effect: "same",
    help: "Log to the system log too.",
    note: "through `logger`, which must be on PATH",
  },
  coredump: {
    effect: "same",
    help: "Allow core dumps of any size.",
    note: "set by `ulimit` before the runtime starts",
  },
  threads: {
    short: "t",
    value: "integer",
    default: "4",
    effect: "none",
    help: "Threads of gearmand.",
    note: "one thread serves all connections",
  },
  user: {
    short: "u",
    value: "text",
    effect: "same",
    help: "Become this user once the port is bound; only for root.",
    note: "with the user's primary group and its other groups",
  },
  verbose: {
    value: "text",
    default: "ERROR",
    effect: "same",
    help: "FATAL, ALERT, CRITICAL, ERROR, WARNING, NOTICE, INFO or DEBUG.",
    note: "what an operator must know about the start is logged at every level",
  },
  version: { short: "V", effect: "same", help: "Print the version and end." },
  "worker-wakeup": {
    short: "w",
    value: "integer",
    default: "0",
    effect: "same",
    help: "How many sleeping workers are woken for each job. 0: one, and another when it does not come.",
    note: "0 woke all of them in gearmand. Only the lowest eight bits count, as in gearmand: 256 is 0",
  },
  "check-args": { effect: "same", help: "Check the flags and end: 0 if they are good, else 1." },
  port: {
    short: "p",
    value: "text",
    default: "4730",
    effect: "same",
    help: "The port; GEARMAND_PORT counts while this is 4730.",
    note: "a number; names of services are refused",
  },
  ssl: {
    effect: "refused",
    help: "TLS.",
    note: "comes with a later version; starting without it would send in the clear",
  },
  "ssl-ca-file": { value: "text", effect: "none", help: "TLS.", note: TLS },
  "ssl-certificate": { value: "text", effect: "none", help: "TLS.", note: TLS },
  "ssl-key": { value: "text", effect: "none", help: "TLS.", note: TLS },
  "http-port": { value: "text", default: "8080", effect: "same", help: "The port of --protocol http." },
  "libsqlite3-db": { value: "text", effect: "none", help: "SQLite.", note: STORE },
  "libsqlite3-table": { value: "text", default: "gearman_queue", effect: "none", help: "SQLite.", note: STORE },
  "store-queue-on-shutdown": { effect: "none", help: "SQLite.", note: STORE },
  "mysql-host": { value: "text", default: "localhost", effect: "none", help: "MySQL.", note: STORE },
  "mysql-port": { value: "text", default: "3306", effect: "none", help: "MySQL.", note: STORE },
  "mysql-user": { value: "text", effect: "none", help: "MySQL.", note: STORE },
  "mysql-password": { value: "text", effect: "none", help: "MySQL.", note: STORE },
  "mysql-db": { value: "text", effect: "none", help: "MySQL.", note: STORE },
  "mysql-table": { value: "text", default: "gearman_queue", effect: "none", help: "MySQL.", note: STORE },
  "libpq-conninfo": { value: "text", effect: "none", help: "PostgreSQL.", note: STORE },
  "libpq-table": { value: "text", default: "queue", effect: "none", help: "PostgreSQL.", note: STORE },
  "redis-server": { value: "text", default: "127.0.0.1", effect: "none", help: "Redis.", note: STORE },
  "redis-port": { value: "text", default: "6379", effect: "none", help: "Redis.", note: STORE },
  "redis-password": { value: "text", effect: "none", help: "Redis.", note: STORE },
  "redis-prefix": { value: "text", default: "_gear_", effect: "none", help: "Redis.", note: STORE },
  "libmemcached-servers": { value: "text", effect: "none", help: "memcached.", note: STORE },
  "libmemcached-prefix": { value: "text", default: "gear_", effect: "none", help: "memcached.", note: STORE },
  "libtokyocabinet-file": { value: "text", effect: "none", help: "Tokyo Cabinet.", note: STORE },
  "libtokyocabinet-optimize": { effect: "none", help: "Tokyo Cabinet.", note: STORE },
} as const satisfies Record<string, GearmandFlag>;

/** The long name of a flag of gearmand's. */
export type GearmandFlagName = keyof typeof GEARMAND_FLAGS;

/** All rows, in the order of the table. */
export const GEARMAND_ROWS = Object.entries(GEARMAND_FLAGS) as readonly (readonly [GearmandFlagName, GearmandFlag])[];

/** Our own flags beside gearmand's. */
export const OWN_FLAGS = {
  as: {
    value: "text",
    default: "2.0",
    effect: "same",
    help: "1.1 or 2.0: which gearmand to follow where they differ (-j 0, priorities, turns of functions).",
  },
  "http-real-status": {
    effect: "same",
    help: "--protocol http answers a failed job with status 500 instead of gearmand's 200.",
  },
} as const satisfies Record<string, GearmandFlag>;

/** The long name of a flag of gearmand's or of our own. */
export type FlagName = GearmandFlagName | keyof typeof OWN_FLAGS;

/** Every flag that is taken, gearmand's first. */
export const FLAG_ROWS = [...GEARMAND_ROWS, ...Object.entries(OWN_FLAGS)] as readonly (readonly [
  FlagName,
  GearmandFlag,
])[];
