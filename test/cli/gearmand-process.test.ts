/** `gearwright gearmand` as a process: files, signals, limits, user, background. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { chmodSync, existsSync, renameSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { freePort } from "../harness/free-port.ts";
import { RUNTIMES } from "../harness/runtimes.ts";
import { Gearmand } from "./gearmand-program.ts";
import { canConnect, Folder, LIMIT_MS, Program, procLine, run, until } from "./program.ts";
import { Wire } from "./wire.ts";

// Longer than any wait in it, so that the wait says what did not come.
setDefaultTimeout(6 * LIMIT_MS);

const isRoot = process.getuid?.() === 0;

/** A process that is not our child; killed when it goes out of scope. */
class DetachedProcess implements Disposable {
  readonly pid: number;

  constructor(pid: number) {
    expect(pid).toBeGreaterThan(1);
    this.pid = pid;
  }

  /** True also for a process that waits to be taken note of by its parent. */
  get hasEnded(): boolean {
    return !existsSync(`/proc/${this.pid}`) || procLine(this.pid, "status", "State:").startsWith("Z");
  }

  [Symbol.dispose](): void {
    if (!this.hasEnded) process.kill(this.pid, "SIGKILL");
  }
}

describe.each(RUNTIMES)("on %s", (runtime) => {
  const start = (...args: readonly string[]) => Gearmand.start(runtime, args);

  test("-p and -L say where it listens, and the pid file holds the process id before the port answers", async () => {
    await using gearmand = await start();
    expect(await gearmand.answers()).toBe(true);
    expect(gearmand.folder.read("pid")).toBe(`${gearmand.program.pid}\n`);
    expect(await canConnect(gearmand.port, "127.0.0.2")).toBe(false);
    gearmand.program.kill("SIGTERM");
    expect(await gearmand.program.exit).toBe(0);
    expect(existsSync(gearmand.folder.file("pid"))).toBe(false);
  });

  test("without -L it listens on every address, IPv4 and IPv6, and the log warns of it at any level", async () => {
    using folder = new Folder();
    const port = await freePort();
    const args = ["gearmand", "-p", String(port), "-l", folder.file("log"), "-P", folder.file("pid")];
    await using program = new Program(args, { runtime, environment: {} });
    await until(() => canConnect(port, "127.0.0.2"), "IPv4 answers");
    expect(await canConnect(port, "::1")).toBe(true);
    await until(() => folder.read("log").includes("\n"), "the log has a line");
    expect(folder.read("log")).toContain("WARNING  other machines may connect");
    expect(program.stderr).toBe("");
  });

  test("GEARMAND_PORT is the port while -p is absent", async () => {
    using folder = new Folder();
    const port = await freePort();
    const args = ["gearmand", "-L", "localhost", "-l", "none", "-P", folder.file("pid")];
    await using program = new Program(args, { runtime, environment: { GEARMAND_PORT: String(port) } });
    await until(() => canConnect(port), "the port answers");
    expect(program.pid).toBeGreaterThan(0);
  });

  test("--verbose says what the log file gets, and SIGHUP opens it again", async () => {
    await using gearmand = await start("--verbose", "NOTICE");
    renameSync(gearmand.folder.file("log"), gearmand.folder.file("log.1"));
    gearmand.program.kill("SIGHUP");
    await until(() => existsSync(gearmand.folder.file("log")), "the log is there again");
    gearmand.program.kill("SIGTERM");
    expect(await gearmand.program.exit).toBe(0);
    expect(gearmand.log).toContain("the server has ended");
    await using quiet = await start();
    quiet.program.kill("SIGTERM");
    expect(await quiet.program.exit).toBe(0);
    expect(quiet.log).toBe("");
  });

  test("-l stderr and -l none", async () => {
    await using folder = await start();
    const port = await freePort();
    const args = [
      "gearmand",
      "-L",
      "127.0.0.1",
      "-p",
      String(port),
      "-P",
      folder.folder.file("pid2"),
      "--verbose",
      "INFO",
    ];
    await using loud = new Program([...args, "-l", "stderr"], { runtime });
    await until(() => loud.stderr.includes("listening"), "the log comes on standard error");
    loud.kill("SIGTERM");
    await loud.exit;
    await using silent = new Program([...args, "-l", "none"], { runtime });
    await until(() => canConnect(port), "the port answers");
    expect(silent.stderr).toBe("");
  });

  test("a log file that cannot be opened is replaced by stderr; a pid file that cannot be written is fatal", async () => {
    using folder = new Folder();
    const port = await freePort();
    const args = ["gearmand", "-L", "127.0.0.1", "-p", String(port)];
    await using program = new Program([...args, "-P", folder.file("pid"), "-l", folder.file("none/log")], { runtime });
    await until(() => canConnect(port), "the port answers");
    expect(program.stderr).toContain("the log goes to standard error");
    const failed = await run(["gearmand", "-p", "0", "-l", "none", "-P", folder.file("none/pid")], { runtime });
    expect(failed.status).toBe(1);
    expect(failed.stderr).toContain("the pid file");
  });

  test("a port that is taken is one sentence and status 1, also through -d", async () => {
    await using first = await start();
    for (const extra of [[], ["-d"]]) {
      const args = [
        "gearmand",
        "-L",
        "127.0.0.1",
        "-p",
        String(first.port),
        "-l",
        "none",
        "-P",
        first.folder.file("pid"),
      ];
      const { status, stderr } = await run([...args, ...extra], { runtime });
      expect(status).toBe(1);
      expect(stderr).toMatch(new RegExp(`^gearwright: [^\\n]*${first.port}[^\\n]*\\n$`));
      expect(first.folder.read("pid")).toBe(`${first.program.pid}\n`);
    }
  });

  test("-d returns once the port is bound; the server is in a session of its own and its pid file is right", async () => {
    using folder = new Folder();
    const port = await freePort();
    const args = ["gearmand", "-d", "-L", "127.0.0.1", "-p", String(port), "-l", "log", "-P", "pid"];
    const { status, stdout, stderr } = await run(args, { runtime, folder: folder.path });
    using detached = new DetachedProcess(Number(folder.read("pid")));
    expect(await canConnect(port)).toBe(true);
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: "", stderr: "" });
    expect(procLine(detached.pid, "status", "NSsid:")).toBe(String(detached.pid));
    expect(existsSync(folder.file("log"))).toBe(true);
    process.kill(detached.pid, "SIGTERM");
    await until(() => detached.hasEnded, "the server has ended");
    expect(existsSync(folder.file("pid"))).toBe(false);
  });

  test("-f sets the limit of open files, --coredump that of core dumps; also from the configuration file", async () => {
    await using plain = await start("-f", "321", "--coredump");
    expect(procLine(plain.program.pid, "limits", "Max open files")).toBe("321 321 files");
    expect(procLine(plain.program.pid, "limits", "Max core file size")).toBe("unlimited unlimited bytes");
    using folder = new Folder();
    writeFileSync(folder.file("conf"), "--file-descriptors=322\n-R\n");
    await using fromFile = await start(`--config-file=${folder.file("conf")}`);
    expect(procLine(fromFile.program.pid, "limits", "Max open files")).toBe("322 322 files");
    await using together = await start("-Rf323");
    expect(procLine(together.program.pid, "limits", "Max open files")).toBe("323 323 files");
  });

  test.skipIf(!isRoot)("-u becomes the user with its groups once the port is bound", async () => {
    await using gearmand = await start("-u", "nobody");
    const { pid } = gearmand.program;
    await until(() => procLine(pid, "status", "Uid:") === "65534 65534 65534 65534", "the user has changed");
    expect(procLine(pid, "status", "Gid:")).toBe("65534 65534 65534 65534");
    expect(procLine(pid, "status", "Groups:")).toBe("65534");
    const unknown = await run(
      ["gearmand", "-p", "0", "-l", "none", "-P", gearmand.folder.file("p"), "-u", "no such user"],
      { runtime },
    );
    expect(unknown).toMatchObject({
      status: 1,
      stderr: "gearwright: --user: there is no user no such user on this machine\n",
    });
  });

  test("-b is the backlog that the system gets, as far as the runtime lets it", async () => {
    if (runtime === "bun") {
      await using gearmand = await start("-b", "5000");
      await until(() => gearmand.log.includes("\n"), "the log has a line");
      expect(gearmand.log).toContain("Bun listens with a backlog of 512");
      return;
    }
    await using gearmand = await start("-b", "5");
    // Once this is answered, nothing else waits to be accepted.
    using first = await Wire.open(gearmand.port);
    await first.receivedSoFar();
    process.kill(gearmand.program.pid, "SIGSTOP");
    const sockets = Array.from({ length: 20 }, () => connect(gearmand.port, "127.0.0.1").on("error", () => {}));
    const openCount = () => sockets.filter((socket) => !socket.connecting).length;
    await until(() => openCount() >= 6, "some connections wait to be accepted");
    // Connections to this machine are answered by the kernel in the order in which they were asked for.
    await using fence = await start();
    expect(await fence.answers()).toBe(true);
    // The kernel completes one more connection than the backlog says.
    expect(openCount()).toBe(6);
    process.kill(gearmand.program.pid, "SIGCONT");
    for (const socket of sockets) socket.destroy();
  });

  test("--syslog sends the log through logger", async () => {
    using tools = new Folder();
    writeFileSync(tools.file("logger"), `#!/bin/sh\necho "$@" >>${tools.file("args")}\ncat >>${tools.file("lines")}\n`);
    chmodSync(tools.file("logger"), 0o755);
    const environment = { PATH: `${tools.path}:/usr/bin:/bin` };
    await using gearmand = await Gearmand.start(runtime, ["--syslog", "--verbose", "NOTICE", "-j", "0"], {
      environment,
    });
    gearmand.program.kill("SIGTERM");
    expect(await gearmand.program.exit).toBe(0);
    await until(() => tools.read("lines").includes("the server has ended"), "the line reached logger");
    expect(tools.read("args")).toContain("-t gearmand -p daemon.notice");
    expect(gearmand.log).toContain("the server has ended");
  });

  test("SIGINT and SIGTERM stop it at once although a client is connected", async () => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      await using gearmand = await start();
      const socket = connect(gearmand.port, "127.0.0.1").on("error", () => {});
      await new Promise<void>((resolve) => socket.once("connect", resolve));
      gearmand.program.kill(signal);
      expect(await gearmand.program.exit).toBe(0);
      socket.destroy();
    }
  });

  test("--check-args, --help and --version end at once with gearmand's status", async () => {
    expect(await run(["gearmand", "--check-args", "-p", "1", "-q", "builtin"], { runtime })).toMatchObject({
      status: 0,
      stderr: "",
    });
    expect((await run(["gearmand", "--check-args", "--nosuch"], { runtime })).status).toBe(1);
    const version = await run(["gearmand", "-V"], { runtime });
    expect(version.status).toBe(0);
    expect(version.stdout).toMatch(/^\ngearmand 2\.0\.0-51\+gearwright\.[\d.]+ - https:\/\/\S+\n$/);
    const help = await run(["gearmand", "-h"], { runtime });
    expect(help.status).toBe(0);
    expect(help.stdout).toContain("-p, --port WORD");
  });

  test("queue types that need a store are refused, builtin is taken in any case of letters", async () => {
    const refused = await run(["gearmand", "-q", "MySQL", "--mysql-host", "db"], { runtime });
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain("a store on MySQL comes with a later version");
    await using gearmand = await start("-q", "Builtin");
    expect(await gearmand.answers()).toBe(true);
  });

  test("its port answers within 300 ms, or on a busy machine within four times what --version takes", async () => {
    let limitMs = 300;
    let bestMs = Number.POSITIVE_INFINITY;
    for (let i = 0; i < 5 && bestMs > limitMs; i += 1) {
      const startMs = performance.now();
      await run(["--version"], { runtime, environment: {} });
      limitMs = Math.max(limitMs, 4 * (performance.now() - startMs));
      using folder = new Folder();
      const port = await freePort();
      const beforeMs = performance.now();
      const args = ["gearmand", "-L", "127.0.0.1", "-p", String(port), "-l", "none", "-P", folder.file("pid")];
      await using program = new Program(args, { runtime, environment: {}, folder: "/" });
      await until(() => canConnect(port), "the port answers");
      bestMs = Math.min(bestMs, performance.now() - beforeMs);
      expect(program.stderr).toBe("");
    }
    expect(bestMs).toBeLessThan(limitMs);
  });
});
