/** `status`, `workers`, `jobs` and `shutdown` against our server and gearmand. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { Client } from "../../src/client/client.ts";
import { Worker } from "../../src/worker/worker.ts";
import { freePort } from "../harness/free-port.ts";
import { RUNTIMES } from "../harness/runtimes.ts";
import { type ServerProcess, startServer } from "../harness/server-process.ts";
import { until } from "../harness/until.ts";
import { addressOf, runLine, startTarget, TARGETS } from "./job-server.ts";
import { LIMIT_MS } from "./program.ts";

setDefaultTimeout(6 * LIMIT_MS);

/** An object that --json printed. */
type Row = Readonly<Record<string, unknown>>;

/** A worker of some functions that holds what it gets; stopped when it goes out of scope. */
class Holder implements AsyncDisposable {
  readonly #worker: Worker;
  readonly #running: Promise<void>;
  readonly #release = Promise.withResolvers<void>();
  readonly #held = Promise.withResolvers<void>();

  constructor(server: string, clientId: string, functions: readonly string[]) {
    this.#worker = new Worker({ servers: [server], clientId });
    for (const name of functions) {
      this.#worker.can(name, async () => {
        this.#held.resolve();
        await this.#release.promise;
      });
    }
    this.#running = this.#worker.run();
  }

  /** Resolves when it has a job in hand. */
  get held(): Promise<void> {
    return this.#held.promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#release.resolve();
    await this.#worker.stop();
    await this.#running;
  }
}

describe.each([...TARGETS])("$title", (target) => {
  let server: ServerProcess;
  const command = (words: string) => runLine(`"$0" ${words}`, target.runtime, [addressOf(server)]);
  const json = async (words: string): Promise<readonly Row[]> => JSON.parse((await command(`${words} --json`)).stdout);

  beforeAll(async () => {
    server = await startTarget(target);
  });
  afterAll(() => server.stop());

  test("an empty server says so and what to do", async () => {
    const status = await command("status");
    expect(status.stdout).toStartWith(`No functions: no worker and no job has come to ${addressOf(server)} yet.`);
    expect(status.status).toBe(0);
    expect((await command("workers")).stdout).toStartWith("No worker is connected");
    expect((await command("jobs")).stdout).toStartWith("No such job is held");
    expect(await json("status")).toEqual([]);
    expect(await json("workers")).toEqual([]);
    expect(await json("jobs")).toEqual([]);
  });

  test("functions are shown with their jobs and workers", async () => {
    await using client = new Client({ servers: [addressOf(server)] });
    await using holder = new Holder(addressOf(server), "holder-1", ["held", "größe"]);
    await client.submitBackground("held", "1");
    await holder.held;
    await client.submitBackground("held", "2");
    await client.submitBackground("stuck", "x", { priority: "high", unique: "u-high" });
    await client.submitBackground("stuck", "x", { priority: "low", unique: "u-low" });
    const shown = await command("status");
    expect(shown.stdout).toBe(
      [
        "FUNCTION  WAITING  HIGH  NORMAL  LOW  RUNNING  WORKERS",
        "größe           0     0       0    0        0        1",
        "held            1     0       1    0        1        1",
        "stuck           2     1       0    1        0        0  no worker",
        "",
      ].join("\n"),
    );
    expect(shown.stderr).toBe("");
    expect(await json("status 'st*k'")).toEqual([
      { function: "stuck", waiting: 2, high: 1, normal: 0, low: 1, running: 0, workers: 0 },
    ]);
    expect(await json("status 'grö?e'")).toHaveLength(1);
    expect(await json("status '.*'")).toEqual([]);
    expect((await command("status nothing")).stdout).toStartWith(`No function of ${addressOf(server)} matches nothing`);

    expect(await json("workers")).toEqual([
      { clientId: "holder-1", address: "127.0.0.1", connection: expect.any(Number), functions: ["größe", "held"] },
    ]);
    const all = await json("workers --all");
    expect(all).toContainEqual(expect.objectContaining({ clientId: null, functions: [] }));
    expect((await command("workers")).stdout).toMatch(
      /^CLIENT ID +ADDRESS +CONNECTION +FUNCTIONS\nholder-1 +127.0.0.1 +\d+ +größe held\n$/,
    );
  });

  test("jobs are shown up to the limit, and how many more there are", async () => {
    await using client = new Client({ servers: [addressOf(server)] });
    const before = await json("jobs");
    const handles = [];
    for (let at = 0; at < 12; at += 1)
      handles.push(await client.submitBackground("many", "x", { unique: `many-${at}` }));
    const job = await client.submit("many", "x");
    job.result.catch(() => {});
    const count = before.length + 13;
    const rows = await json("jobs");
    expect(rows).toHaveLength(count);
    for (const handle of handles) {
      expect(rows).toContainEqual({ handle, retries: 0, isBackground: true, isWanted: true });
    }
    expect(rows).toContainEqual({ handle: job.handle, retries: 0, isBackground: false, isWanted: true });
    const few = await command("jobs --limit 2");
    expect(few.stdout).toEndWith(`\n… and ${count - 2} more; --limit ${count} shows them\n`);
    expect(few.stdout.split("\n")[0]).toMatch(/^HANDLE +RETRIES +BACKGROUND +WANTED$/);
    const fewJson = await command("jobs --limit 2 --json");
    expect(JSON.parse(fewJson.stdout)).toHaveLength(2);
    expect(fewJson.stderr).toBe(`gearwright: … and ${count - 2} more; --limit ${count} shows them\n`);
    const uniques = await json("jobs --uniques");
    expect(uniques).toContainEqual({ unique: "many-11" });
    const positions = handles.map((handle) => rows.findIndex((row) => row["handle"] === handle));
    expect(positions).toEqual([...positions].sort((one, other) => one - other));
  });

  test("a server that cannot be reached is named, and the others are shown", async () => {
    const port = await freePort();
    const servers = [`127.0.0.1:${port}`, addressOf(server)];
    const { status, stdout, stderr } = await runLine('"$0" status --json', target.runtime, servers);
    expect(status).toBe(3);
    expect(stderr).toStartWith(`gearwright: 127.0.0.1:${port} cannot be reached: nobody listens there; `);
    expect(JSON.parse(stdout)).toContainEqual(expect.objectContaining({ server: addressOf(server) }));
  });
});

describe.each(RUNTIMES)("on %s", (runtime) => {
  test("--server wins over the environment and may be repeated", async () => {
    await using first = await startServer();
    await using second = await startServer();
    const flags = `--server ${addressOf(first)} --server ${addressOf(second)}`;
    const { status, stdout } = await runLine(`"$0" workers --all --json ${flags}`, runtime, ["127.0.0.1:1"]);
    expect(status).toBe(0);
    expect(
      JSON.parse(stdout)
        .map((row: { readonly server: string }) => row.server)
        .sort(),
    ).toEqual([addressOf(first), addressOf(second)].sort());
  });

  test("shutdown ends a server at once, and --graceful when the job in hand is over", async () => {
    await using first = await startServer({ runtime });
    await using second = await startServer({ runtime });
    const stopped = await runLine('"$0" shutdown', runtime, [addressOf(first)]);
    expect(stopped).toEqual({ status: 0, stdout: `${addressOf(first)} ends.\n`, stderr: "" });
    expect(await first.exited).toBe("exit status 0");

    await using client = new Client({ servers: [addressOf(second)] });
    await using holder = new Holder(addressOf(second), "holder", ["held"]);
    const result = client.run("held", "x");
    await holder.held;
    const graceful = await runLine('"$0" shutdown --graceful --json', runtime, [addressOf(second)]);
    expect(JSON.parse(graceful.stdout)).toEqual([{ server: addressOf(second), mode: "graceful" }]);
    expect(second.ended).toBeUndefined();
    await holder[Symbol.asyncDispose]();
    expect(await result).toHaveLength(0);
    expect(await second.exited).toBe("exit status 0");
  });

  test("names with newlines and client ids with blanks are shown, and the others beside them", async () => {
    const replies: Readonly<Record<string, string>> = {
      status: "one\nname\t3\t1\t2\nplain\t0\t0\t1\n.\n",
      prioritystatus: "one\nname\t0\t2\t0\t2\nplain\t0\t0\t0\t1\n.\n",
      workers: "38 127.0.0.1 my own id : plain one\nname\n39 127.0.0.1 b\nc : plain\n40 127.0.0.1 - :\n.\n",
    };
    const server = createServer((socket) => {
      socket.on("error", () => {});
      socket.on("data", (command) => socket.write(replies[String(command).trim()] ?? "ERR\r\n"));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const place = server.address();
    const servers = [`127.0.0.1:${typeof place === "object" && place !== null ? place.port : 0}`];
    const functions = await runLine('"$0" status --json', runtime, servers);
    const workers = await runLine('"$0" workers --all --json', runtime, servers);
    server.close();
    expect(JSON.parse(functions.stdout)).toEqual([
      { function: "one\nname", waiting: 2, high: 0, normal: 2, low: 0, running: 1, workers: 2 },
      { function: "plain", waiting: 0, high: 0, normal: 0, low: 0, running: 0, workers: 1 },
    ]);
    const rows = JSON.parse(workers.stdout) as readonly Row[];
    expect(rows.map((row) => [row["clientId"], row["functions"]])).toEqual([
      [null, []],
      ["b\nc", ["plain"]],
      ["my own id", ["one\nname", "plain"]],
    ]);
  });

  test.skipIf(!existsSync("/dev/full"))("a full disk behind standard output is told", async () => {
    await using server = await startServer({ runtime });
    const { status, stderr } = await runLine('"$0" status >/dev/full', runtime, [addressOf(server)]);
    expect(stderr).toBe("gearwright: standard output cannot be written: the disk is full\n");
    expect(status).toBe(1);
  });

  test("a peer that is no job server is named", async () => {
    const server = createServer((socket) => {
      socket.on("error", () => {});
      socket.on("data", () => socket.write("500 what?\r\n.\n"));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const place = server.address();
    const port = typeof place === "object" && place !== null ? place.port : 0;
    const { status, stderr } = await runLine('"$0" status', runtime, [`127.0.0.1:${port}`]);
    server.close();
    expect(stderr).toBe(
      `gearwright: 127.0.0.1:${port} does not answer as a job server does ("500 what?"); is it one?\n`,
    );
    expect(status).toBe(1);
  });
});

describe.each(TARGETS.filter(({ form }) => form === "real"))("$title", (target) => {
  test("shutdown is refused with what to do", async () => {
    await using server = await startTarget(target);
    const { status, stderr } = await runLine('"$0" shutdown', target.runtime, [addressOf(server)]);
    expect(status).toBe(1);
    expect(stderr).toContain("gearmand has no such command; end its process with SIGTERM");
    await until(() => server.ended === undefined, { what: "gearmand goes on" });
  });
});
