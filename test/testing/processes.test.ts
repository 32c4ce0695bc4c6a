/** `gearwright/testing` as users have it: from the installed package, in this process or in a child, which ends with it. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nodeBinary } from "../harness/node-versions.ts";
import { listensOn } from "../harness/process-facts.ts";
import { ROOT_FOLDER } from "../harness/runtimes.ts";
import { until } from "../harness/until.ts";
import { Wire } from "../harness/wire.ts";
import { type InstalledPackage, installedPackage } from "../package/installed-package.ts";
import { UserProgram } from "./user-program.ts";

setDefaultTimeout(60_000);
const INSTALL_LIMIT_MS = 120_000;

const NODE_20 = await nodeBinary(20);
const SERVING = { bun: process.execPath, "Node 24": await nodeBinary(24), "Node 26": await nodeBinary(26) };

let installed: InstalledPackage;

beforeAll(async () => {
  installed = await installedPackage(ROOT_FOLDER);
}, INSTALL_LIMIT_MS);

afterAll(async () => {
  await installed[Symbol.asyncDispose]();
});

function startProgram(runtime: string | undefined, env: Readonly<Record<string, string>> = {}): UserProgram {
  return new UserProgram({ runtime: runtime ?? "", folder: installed.folder, env });
}

async function runJob(port: number): Promise<void> {
  await using worker = await Wire.connect({ port });
  await using client = await Wire.connect({ port });
  worker.send("CAN_DO", "reverse");
  client.send("SUBMIT_JOB", "reverse", "", "abc");
  const [handle = ""] = await client.expect("JOB_CREATED");
  worker.send("GRAB_JOB");
  expect(await worker.expect("JOB_ASSIGN")).toEqual([handle, "reverse", "abc"]);
  worker.send("WORK_COMPLETE", handle, "cba");
  expect(await client.expect("WORK_COMPLETE")).toEqual([handle, "cba"]);
}

/** The one child of a program. */
function childOf(program: UserProgram): number {
  const [child, ...others] = program.children();
  if (child === undefined || others.length > 0) throw new Error(`not one child: ${program.children().join(" ")}`);
  return child;
}

/** Resolves when the process has ended, whether or not somebody has asked how. */
async function hasGone(pid: number): Promise<void> {
  await until(
    () => {
      try {
        return /^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
      } catch {
        return true;
      }
    },
    { what: `the end of the server's process ${pid}` },
  );
}

describe.each(Object.entries(SERVING))("on %s", (_name, runtime) => {
  test.skipIf(runtime === undefined)(
    "the server runs in the process of the tests, which ends once it is stopped",
    async () => {
      await using program = startProgram(runtime);
      const port = await program.port();
      expect(await listensOn(program.pid, port)).not.toBe(false);
      await runJob(port);
      program.tell("stop");
      expect(await program.exited).toBe("exit status 0");
    },
  );
});

describe.skipIf(NODE_20 === undefined)("on Node 20", () => {
  test.each(["bun", "node"])(
    "the server runs in a child on %s, and the process ends once it is stopped",
    async (name) => {
      await using program = startProgram(NODE_20, { GEARWRIGHT_RUNTIME: name });
      const port = await program.port();
      const child = childOf(program);
      expect(await listensOn(child, port)).not.toBe(false);
      await runJob(port);
      program.tell("stop");
      expect(await program.exited).toBe("exit status 0");
      await hasGone(child);
    },
  );

  test.each(["bun", "node"])("a child on %s ends with the process, however that ends", async (name) => {
    const ends = {
      "exit status 3": (program: UserProgram) => program.tell("exit"),
      "exit status 1": (program: UserProgram) => program.tell("throw"),
      "signal SIGTERM": (program: UserProgram) => program.signal("SIGTERM"),
      "signal SIGKILL": (program: UserProgram) => program.signal("SIGKILL"),
    };
    for (const [how, end] of Object.entries(ends)) {
      await using program = startProgram(NODE_20, { GEARWRIGHT_RUNTIME: name });
      await program.port();
      const child = childOf(program);
      end(program);
      expect(await program.exited).toBe(how);
      await hasGone(child);
    }
  });

  test("an interrupt from the terminal leaves the end to the process", async () => {
    await using program = startProgram(NODE_20);
    const port = await program.port();
    process.kill(childOf(program), "SIGINT");
    await runJob(port);
    await runJob(port);
  });

  test("what is meant for its own runtime does not reach the child", async () => {
    await using program = startProgram(NODE_20, {
      NODE_OPTIONS: "--no-experimental-fetch",
      GEARWRIGHT_RUNTIME: "node",
    });
    await runJob(await program.port());
  });

  test("where no runtime can serve it says which to install", async () => {
    const folder = mkdtempSync(join(tmpdir(), "gearwright-alone-"));
    try {
      mkdirSync(join(folder, "bin"));
      symlinkSync(NODE_20 ?? "", join(folder, "bin", "node"));
      cpSync(join(installed.folder, "node_modules/gearwright"), join(folder, "node_modules/gearwright"), {
        recursive: true,
      });
      await using program = new UserProgram({ runtime: NODE_20 ?? "", folder, env: { PATH: join(folder, "bin") } });
      expect(await program.exited).toBe("exit status 1");
      expect(program.output).toContain("LISTEN_FAILED");
      expect(program.output).toContain(
        "install Bun for the tests (npm install --save-dev bun), or run them on Node 24 or newer",
      );
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
