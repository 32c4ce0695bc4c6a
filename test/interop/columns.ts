/** The columns of the matrix: each peer in each role, with its cells and how it is started. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import type { ServerProcess } from "../harness/server-process.ts";
import { CLIENT_TRIALS } from "./client-features.ts";
import { type Cell, type Cells, FEATURES, type Feature } from "./feature.ts";
import { PeerClient } from "./peer-client.ts";
import { PeerWorker } from "./peer-worker.ts";
import { TOOL_CLIENT_TRIALS, TOOL_WORKER_TRIALS, tryAdmin } from "./tool-features.ts";
import { WORKER_TRIALS } from "./worker-features.ts";

/** Names of features in the order of the rows. */
export const FEATURE_NAMES = Object.keys(FEATURES) as readonly Feature[];

/** A peer's language or kit: what must be installed for it, and its programs. */
export interface Kit {
  /** What its functions' names begin with. */
  readonly name: "php" | "perl" | "c" | "typescript";
  readonly title: string;
  readonly packages: readonly string[];
  readonly exceptionAlways: boolean;
  readonly seesUnique: boolean;
  /** The program for a role, without its arguments; C is compiled into the folder first. */
  readonly program: (role: "client" | "worker", folder: string) => readonly string[];
}

function script(interpreter: string, suffix: string): Kit["program"] {
  return (role) => [interpreter, join(import.meta.dirname, interpreter, `${role}.${suffix}`)];
}

function compiled(role: string, folder: string): readonly string[] {
  const program = join(folder, role);
  const source = join(import.meta.dirname, "c", `${role}.c`);
  const flags = ["-std=gnu99", "-Wall", "-Wextra", "-Werror", "-O1"];
  const { status, stderr } = spawnSync("gcc", [...flags, source, "-o", program, "-lgearman"], { encoding: "utf8" });
  if (status !== 0) throw new Error(`gcc ${source}: ${stderr}`);
  return [program];
}

/** The kits with which clients and workers are written. */
export const KITS = {
  php: {
    name: "php",
    title: "PHP",
    packages: ["php-cli", "php-gearman"],
    exceptionAlways: true,
    seesUnique: true,
    program: script("php", "php"),
  },
  perl: {
    name: "perl",
    title: "Perl",
    packages: ["perl", "libgearman-client-perl"],
    exceptionAlways: false,
    seesUnique: false,
    program: script("perl", "pl"),
  },
  c: {
    name: "c",
    title: "C",
    packages: ["gcc", "libc6-dev", "libgearman-dev"],
    exceptionAlways: false,
    seesUnique: true,
    program: compiled,
  },
  typescript: {
    name: "typescript",
    title: "TypeScript",
    packages: [],
    exceptionAlways: true,
    seesUnique: true,
    program: (role) => [process.execPath, join(import.meta.dirname, "typescript", `${role}-program.ts`)],
  },
} as const satisfies Record<string, Kit>;

/** Starts a kit's client. */
export function startClient(kit: Kit, server: ServerProcess): PeerClient {
  const command = [...kit.program("client", server.folder), String(server.port), server.folder];
  return new PeerClient({ command, folder: server.folder, exceptionAlways: kit.exceptionAlways });
}

/** Starts a kit's worker, whose functions are named after the kit. */
export function startWorker(kit: Kit, server: ServerProcess): Promise<PeerWorker> {
  const program = kit.program("worker", server.folder);
  return PeerWorker.start({ program, server, prefix: kit.name, seesUnique: kit.seesUnique });
}

/** A column: runs one cell after the other against a server of its own. */
export interface Column {
  readonly title: string;
  readonly packages: readonly string[];
  /** What the peer lacks, by feature; the others are tried. */
  readonly lacks: Readonly<Partial<Record<Feature, string>>>;
  /** Tries these features, none of them lacking; `report` gets undefined or what went wrong. */
  readonly run: (
    server: ServerProcess,
    features: readonly Feature[],
    report: (feature: Feature, problem: unknown) => void,
  ) => Promise<void>;
}

type Lacks = Readonly<Partial<Record<Feature, string>>>;

/** What a trial ended with; undefined when all was as it should be. */
export function problemOf(trial: Promise<void>): Promise<unknown> {
  return trial.then(
    () => undefined,
    (error: unknown) => error ?? new Error("it failed without an error"),
  );
}

function columnOf<Peer>(options: {
  readonly title: string;
  readonly packages: readonly string[];
  readonly cells: Cells<Peer>;
  readonly start: (server: ServerProcess) => Promise<Peer>;
  readonly stop: (peer: Peer) => Promise<void>;
}): Column {
  const lacks: Partial<Record<Feature, string>> = {};
  for (const feature of FEATURE_NAMES) {
    const cell = options.cells[feature];
    if (typeof cell !== "function") lacks[feature] = cell.lacks;
  }
  const run: Column["run"] = async (server, features, report) => {
    let peer = await options.start(server);
    for (const feature of features) {
      const cell = options.cells[feature];
      if (typeof cell !== "function") continue;
      const problem = await problemOf(cell({ server, peer }));
      report(feature, problem);
      if (problem === undefined) continue;
      // Nobody knows what it would do next.
      await options.stop(peer);
      peer = await options.start(server);
    }
    await options.stop(peer);
  };
  return { title: options.title, packages: options.packages, lacks, run };
}

/** Cells of every feature: the trial, or what is lacking. */
function cellsOf<Peer>(trials: Readonly<Partial<Record<Feature, Cell<Peer>>>>, lacks: Lacks): Cells<Peer> {
  const entries = FEATURE_NAMES.map((feature) => {
    const lacking = lacks[feature];
    const cell = lacking === undefined ? trials[feature] : { lacks: lacking };
    if (cell === undefined) throw new Error(`${feature} has neither a trial nor the name of what is lacking`);
    return [feature, cell] as const;
  });
  return Object.fromEntries(entries) as Cells<Peer>;
}

async function end(peer: AsyncDisposable): Promise<void> {
  await peer[Symbol.asyncDispose]();
}

function clientColumn(kit: Kit, title: string, lacks: Lacks): Column {
  const cells = cellsOf(CLIENT_TRIALS, lacks);
  return columnOf({
    title,
    packages: kit.packages,
    cells,
    start: async (server) => startClient(kit, server),
    stop: end,
  });
}

function workerColumn(kit: Kit, title: string, lacks: Lacks): Column {
  const cells = cellsOf(WORKER_TRIALS, { ...lacks, ...lackOf(WORKER_CALLS, "admin") });
  return columnOf({ title, packages: kit.packages, cells, start: (server) => startWorker(kit, server), stop: end });
}

function toolColumn(title: string, cells: Cells<undefined>): Column {
  return columnOf({ title, packages: ["gearman-tools"], cells, start: async () => undefined, stop: async () => {} });
}

/** Every feature lacks its call except those of `but`. */
function lackAll(calls: Readonly<Record<Feature, string>>, but: readonly string[]): Lacks {
  return lackOf(calls, ...FEATURE_NAMES.filter((feature) => !but.includes(feature)));
}

const CLIENT_CALLS = {
  foreground: "SUBMIT_JOB",
  background: "SUBMIT_JOB_BG",
  priority: "SUBMIT_JOB_HIGH",
  unique: "SUBMIT_JOB with a unique",
  status: "GET_STATUS",
  uniqueStatus: "GET_STATUS_UNIQUE",
  statusStream: "WORK_STATUS",
  dataStream: "WORK_DATA",
  warningStream: "WORK_WARNING",
  exception: "OPTION_REQ",
  failure: "WORK_FAIL",
  timeout: "time limit",
  mebibyte: "SUBMIT_JOB",
  large: "SUBMIT_JOB",
  nuls: "SUBMIT_JOB",
  reduce: "SUBMIT_REDUCE_JOB",
  epoch: "SUBMIT_JOB_EPOCH",
  echo: "ECHO_REQ",
  clientId: "SET_CLIENT_ID",
  admin: "admin text",
} as const satisfies Record<Feature, string>;

const WORKER_CALLS: Readonly<Record<Feature, string>> = {
  ...CLIENT_CALLS,
  foreground: "CAN_DO",
  background: "CAN_DO",
  priority: "CAN_DO",
  unique: "GRAB_JOB_UNIQ",
  status: "WORK_STATUS",
  uniqueStatus: "WORK_STATUS",
  exception: "WORK_EXCEPTION",
  timeout: "CAN_DO_TIMEOUT",
  reduce: "GRAB_JOB_ALL",
};

function lackOf(calls: Readonly<Record<Feature, string>>, ...features: readonly Feature[]): Lacks {
  return Object.fromEntries(features.map((feature) => [feature, `no ${calls[feature]}`]));
}

/** The tools read their input so that the time grows with the square of its length. */
const TOO_SLOW = "reads it for minutes";

/** Every column, in the order of the document. */
export const COLUMNS: readonly Column[] = [
  clientColumn(KITS.php, "PHP `GearmanClient`", lackOf(CLIENT_CALLS, "reduce", "epoch", "clientId", "admin")),
  workerColumn(KITS.php, "PHP `GearmanWorker`", lackOf(WORKER_CALLS, "reduce")),
  clientColumn(
    KITS.perl,
    "Perl `Gearman::Client`",
    lackOf(CLIENT_CALLS, "uniqueStatus", "reduce", "epoch", "echo", "clientId"),
  ),
  workerColumn(KITS.perl, "Perl `Gearman::Worker`", lackOf(WORKER_CALLS, "reduce", "echo")),
  clientColumn(KITS.c, "C libgearman client", lackOf(CLIENT_CALLS, "admin")),
  workerColumn(KITS.c, "C libgearman worker", {}),
  clientColumn(KITS.typescript, "TypeScript `Client`", lackOf(CLIENT_CALLS, "clientId", "admin")),
  workerColumn(KITS.typescript, "TypeScript `Worker`", lackOf(WORKER_CALLS, "echo")),
  toolColumn(
    "`gearman`",
    cellsOf(TOOL_CLIENT_TRIALS, { ...lackAll(CLIENT_CALLS, Object.keys(TOOL_CLIENT_TRIALS)), large: TOO_SLOW }),
  ),
  toolColumn(
    "`gearman -w`",
    cellsOf(TOOL_WORKER_TRIALS, { ...lackAll(WORKER_CALLS, Object.keys(TOOL_WORKER_TRIALS)), large: TOO_SLOW }),
  ),
  toolColumn("`gearadmin`", cellsOf({ admin: tryAdmin }, lackAll(CLIENT_CALLS, ["admin"]))),
];
