/** The command line tool `gearman` with our own library on the other side. */
import { strict as assert } from "node:assert";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type ServerOptions, type ServerProcess, startServer } from "../harness/server-process.ts";
import { until } from "../harness/until.ts";
import { KITS, problemOf, startClient, startWorker } from "./columns.ts";
import { PAIR_TRIALS, utf8 } from "./pairs.ts";
import type { PeerClient } from "./peer-client.ts";
import { PeerWorker } from "./peer-worker.ts";
import { ALL_BYTES, longWorkload, MEBIBYTE, same } from "./raw-peer.ts";
import { runGearman, startGearmanWorker } from "./tool-features.ts";

/** A row of the second table. */
type Row = keyof typeof PAIR_TRIALS;

/** A trial of a pair, or what the tool lacks for it. */
type ToolCell<Peer> = ((trial: { readonly server: ServerProcess; readonly peer: Peer }) => Promise<void>) | string;

/** `gearman` on one side, our library on the other. */
export interface ToolPair {
  readonly title: string;
  readonly packages: readonly string[];
  /** What the tool lacks, by row. */
  readonly lacks: Readonly<Record<string, string>>;
  readonly run: (server: ServerOptions, report: (row: string, problem: unknown) => void) => Promise<void>;
}

function clientEcho(workloadOf: () => string): ToolCell<PeerWorker> {
  return async ({ server, peer }) => {
    const workload = workloadOf();
    const { code, output, errors } = await runGearman(server, ["-f", "typescript.echo"], workload);
    assert.deepEqual({ code, errors }, { code: 0, errors: "" });
    same([output, (await peer.nextJob()).workload], [workload, workload]);
  };
}

const CLIENT_CELLS: Readonly<Record<Row, ToolCell<PeerWorker>>> = {
  "foreground jobs": clientEcho(() => "hello"),
  "background jobs": async ({ server, peer }) => {
    await runGearman(server, ["-b", "-f", "typescript.echo", "-u", "key", "later"]);
    const job = await peer.nextJob();
    same([job.unique, job.workload], ["key", "later"]);
  },
  "high before normal before low": async ({ server, peer }) => {
    const prefix = "typescript-tool";
    for (const [flag, text] of [
      ["-L", "low"],
      ["-I", "high"],
    ] as const) {
      await runGearman(server, ["-b", flag, "-f", `${prefix}.echo`, "-u", text, text]);
    }
    await using late = await PeerWorker.start({ ...peer.options, prefix, only: "echo" });
    for (const text of ["high", "low"]) same([(await late.nextJob()).workload], [text]);
  },
  "status, and coalescing by unique": "no GET_STATUS",
  "data, warning and status streams": async ({ server, peer }) => {
    assert.deepEqual(await runGearman(server, ["-f", "typescript.stream", "x"]), {
      code: 0,
      output: "one\0twostreamed25% Complete\n75% Complete\n",
      errors: "\0careful",
    });
    await peer.nextJob();
  },
  exceptions: "no OPTION_REQ",
  failure: async ({ server, peer }) => {
    const { code, errors } = await runGearman(server, ["-f", "typescript.fail", "x"]);
    assert.deepEqual({ code, errors }, { code: 1, errors: "Job failed\n" });
    await peer.nextJob();
  },
  "UTF-8 names, uniques and workloads": async ({ server, peer }) => {
    const { output } = await runGearman(server, ["-f", "typescript.echo.größe", "-u", "schlüssel", "naïve"]);
    same([output], [utf8("naïve")]);
    const job = await peer.nextJob();
    same([job.function, job.unique, job.workload], ["typescript.echo.größe", utf8("schlüssel"), utf8("naïve")]);
  },
  "NULs and all other bytes": clientEcho(() => ALL_BYTES),
  "1 MiB there and back": clientEcho(() => longWorkload(MEBIBYTE)),
};

/** The tool writes the whole workload before it reads the result, so its command must take it all first. */
function catOf(server: ServerProcess, name: string): readonly string[] {
  const file = join(server.folder, Buffer.from(name).toString("hex"));
  return ["-f", name, "--", "sh", "-c", `cat > ${file}; cat ${file}`];
}

function workerEcho(name: string, workloadOf: () => string): ToolCell<PeerClient> {
  return async ({ server, peer }) => {
    await using _worker = await startGearmanWorker(server, catOf(server, name));
    const workload = workloadOf();
    const [event = []] = await peer.ask("do", ["normal"], [utf8(name), "", workload]);
    same(event, ["complete", workload]);
  };
}

const WORKER_CELLS: Readonly<Record<Row, ToolCell<PeerClient>>> = {
  "foreground jobs": workerEcho("tool.echo", () => "hello"),
  "background jobs": async ({ server, peer }) => {
    const file = join(server.folder, "seen");
    await using _worker = await startGearmanWorker(server, ["-f", "tool.background", "--", "tee", file]);
    await peer.ask("background", ["normal"], ["tool.background", "key", "later"]);
    await until(() => existsSync(file) && readFileSync(file, "latin1") === "later", { what: "the background job" });
  },
  "high before normal before low": async ({ server, peer }) => {
    const file = join(server.folder, "order");
    writeFileSync(file, "");
    for (const level of ["low", "normal", "high"]) {
      await peer.ask("background", [level], ["tool.priority", level, `${level} `]);
    }
    await using _worker = await startGearmanWorker(server, ["-f", "tool.priority", "--", "tee", "-a", file]);
    await until(() => readFileSync(file, "latin1").split(" ").length === 4, { what: "three jobs" });
    same([readFileSync(file, "latin1")], ["high normal low "]);
  },
  "status, and coalescing by unique": "no WORK_STATUS",
  "data, warning and status streams": "no WORK_STATUS",
  exceptions: "no WORK_EXCEPTION",
  failure: async ({ server, peer }) => {
    const failing = ["-f", "tool.failure", "--", "sh", "-c", "cat > /dev/null; exit 3"];
    await using _worker = await startGearmanWorker(server, failing);
    const events = await peer.ask("run", ["normal"], ["tool.failure", "", "x"]);
    assert.deepEqual(events.at(-1), ["fail"]);
  },
  "UTF-8 names, uniques and workloads": workerEcho("tool.größe", () => utf8("naïve")),
  "NULs and all other bytes": workerEcho("tool.nuls", () => ALL_BYTES),
  "1 MiB there and back": workerEcho("tool.mebibyte", () => longWorkload(MEBIBYTE)),
};

function pairOf<Peer extends AsyncDisposable>(
  title: string,
  cells: Readonly<Record<Row, ToolCell<Peer>>>,
  start: (server: ServerProcess) => Promise<Peer>,
): ToolPair {
  const rows = Object.keys(PAIR_TRIALS).map((row) => [row, cells[row]] as const);
  const lacking = rows.flatMap(([row, cell]) => (typeof cell === "string" ? [[row, cell] as const] : []));
  const run: ToolPair["run"] = async (options, report) => {
    await using server = await startServer(options);
    await using peer = await start(server);
    for (const [row, cell] of rows) {
      if (typeof cell === "function") report(row, await problemOf(cell({ server, peer })));
    }
  };
  return { title, packages: ["gearman-tools"], lacks: Object.fromEntries(lacking), run };
}

/** Both directions. */
export const TOOL_PAIRS: readonly ToolPair[] = [
  pairOf("`gearman` → TypeScript", CLIENT_CELLS, (server) => startWorker(KITS.typescript, server)),
  pairOf("TypeScript → `gearman -w`", WORKER_CELLS, async (server) => startClient(KITS.typescript, server)),
];
