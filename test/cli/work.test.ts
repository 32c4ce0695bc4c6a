/** `gearwright work` against our server and gearmand: results, failures, signals, lost servers. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { Client } from "../../src/client/client.ts";
import type { Update } from "../../src/client/client-options.ts";
import { freePort } from "../harness/free-port.ts";
import { RUNTIMES } from "../harness/runtimes.ts";
import { type ServerProcess, startServer } from "../harness/server-process.ts";
import { addressOf, environmentFor, startTarget, TARGETS } from "./job-server.ts";
import { Folder, LIMIT_MS, Program, run, until } from "./program.ts";

setDefaultTimeout(6 * LIMIT_MS);

const textOf = (data: Uint8Array) => Buffer.from(data).toString();

/** Whether a process runs; one that only waits for its parent does not. */
function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

/** The lines of a file that commands append to. */
function linesIn(folder: Folder, name: string): readonly string[] {
  return folder
    .read(name)
    .split("\n")
    .filter((line) => line !== "");
}

/** Sends a signal again and again: what comes within half a second counts as the same stop. */
async function signalUntilItEnds(program: Program, signal: NodeJS.Signals): Promise<void> {
  await until(() => {
    if (isAlive(program.pid)) program.kill(signal);
    return !isAlive(program.pid);
  }, "it has ended");
}

/** Kills the processes whose ids are in the file `pids`, should the test have failed. */
class Leftover implements Disposable {
  readonly #folder: Folder;

  constructor(folder: Folder) {
    this.#folder = folder;
  }

  [Symbol.dispose](): void {
    for (const pid of linesIn(this.#folder, "pids").map(Number).filter(isAlive)) process.kill(pid, "SIGKILL");
  }
}

describe.each([...TARGETS])("$title", (target) => {
  let server: ServerProcess;
  let client: Client;
  const { runtime } = target;
  const start = (words: readonly string[]) =>
    new Program(["work", ...words], { runtime, environment: environmentFor([addressOf(server)]) });

  beforeAll(async () => {
    server = await startTarget(target);
    client = new Client({ servers: [addressOf(server)] });
  });
  afterAll(async () => {
    await client.close();
    await server.stop();
  });

  test("workload, result and environment are those of the job", async () => {
    await using _cat = start(["cat", "--", "cat"]);
    await using _facts = start([
      "facts",
      "--",
      "sh",
      "-c",
      'printf "%s|" "$GEARWRIGHT_FUNCTION" "$GEARWRIGHT_UNIQUE" "$GEARWRIGHT_HANDLE"',
    ]);
    const workload = Buffer.alloc(
      3_000_000,
      Uint8Array.from({ length: 256 }, (_, at) => at),
    );
    expect(Buffer.compare(await client.run("cat", workload), workload)).toBe(0);
    expect(await client.run("cat", "")).toHaveLength(0);
    // The command does not read the workload, which is no error.
    const job = await client.submit("facts", workload, { unique: "größe" });
    expect(textOf(await job.result)).toBe(`facts|größe|${job.handle}|`);
  });

  test("lines on standard error are warnings, and are shown", async () => {
    await using program = start(["warn", "--", "sh", "-c", "echo one >&2; printf two >&2; echo done"]);
    const updates: Update[] = [];
    const onUpdate = (update: Update) => updates.push(update);
    expect(textOf(await client.run("warn", "", { onUpdate }))).toBe("done\n");
    expect(updates.map((update) => (update.kind === "warning" ? textOf(update.data) : update.kind))).toEqual([
      "one",
      "two",
    ]);
    expect(program.stderr).toContain("one\ntwo\n");
  });

  test("a line over 64 KiB on standard error becomes several warnings", async () => {
    await using _program = start(["long", "--", "sh", "-c", "head -c 65537 /dev/zero >&2"]);
    const sizes: number[] = [];
    const onUpdate = (update: Update) => {
      if (update.kind === "warning") sizes.push(update.data.length);
    };
    await client.run("long", "", { onUpdate });
    expect(sizes).toEqual([65_536, 1]);
  });

  test("another exit status, a signal and too much of a result are failures", async () => {
    await using program = start(["fail", "--", "sh", "-c", 'read -r how; eval "$how"']);
    const outcome = (how: string) =>
      client.run("fail", `${how}\n`).then(
        (result) => result.length,
        (error: { readonly code: string }) => error.code,
      );
    expect(await outcome("exit 3")).toBe("JOB_FAILED");
    expect(program.stderr).toContain("the command ended with exit status 3");
    expect(await outcome("kill -9 $$")).toBe("JOB_FAILED");
    expect(program.stderr).toContain("the command was ended by SIGKILL");
    expect(await outcome("exec head -c 67108865 /dev/zero")).toBe("JOB_FAILED");
    expect(program.stderr).toContain("the result is over 64 MiB; the command was killed");
    expect(await outcome("printf four")).toBe(4);
  });

  test("--concurrency is how many commands run at once", async () => {
    using folder = new Folder();
    const wait = `echo x >>${folder.file("started")}; until [ -e ${folder.file("go")} ]; do sleep 0.02; done`;
    await using _program = start(["many", "--concurrency", "3", "--", "sh", "-c", wait]);
    const results = Array.from({ length: 5 }, () => client.run("many", "x"));
    await until(() => linesIn(folder, "started").length === 3, "three are in hand");
    writeFileSync(folder.file("go"), "");
    await Promise.all(results);
    expect(linesIn(folder, "started")).toHaveLength(5);
  });

  test("after SIGTERM the job in hand ends, and then the worker with status 0", async () => {
    using folder = new Folder();
    const wait = `echo x >>${folder.file("started")}; until [ -e ${folder.file("go")} ]; do sleep 0.02; done; echo done`;
    await using program = start(["drained", "--", "sh", "-c", wait]);
    const first = client.run("drained", "1");
    await until(() => linesIn(folder, "started").length === 1, "one is in hand");
    const handle = await client.submitBackground("drained", "2");
    program.kill("SIGTERM");
    await until(() => program.stderr.includes("stops when 1 job in hand ends"), "it says what it waits for");
    writeFileSync(folder.file("go"), "");
    expect(textOf(await first)).toBe("done\n");
    expect(await program.exit).toBe(0);
    expect(linesIn(folder, "started")).toHaveLength(1);
    expect((await client.status(handle)).isKnown).toBe(true);
  });

  test.each([
    ["SIGTERM", 143],
    ["SIGINT", 130],
  ] as const)("a second %s ends it at once, with its commands and their children", async (signal, status) => {
    using folder = new Folder();
    using _leftover = new Leftover(folder);
    const wait = `sleep 1000 & echo $! >>${folder.file("pids")}; echo $$ >>${folder.file("pids")}; wait`;
    await using program = start([`hard-${signal}`, "--", "sh", "-c", wait]);
    await client.submitBackground(`hard-${signal}`, "x");
    await until(() => linesIn(folder, "pids").length === 2, "it is in hand");
    const pids = linesIn(folder, "pids").map(Number);
    expect(pids.map(isAlive)).toEqual([true, true]);
    program.kill(signal);
    await until(() => program.stderr.includes("a second signal ends at once"), "the first signal was heard");
    // One that comes at once is the same stop, told twice.
    program.kill(signal);
    await signalUntilItEnds(program, signal);
    expect(await program.exit).toBe(status);
    await until(() => !pids.some(isAlive), "no process is left");
  });

  test("when a job's time is over its processes end, also those that ignore SIGTERM", async () => {
    using folder = new Folder();
    using _leftover = new Leftover(folder);
    const wait = `trap "" TERM; sleep 1000 & echo $! >>${folder.file("pids")}; echo $$ >>${folder.file("pids")}; while :; do wait; done`;
    await using program = start(["stuck", "--timeout", "1s", "--", "sh", "-c", wait]);
    const handle = await client.submitBackground("stuck", "x");
    await until(() => linesIn(folder, "pids").length >= 2, "it is in hand");
    const pids = linesIn(folder, "pids").slice(0, 2).map(Number);
    await until(() => !pids.some(isAlive), "no process is left");
    expect(program.stderr).toContain(`${handle} at ${addressOf(server)}: the job of stuck was not over within 1000 ms`);
    // The server gives the job out again, so there are processes to end.
    await until(() => linesIn(folder, "pids").length >= 4, "it is in hand again");
    program.kill("SIGTERM");
    const isHeard = () => program.stderr.includes("a second signal ends at once") || !isAlive(program.pid);
    await until(isHeard, "the signal was heard");
    await signalUntilItEnds(program, "SIGTERM");
    await program.exit;
    await until(() => !linesIn(folder, "pids").map(Number).some(isAlive), "no process is left");
  });

  test("a command that can no more be started fails the job and ends the worker", async () => {
    using folder = new Folder();
    const path = folder.file("command");
    writeFileSync(path, "#!/bin/sh\necho yes\n");
    chmodSync(path, 0o755);
    await using program = start(["vanishing", "--", path]);
    expect(textOf(await client.run("vanishing", ""))).toBe("yes\n");
    rmSync(path);
    const code = await client.run("vanishing", "").catch((error: { readonly code: string }) => error.code);
    expect(code).toBe("JOB_FAILED");
    expect(await program.exit).toBe(1);
    expect(program.stderr).toContain(`the command cannot be started: ${path} is no program that may be run`);
  });
});

describe.each(RUNTIMES)("on %s", (runtime) => {
  test("a command that cannot be started is said at once", async () => {
    using folder = new Folder();
    writeFileSync(folder.file("plain"), "");
    const plain = await run(["work", "x", "--", folder.file("plain")], { runtime });
    expect(plain.status).toBe(1);
    expect(plain.stderr).toBe(
      `gearwright: the command cannot be started: ${folder.file("plain")} is no program that may be run\n`,
    );
  });

  test("all servers are served, and lost and regained ones are told", async () => {
    const port = await freePort();
    const late = `127.0.0.1:${port}`;
    await using steady = await startServer({ runtime });
    const servers = [addressOf(steady), late];
    await using program = new Program(["work", "up", "--client-id", "up-1", "--", "tr", "a-z", "A-Z"], {
      runtime,
      environment: environmentFor(servers),
    });
    const says = (text: string) => until(() => program.stderr.includes(text), text);
    await says(`waits for jobs of up at ${addressOf(steady)}\n`);
    await says(`${late} cannot be reached: nobody listens there; `);
    const serve = ["serve", "--listen", late];
    for (const time of ["first", "again"]) {
      await using server = new Program(serve, { runtime });
      await says(time === "first" ? `at ${late}\n` : `again at ${late}\n`);
      for (const address of servers) {
        await using client = new Client({ servers: [address] });
        expect(textOf(await client.run("up", time))).toBe(time.toUpperCase());
      }
      server.kill("SIGKILL");
      await server.exit;
      await until(
        () => program.stderr.split(late).length >= (time === "first" ? 4 : 6),
        "it is told that the server is lost",
      );
    }
    const clientIds = await run(["workers", "--json", "--server", addressOf(steady)], { runtime });
    expect(JSON.parse(clientIds.stdout)).toMatchObject([{ clientId: "up-1", functions: ["up"] }]);
    program.kill("SIGINT");
    expect(await program.exit).toBe(0);
    expect(existsSync(`/proc/${program.pid}`)).toBe(false);
  });
});
