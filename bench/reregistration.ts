/**
 * Measures how soon a worker is registered again after its server was killed and came back: `bun bench/reregistration.ts`.
 *
 * `--restarts N` (default 20) for each runtime and server. A server is killed (SIGKILL), stays away for 50 to 3,000 ms, and is
 * started again on its port; the time runs from the moment when it accepts a connection to the moment when its `status` shows the
 * worker. Prints median and maximum, and exits with 1 when one took longer than a second.
 */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ReturningServer } from "../test/chaos/returning-server.ts";
import { killAtEnd } from "../test/harness/leftovers.ts";
import { ROOT_FOLDER, RUNTIMES, type RuntimeName } from "../test/harness/runtimes.ts";
import { hasRealGearmand, type ServerOptions } from "../test/harness/server-process.ts";
import { pause, until } from "../test/harness/until.ts";
import { Wire } from "../test/harness/wire.ts";

const FUNCTION_NAME = "reregistration";
/** What the libraries promise, ms. */
const PROMISED_MS = 1_000;
const AWAY_MS_MIN = 50;
const AWAY_MS_MAX = 3_000;
/** How long a server may take to listen, and a worker to come, before the measure gives up, ms. */
const LIMIT_MS = 20_000;

const WORKER = `
  import { Worker } from ${JSON.stringify(join(ROOT_FOLDER, "src", "index.ts"))};
  const worker = new Worker({ servers: [process.argv[1]] }).can(${JSON.stringify(FUNCTION_NAME)}, () => "");
  await worker.run();
`;

/** Connects as soon as it can be done, looking all the time. */
async function connected(port: number): Promise<Wire> {
  const endAtMs = performance.now() + LIMIT_MS;
  for (;;) {
    try {
      return await Wire.connect({ port });
    } catch (error) {
      if (performance.now() > endAtMs) throw error;
      await pause(1);
    }
  }
}

async function hasWorker(admin: Wire): Promise<boolean> {
  const row = (await admin.ask("status")).split("\n").find((line) => line.startsWith(`${FUNCTION_NAME}\t`));
  return row?.split("\t")[3] === "1";
}

/** From the first connection that a server accepts until it has the worker, ms. */
async function registrationMs(port: number): Promise<number> {
  await using admin = await connected(port);
  const startedAtMs = performance.now();
  while (!(await hasWorker(admin))) {
    if (performance.now() - startedAtMs > LIMIT_MS) throw new Error(`no worker came within ${LIMIT_MS} ms`);
  }
  return performance.now() - startedAtMs;
}

async function measure(runtime: RuntimeName, options: ServerOptions, restarts: number): Promise<readonly number[]> {
  await using server = await ReturningServer.start(options);
  const binary = join(ROOT_FOLDER, "node_modules", ".bin", runtime);
  const flags = runtime === "bun" ? ["-e"] : ["--input-type=module", "-e"];
  const child = spawn(binary, [...flags, WORKER, server.address], { stdio: ["ignore", "ignore", "inherit"] });
  if (child.pid !== undefined) killAtEnd(child.pid, "");
  try {
    await registrationMs(server.process.port);
    const times: number[] = [];
    for (let restart = 0; restart < restarts; restart += 1) {
      await server.kill();
      await pause(AWAY_MS_MIN + Math.random() * (AWAY_MS_MAX - AWAY_MS_MIN));
      await server.begin();
      times.push(await registrationMs(server.process.port));
    }
    return times.sort((one, other) => one - other);
  } finally {
    child.kill("SIGKILL");
    await until(() => child.exitCode !== null || child.signalCode !== null, { what: "the worker has ended" });
  }
}

const { values } = parseArgs({ options: { restarts: { type: "string", default: "20" } } });
const restarts = Number(values.restarts);
let slowestMs = 0;
for (const runtime of RUNTIMES) {
  const kinds: readonly ServerOptions[] = [
    { form: "serve" },
    ...(hasRealGearmand() ? [{ form: "real" as const }] : []),
  ];
  for (const options of kinds) {
    const times = await measure(runtime, options, restarts);
    const [median, maximum] = [times[Math.floor(times.length / 2)] ?? 0, times.at(-1) ?? 0];
    slowestMs = Math.max(slowestMs, maximum);
    const on = options.form === "real" ? "gearmand" : "gearwright";
    console.log(
      `worker on ${runtime}, ${on}: ${restarts} restarts, median ${median.toFixed(0)} ms, maximum ${maximum.toFixed(0)} ms`,
    );
  }
}
process.exit(slowestMs > PROMISED_MS ? 1 : 0);
