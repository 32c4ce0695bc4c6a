/** What is different at a terminal: the bar of `submit`, and colours. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync } from "node:fs";
import { Client } from "../../src/client/client.ts";
import { Worker } from "../../src/worker/worker.ts";
import { BINARY, RUNTIMES, type RuntimeName } from "../harness/runtimes.ts";
import { type ServerProcess, startServer } from "../harness/server-process.ts";
import { addressOf, environmentFor } from "./job-server.ts";
import { LIMIT_MS, Program } from "./program.ts";

setDefaultTimeout(6 * LIMIT_MS);

const SCRIPT = "/usr/bin/script";
const hasTerminal = existsSync(SCRIPT);
if (!hasTerminal) console.error("skipped: what is different at a terminal; install util-linux (script) for it");

/** What the command writes at a terminal; standard output and error are one there. */
async function atTerminal(words: string, runtime: RuntimeName, environment: Readonly<Record<string, string>>) {
  const args = ["-qec", `${BINARY} ${words}`, "/dev/null"];
  await using program = new Program(args, { runtime, program: SCRIPT, environment: { TERM: "xterm", ...environment } });
  const status = await program.exit;
  return { status, text: program.stdout };
}

describe.skipIf(!hasTerminal).each(RUNTIMES)("on %s", (runtime) => {
  let server: ServerProcess;
  let worker: Worker;

  beforeAll(async () => {
    server = await startServer();
    worker = new Worker({ servers: [addressOf(server)] });
    worker.can("far", (job) => {
      job.status(1, 4);
      job.status(3, 4);
      return "done\n";
    });
    worker.run().catch(() => {});
  });
  afterAll(async () => {
    await worker.stop();
    await server.stop();
  });

  test("a bar shows how far the job is, and is cleared before the result", async () => {
    const { status, text } = await atTerminal("submit far x", runtime, environmentFor([addressOf(server)]));
    expect(status).toBe(0);
    expect(text).toContain(`\r\u001b[K[${"#".repeat(30)}${".".repeat(10)}]  75%  3/4`);
    expect(text).toEndWith("3/4\r\u001b[Kdone\r\n");
  });

  test("without a terminal there is no bar", async () => {
    const environment = environmentFor([addressOf(server)]);
    await using program = new Program(["submit", "far", "x"], { runtime, environment });
    expect(await program.exit).toBe(0);
    expect(program.stdout).toBe("done\n");
    expect(program.stderr).toBe("");
  });

  test("what no worker can do is red, unless NO_COLOR is set", async () => {
    await using client = new Client({ servers: [addressOf(server)] });
    await client.submitBackground("stuck", "x");
    const environment = environmentFor([addressOf(server)]);
    const coloured = await atTerminal("status", runtime, environment);
    expect(coloured.text).toContain("\u001b[31mstuck ");
    const plain = await atTerminal("status", runtime, { ...environment, NO_COLOR: "1" });
    expect(plain.text).not.toContain("\u001b");
    expect(plain.text).toContain("no worker");
  });
});
