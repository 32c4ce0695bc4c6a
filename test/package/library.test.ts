/** The library as users install it: how much of it an import loads, what that imports, and that it does a job. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { nodeBinary } from "../harness/node-versions.ts";
import { ROOT_FOLDER } from "../harness/runtimes.ts";
import { bytesOf, type InstalledPackage, installedPackage } from "./installed-package.ts";
import { loadedModules } from "./loaded-modules.ts";

const run = promisify(execFile);

setDefaultTimeout(60_000);
const INSTALL_LIMIT_MS = 120_000;
/** How long the program with the job may take, ms. */
const JOB_LIMIT_MS = 30_000;

/** What the files may have that an import of the library loads, bytes. */
const LOADED_BYTES_MAX = 200_000;
/** What an import of the test server may load beside, before a server is started, bytes. */
const TESTING_BYTES_MAX = 25_000;

const NODE_20 = await nodeBinary(20);
const RUNTIMES = {
  bun: process.execPath,
  "Node 20": NODE_20,
  "Node 24": await nodeBinary(24),
  "Node 26": await nodeBinary(26),
};

const JOB = `
  import { Client, defineFunction, json, text, Worker } from "gearwright";
  import { startTestServer } from "gearwright/testing";
  const greet = defineFunction("greet", { workload: json(), result: text });
  const server = await startTestServer();
  const worker = new Worker({ servers: [server.address] });
  worker.can(greet, ({ workload }) => "hello " + workload.name);
  const running = worker.run();
  const client = new Client({ servers: [server.address] });
  console.log(await client.run(greet, { name: "world" }));
  await client.close();
  await worker.stop();
  await running;
  await server.stop();
`;

/** Node has require of ES modules from 20.19 and 22.12 on. */
const COMMON = `
  const [major, minor] = process.versions.node.split(".").map(Number);
  const canRequire = process.versions.bun !== undefined || (major === 20 ? minor >= 19 : major > 22 || minor >= 12);
  import("gearwright").then(({ Client }) => {
    const isSame = !canRequire || require("gearwright").Client === Client;
    console.log(isSame && typeof Client === "function" ? "the same" : "another");
  });
`;

let installed: InstalledPackage;

beforeAll(async () => {
  installed = await installedPackage(ROOT_FOLDER);
}, INSTALL_LIMIT_MS);

afterAll(async () => {
  await installed[Symbol.asyncDispose]();
});

/** Puts a package of one's own beside the installed one. */
function plant(name: string, files: Readonly<Record<string, string>>): void {
  const folder = join(installed.folder, "node_modules", name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name, type: "module", exports: "./index.js" }));
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text);
}

describe.skipIf(NODE_20 === undefined)("an import on Node 20", () => {
  function trace(name: string) {
    return loadedModules(NODE_20 ?? "", { folder: installed.folder, name });
  }

  test("is seen whole, as a planted package shows", async () => {
    plant("planted", {
      "index.js": 'import "fs"; import "node:net"; import "./far.js"; await import("./late.js");',
      "far.js": 'import "gearwright";',
      "late.js": `// ${"x".repeat(1000)}`,
    });
    const { files, others } = await trace("planted");
    const folder = join(installed.folder, "node_modules/planted");
    for (const file of ["index.js", "far.js", "late.js"]) expect(files).toContain(join(folder, file));
    expect(others).toContain("fs");
    expect(others).toContain("node:net");
    expect(bytesOf(files)).toBeGreaterThan(1000);
  });

  test("of the library loads little, and of the runtime only what is named node:", async () => {
    const { files, others } = await trace("gearwright");
    expect(files).toContain(join(installed.folder, "node_modules/gearwright/dist/index.js"));
    expect(others.filter((name) => !name.startsWith("node:"))).toEqual([]);
    expect(bytesOf(files)).toBeLessThan(LOADED_BYTES_MAX);
    const folder = join(installed.folder, "node_modules/gearwright/dist");
    expect(files.filter((file) => !file.startsWith(`${folder}/`))).toEqual([]);
    expect(files.filter((file) => /\/dist\/(?:server|job|store|settings|cli|testing)\//.test(file))).toEqual([]);
    // What is imported later counts too: no file names anything but its neighbours and the runtime.
    for (const file of files) {
      const names = readFileSync(file, "utf8").matchAll(
        /(?:^|\s)(?:from\s*|import\s*\(?\s*|require\s*\(\s*)"([^"\n]+)"/g,
      );
      for (const [, name] of names) expect(name).toMatch(/^(?:node:|\.\.?\/)/);
    }
  });

  test("of the test server leaves the server out until one is started", async () => {
    const { files, others } = await trace("gearwright/testing");
    expect(others.filter((name) => !name.startsWith("node:"))).toEqual([]);
    expect(bytesOf(files)).toBeLessThan(TESTING_BYTES_MAX);
  });
});

describe.each(Object.entries(RUNTIMES))("on %s", (_name, runtime) => {
  test.skipIf(runtime === undefined)(
    "client and worker do a job through a test server, and the process ends",
    async () => {
      const program = join(installed.folder, "job.mjs");
      writeFileSync(program, JOB);
      const { stdout, stderr } = await run(runtime ?? "", [program], { cwd: installed.folder, timeout: JOB_LIMIT_MS });
      expect({ stdout, stderr }).toEqual({ stdout: "hello world\n", stderr: "" });
    },
  );

  test.skipIf(runtime === undefined)(
    "CommonJS comes to the library by import(), and by require where that is to be had",
    async () => {
      const program = join(installed.folder, "common.cjs");
      writeFileSync(program, COMMON);
      const { stdout, stderr } = await run(runtime ?? "", [program], { cwd: installed.folder, timeout: JOB_LIMIT_MS });
      expect({ stdout, stderr }).toEqual({ stdout: "the same\n", stderr: "" });
    },
  );
});
