/** bin/gearwright: finds a runtime and becomes it, wherever and however it is called. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { chmodSync, cpSync, mkdirSync, readlinkSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { BINARY, RUNTIMES, type RuntimeName } from "../harness/runtimes.ts";
import { Folder, LIMIT_MS, Program, procLine, run } from "./program.ts";

// Longer than any wait in it, so that the wait says what did not come.
setDefaultTimeout(6 * LIMIT_MS);

const SHELL_PATH = "/usr/bin:/bin";

/** A package without src, as npm installs it, whose program only says how it was run. */
function installInto(folder: Folder, path: string): string {
  const root = folder.file(path);
  mkdirSync(join(root, "bin"), { recursive: true });
  mkdirSync(join(root, "dist/cli"), { recursive: true });
  cpSync(realpathSync(BINARY), join(root, "bin/gearwright"));
  writeFileSync(join(root, "dist/cli/main.js"), "");
  return join(root, "bin/gearwright");
}

/** A program that stands for a runtime: says its version, or else what it was called with. */
function fakeRuntime(path: string, version: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `#!/bin/sh\n[ "$1" = --version ] && echo ${version} && exit\nprintf '<%s>' "$0" "$@"\n`);
  chmodSync(path, 0o755);
}

function fakePackage(folder: Folder, path: string, program: string, version: string): void {
  fakeRuntime(folder.file(join(path, program)), version);
  writeFileSync(folder.file(join(path, "package.json")), `{\n  "name": "x",\n  "version": "${version}"\n}\n`);
}

describe.each(RUNTIMES)("on %s", (runtime) => {
  test("it says its version and the runtime", async () => {
    const { status, stdout } = await run(["--version"], { runtime });
    expect(status).toBe(0);
    expect(stdout).toMatch(
      runtime === "bun" ? /^gearwright \d+\.\d+\.\d+ \(Bun 1\./ : /^gearwright \d+\.\d+\.\d+ \(Node 2/,
    );
  });

  test("it holds in an empty environment, through links, with blanks in names and arguments", async () => {
    using folder = new Folder();
    symlinkSync(BINARY, folder.file("real name"));
    symlinkSync("real name", folder.file("link name"));
    const program = folder.file("link name");
    const { status, stderr } = await run(["no such command"], { runtime, environment: {}, folder: "/", program });
    expect(status).toBe(1);
    expect(stderr).toContain("there is no command no such command");
  });

  test("its process is the runtime's", async () => {
    await using program = new Program(["serve", "--port", "0"], { runtime });
    await program.port();
    expect(readlinkSync(`/proc/${program.pid}/exe`)).toContain(runtime);
    expect(procLine(program.pid, "status", "PPid:")).toBe(String(process.pid));
  });

  test("files of the folder where it is started do not change it", async () => {
    using folder = new Folder();
    writeFileSync(folder.file(".env"), "GEARWRIGHT_PORT=none\n");
    writeFileSync(folder.file("bunfig.toml"), 'preload = ["./evil.ts"]\n');
    writeFileSync(folder.file("evil.ts"), 'console.log("evil"); process.exit(3);\n');
    const { status, stdout } = await run(["serve", "--check"], { runtime, folder: folder.path });
    expect({ status, stdout }).toEqual({ status: 0, stdout: "The settings are good.\n" });
  });
});

describe("which runtime is taken", () => {
  async function chosen(folder: Folder, runtime: RuntimeName | undefined): Promise<string> {
    const program = installInto(folder, "node_modules/gearwright");
    const environment = { PATH: `${folder.file("path")}:${folder.file("tools")}` };
    // The script needs no more of the system than this.
    mkdirSync(folder.file("tools"), { recursive: true });
    for (const tool of ["sh", "readlink"])
      symlinkSync(join(SHELL_PATH.split(":")[0] ?? "", tool), folder.file(`tools/${tool}`));
    const { stdout, stderr } = await run(["a b"], { runtime, environment, program });
    return `${stdout}${stderr}`.replaceAll(folder.path, "");
  }

  test("without one it says what to install", async () => {
    using folder = new Folder();
    expect(await chosen(folder, undefined)).toContain("install Bun 1.4 or newer (npm install bun) or Node 24 or newer");
  });

  test("Bun next to the installed package comes first", async () => {
    using folder = new Folder();
    fakePackage(folder, "node_modules/bun", "bin/bun.exe", "1.4.0");
    fakeRuntime(folder.file("path/bun"), "1.9.0");
    expect(await chosen(folder, undefined)).toMatch(
      /^<\/node_modules\/bun\/bin\/bun.exe>.*<\/node_modules\/gearwright\/dist\/cli\/main.js><a b>$/,
    );
  });

  test("a Bun that is too old is passed over, and the one on PATH taken", async () => {
    using folder = new Folder();
    fakePackage(folder, "node_modules/bun", "bin/bun.exe", "1.3.9");
    fakeRuntime(folder.file("path/bun"), "1.10.0");
    expect(await chosen(folder, undefined)).toStartWith("</path/bun>");
  });

  test("Node is taken where there is no Bun, next to the package before PATH", async () => {
    using folder = new Folder();
    fakeRuntime(folder.file("path/bun"), "1.3.0");
    fakeRuntime(folder.file("path/node"), "v24.0.0");
    fakePackage(folder, "node_modules/gearwright/node_modules/node", "bin/node", "26.1.0");
    expect(await chosen(folder, undefined)).toStartWith("</node_modules/gearwright/node_modules/node/bin/node>");
  });

  test("a Node that is too old is not taken", async () => {
    using folder = new Folder();
    fakeRuntime(folder.file("path/node"), "v22.9.0");
    expect(await chosen(folder, undefined)).toContain("no runtime was found");
  });

  test("GEARWRIGHT_RUNTIME chooses, and nothing else is taken instead", async () => {
    using folder = new Folder();
    fakeRuntime(folder.file("path/bun"), "1.4.5");
    expect(await chosen(folder, "node")).toContain("Node 24 or newer was not found");
    using other = new Folder();
    fakeRuntime(other.file("path/bun"), "1.4.5");
    fakeRuntime(other.file("path/node"), "v24.1.0");
    expect(await chosen(other, "node")).toStartWith("</path/node>");
  });

  test("another word in GEARWRIGHT_RUNTIME is refused", async () => {
    const { status, stderr } = await run(["--version"], {
      runtime: undefined,
      environment: { GEARWRIGHT_RUNTIME: "deno" },
    });
    expect(status).toBe(1);
    expect(stderr).toBe("gearwright: GEARWRIGHT_RUNTIME is deno; write bun or node\n");
  });
});
