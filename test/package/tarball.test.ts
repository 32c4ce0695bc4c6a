/** The package as users install it: what is in it, and that it serves. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { execFileSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { join, posix } from "node:path";
import { ROOT_FOLDER, RUNTIMES, SERVER_PATH } from "../harness/runtimes.ts";
import { startServer } from "../harness/server-process.ts";
import { Wire } from "../harness/wire.ts";
import { type InstalledPackage, installedPackage } from "./installed-package.ts";

const INSTALL_LIMIT_MS = 120_000;

/**
 * What the tarball may have, bytes, and what is then on the disk; 0.1.0 has some 240,000 and 880,000. Most of it is the program,
 * the job server that gearwright/testing loads, and the documents; the library has a budget of its own in library.test.ts.
 */
const PACKED_BYTES_MAX = 300_000;
const UNPACKED_BYTES_MAX = 1_100_000;

let installed: InstalledPackage;

beforeAll(async () => {
  installed = await installedPackage(ROOT_FOLDER);
}, INSTALL_LIMIT_MS);

afterAll(async () => {
  await installed[Symbol.asyncDispose]();
});

function manifest(): Record<string, unknown> {
  return JSON.parse(readFileSync(join(installed.folder, "node_modules/gearwright/package.json"), "utf8"));
}

describe("the package", () => {
  test("has what it needs and nothing of the workshop", () => {
    const tops = new Set(installed.files.map((path) => path.split("/")[1]));
    expect([...tops].sort()).toEqual(["CHANGELOG.md", "LICENSE", "README.md", "bin", "dist", "docs", "package.json"]);
    for (const path of [
      "bin/gearwright",
      "dist/cli/main.js",
      "dist/index.js",
      "dist/index.d.ts",
      "dist/testing/start-test-server.js",
      "dist/testing/start-test-server.d.ts",
      "dist/LICENSES.txt",
    ]) {
      expect(installed.files).toContain(`package/${path}`);
    }
  });

  test("keeps to its budget", () => {
    expect(installed.packedBytes).toBeLessThan(PACKED_BYTES_MAX);
    expect(installed.unpackedBytes).toBeLessThan(UNPACKED_BYTES_MAX);
  });

  test("says of each entry point where its types and its module are, types first", () => {
    const { exports, type } = manifest() as {
      readonly exports: Readonly<Record<string, unknown>>;
      readonly type: unknown;
    };
    expect(type).toBe("module");
    expect(Object.keys(exports)).toEqual([".", "./testing", "./package.json"]);
    for (const entry of [exports["."], exports["./testing"]] as readonly Readonly<Record<string, string>>[]) {
      expect(Object.keys(entry)).toEqual(["types", "default"]);
      for (const path of Object.values(entry)) expect(installed.files).toContain(path.replace(/^\.\//, "package/"));
      expect(entry["types"]?.replace(/\.d\.ts$/, "")).toBe(entry["default"]?.replace(/\.js$/, ""));
    }
  });

  test("has a program that may be run", () => {
    expect(manifest()["bin"]).toEqual({ gearwright: "bin/gearwright" });
    const path = join(installed.folder, "node_modules/gearwright/bin/gearwright");
    expect(statSync(path).mode & 0o111).toBe(0o111);
    expect(readFileSync(path, "utf8")).toStartWith("#!/bin/sh\n");
  });

  test("names in its types only what is in it", () => {
    const types = installed.files.filter((path) => path.endsWith(".d.ts"));
    for (const file of types) {
      const folder = join(installed.folder, "node_modules/gearwright");
      const text = readFileSync(join(folder, file.replace(/^package\//, "")), "utf8");
      for (const [, module, path = module] of text.matchAll(/(?:from |import\()"(\.[^"]+)"|path="([^"]+)"/g)) {
        const target = posix.join(posix.dirname(file), path ?? "").replace(/\.js$/, ".d.ts");
        expect(installed.files).toContain(target);
      }
    }
  });

  test("depends on nothing", () => {
    expect(manifest()["dependencies"]).toBeUndefined();
    const { packages } = JSON.parse(readFileSync(join(installed.folder, "package-lock.json"), "utf8"));
    expect(Object.keys(packages)).toEqual(["", "node_modules/gearwright"]);
  });

  test("names the licence of everything that is bundled into the program", () => {
    const folder = join(installed.folder, "node_modules/gearwright/dist");
    const program = readFileSync(join(folder, "cli/main.js"), "utf8");
    const bundled = new Set(
      [...program.matchAll(/^\/\/ (?:\S*\/)?node_modules\/([^/\s]+)\//gm)].map(([, name]) => name),
    );
    expect(bundled.size).toBeGreaterThan(0);
    const licences = readFileSync(join(folder, "LICENSES.txt"), "utf8");
    for (const name of bundled) expect(licences).toMatch(new RegExp(`^${name} \\d`, "m"));
  });

  test.each(RUNTIMES.map((runtime) => [runtime]))("is imported as a library on %s", (runtime) => {
    const script = "import('gearwright').then(({ GearError }) => console.log(new GearError('CLOSED', 'over').code))";
    const output = execFileSync(runtime, ["-e", script], {
      cwd: installed.folder,
      env: { ...process.env, PATH: SERVER_PATH },
    });
    expect(output.toString()).toBe("CLOSED\n");
  });
});

describe.each(RUNTIMES.map((runtime) => [runtime]))("the installed program on %s", (runtime) => {
  const env = { ...process.env, PATH: SERVER_PATH, GEARWRIGHT_RUNTIME: runtime };

  test("says its version", () => {
    const output = execFileSync(installed.binary, ["--version"], { env, cwd: "/" }).toString();
    expect(output).toStartWith(`gearwright ${manifest()["version"]} (${runtime === "bun" ? "Bun" : "Node"} `);
  });

  test.each(["serve", "gearmand"])("runs a job through %s", async (form) => {
    const address =
      form === "serve"
        ? ["--listen", "127.0.0.1", "--port", "{port}"]
        : ["-L", "127.0.0.1", "-p", "{port}", "-l", "stderr"];
    await using server = await startServer({
      command: [installed.binary, form, ...address],
      env: { GEARWRIGHT_RUNTIME: runtime },
    });
    await using worker = await Wire.connect(server);
    await using client = await Wire.connect(server);
    worker.sendTogether(["CAN_DO", "reverse"], ["PRE_SLEEP"]);
    client.send("SUBMIT_JOB", "reverse", "", "abc");
    const [handle = ""] = await client.expect("JOB_CREATED");
    await worker.expect("NOOP");
    worker.send("GRAB_JOB");
    expect(await worker.expect("JOB_ASSIGN")).toEqual([handle, "reverse", "abc"]);
    worker.send("WORK_COMPLETE", handle, "cba");
    expect(await client.expect("WORK_COMPLETE")).toEqual([handle, "cba"]);
  });
});
