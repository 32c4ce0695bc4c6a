/** `gearwright serve` as a user meets it, on both runtimes. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, renameSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { freePort } from "../harness/free-port.ts";
import { RUNTIMES } from "../harness/runtimes.ts";
import { canConnect, Folder, LIMIT_MS, Program, run, until } from "./program.ts";
import { TYPE, Wire } from "./wire.ts";

// Longer than any wait in it, so that the wait says what did not come.
setDefaultTimeout(6 * LIMIT_MS);

describe.each(RUNTIMES)("on %s", (runtime) => {
  const start = (...args: readonly string[]) => new Program(["serve", "--listen", "127.0.0.1:0", ...args], { runtime });

  test("it says where it listens and what to try, and ends with 0 on SIGTERM", async () => {
    await using server = new Program(["serve", "--port", "0", "--store", "memory", "--http", "off"], { runtime });
    const port = await server.port();
    expect(await canConnect(port)).toBe(true);
    await until(() => server.stdout.split("\n").length === 3, "both lines are there");
    expect(server.stdout).toMatch(/^Gearwright [\d.]+ on \w+ [\d.]+ listens on 127\.0\.0\.1:\d+/);
    expect(server.stdout).toContain(`Try: gearman -h 127.0.0.1 -p ${port} -w -f up -- tr a-z A-Z &`);
    server.kill("SIGTERM");
    expect(await server.exit).toBe(0);
    expect(await canConnect(port)).toBe(false);
  });

  test("a unix socket works as well, and is gone afterwards", async () => {
    using folder = new Folder();
    const path = folder.file("s.sock");
    await using server = new Program(["serve", "--listen", `unix:${path}`], { runtime });
    await until(() => server.stdout.includes(path), "it says where it listens");
    const socket = connect(path);
    await new Promise<void>((resolve, reject) => socket.once("connect", resolve).on("error", reject));
    server.kill("SIGTERM");
    expect(await server.exit).toBe(0);
    socket.destroy();
    expect(existsSync(path)).toBe(false);
  });

  test("--check prints every mistake and ends with 1, or with 0 when there is none", async () => {
    const bad = await run(["serve", "--check", "--idle", "60", "--prot", "1"], { runtime });
    expect(bad.status).toBe(1);
    expect(bad.stderr.trimEnd().split("\n")).toEqual([
      "gearwright: --prot: there is no such flag; did you mean --port?",
      'gearwright: --idle: "60" is not a time with its unit, such as 60s or 500ms; write one from 100ms to 24h',
    ]);
    expect((await run(["serve", "--check", "--idle", "60s"], { runtime })).status).toBe(0);
  });

  test("a port that is taken is one clear sentence and status 1, and the other server keeps its pid file", async () => {
    using folder = new Folder();
    const pidFile = folder.file("pid");
    await using first = start("--pid-file", pidFile);
    const port = await first.port();
    const second = await run(["serve", "--listen", `127.0.0.1:${port}`, "--pid-file", pidFile], { runtime });
    expect(second.status).toBe(1);
    expect(second.stderr).toMatch(new RegExp(`^gearwright: [^\\n]*127\\.0\\.0\\.1[^\\n]*${port}[^\\n]*\\n$`));
    expect(folder.read("pid")).toBe(`${first.pid}\n`);
    first.kill("SIGTERM");
    await first.exit;
    expect(existsSync(pidFile)).toBe(false);
  });

  test("an address that this machine does not have, and files that cannot be written, are told in one sentence", async () => {
    using folder = new Folder();
    for (const args of [
      ["--listen", "192.0.2.1:0", "--insecure"],
      ["--listen", "no-such-name.invalid:0", "--insecure"],
      ["--listen", `unix:${folder.file("none/s")}`],
      ["--listen", "127.0.0.1:0", "--pid-file", folder.file("none/pid")],
      ["--listen", "127.0.0.1:0", "--log-file", folder.file("none/log")],
    ]) {
      const { status, stderr } = await run(["serve", ...args], { runtime });
      expect(status).toBe(1);
      expect(stderr).toMatch(/^gearwright: [^\n]+\n$/);
      expect(stderr).toMatch(
        /does not have that address|no address of that name|folder does not exist|permission is denied/,
      );
    }
  });

  test("settings come from the environment and the file, too", async () => {
    using folder = new Folder();
    writeFileSync(folder.file("a.toml"), 'handle-prefix = "X:y"\n');
    const environment = { PATH: "/usr/bin:/bin", GEARWRIGHT_CONFIG: folder.file("a.toml"), GEARWRIGHT_PORT: "0" };
    await using server = new Program(["serve"], { runtime, environment });
    using client = await Wire.open(await server.port());
    client.send(TYPE.SUBMIT_JOB_BG, "f", "", "x");
    expect((await client.receive()).args[0]).toStartWith("X:y:");
  });

  test("SIGTERM lets the job in hand end and takes no new one", async () => {
    await using server = start();
    const port = await server.port();
    using worker = await Wire.open(port);
    using client = await Wire.open(port);
    const handle = await holdJob(worker, client);
    server.kill("SIGTERM");
    await until(async () => !(await canConnect(port)), "the listener is closed");
    client.send(TYPE.SUBMIT_JOB, "f", "", "y");
    expect(await client.receive()).toMatchObject({ type: 19, args: ["QUEUE_ERROR", expect.any(String)] });
    worker.send(TYPE.WORK_COMPLETE, handle, "done");
    expect(await client.receive()).toEqual({ type: TYPE.WORK_COMPLETE, args: [handle, "done"] });
    expect(await server.exit).toBe(0);
  });

  test("a second signal ends it at once, and so does the end of --grace", async () => {
    for (const [args, signals] of [
      [["--grace", "24h"], 2],
      [["--grace", "50ms"], 1],
    ] as const) {
      await using server = start(...args);
      const port = await server.port();
      using worker = await Wire.open(port);
      using client = await Wire.open(port);
      await holdJob(worker, client);
      server.kill("SIGTERM");
      await until(async () => !(await canConnect(port)), "the listener is closed");
      if (signals === 2) server.kill("SIGINT");
      expect(await server.exit).toBe(0);
    }
  });

  test("SIGHUP opens the log again and takes the new level; with a mistake the old one stays", async () => {
    using folder = new Folder();
    const config = folder.file("a.toml");
    writeFileSync(config, 'verbose = "NOTICE"\n');
    await using server = start("--config", config, "--log-file", folder.file("log"), "--log-format", "json");
    await server.port();
    writeFileSync(config, 'verbose = "NONE"\n');
    server.kill("SIGHUP");
    await until(() => folder.read("log").includes("not reloaded"), "the mistake is in the log");
    renameSync(folder.file("log"), folder.file("log.1"));
    writeFileSync(config, 'verbose = "DEBUG"\nbacklog = 7\n');
    server.kill("SIGHUP");
    await until(() => folder.read("log").includes("settings reloaded"), "the new log says so");
    const lines = folder
      .read("log")
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines).toContainEqual(
      expect.objectContaining({ text: "some new settings need a restart", settings: "--backlog" }),
    );
    expect(lines).toContainEqual(expect.objectContaining({ text: "settings reloaded", verbose: "DEBUG" }));
  });

  test("a log that goes nowhere does not stop it", async () => {
    await using server = start("--log-file", "/dev/full", "-vv");
    const port = await server.port();
    for (let i = 0; i < 50; i += 1) expect(await canConnect(port)).toBe(true);
    server.kill("SIGTERM");
    expect(await server.exit).toBe(0);
  });

  test("the pid file is there before the port answers", async () => {
    using folder = new Folder();
    const port = await freePort();
    await using server = new Program(["serve", "--listen", `127.0.0.1:${port}`, "--pid-file", folder.file("pid")], {
      runtime,
    });
    await until(() => canConnect(port), "the port answers");
    expect(folder.read("pid")).toBe(`${server.pid}\n`);
  });
});

describe("help", () => {
  test("--help, help and help COMMAND print to standard output and end with 0", async () => {
    for (const args of [["--help"], ["-h"], ["help"], ["help", "serve"], ["serve", "--help"], ["help", "gearmand"]]) {
      const { status, stdout, stderr } = await run(args, { runtime: "bun" });
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
      expect(stdout).toStartWith("Usage: gearwright ");
      for (const line of stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
    }
  });

  test("an unknown command ends with 1 and a suggestion, none with the list of commands", async () => {
    const { status, stderr } = await run(["serv"], { runtime: "bun" });
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: "gearwright: there is no command serv; did you mean serve?\n",
    });
    const none = await run([], { runtime: "bun" });
    expect(none.status).toBe(1);
    expect(none.stderr).toContain("help COMMAND");
    // What every object of the language has is no command.
    const inherited = await run(["help", "constructor"], { runtime: "bun" });
    expect(inherited.stderr).toBe("gearwright: there is no command constructor; see gearwright --help\n");
  });
});

/** Makes a worker hold a foreground job of function f; its handle. */
async function holdJob(worker: Wire, client: Wire): Promise<string> {
  worker.send(TYPE.CAN_DO, "f");
  client.send(TYPE.SUBMIT_JOB, "f", "", "x");
  const created = await client.receive();
  worker.send(TYPE.GRAB_JOB);
  expect((await worker.receive()).type).toBe(TYPE.JOB_ASSIGN);
  return created.args[0] ?? "";
}
