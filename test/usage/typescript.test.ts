/** The TypeScript in README and docs: every block compiles against the checkout, and those with a file name run. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT_FOLDER, RUNTIMES } from "../harness/runtimes.ts";
import { startServer } from "../harness/server-process.ts";
import { startProgram } from "./started-program.ts";
import { commandOf, compile, finished, moduleOf, runnable, typescriptBlocks } from "./typescript-blocks.ts";

const DOCUMENTS = ["README.md", "docs/client.md", "docs/worker.md", "docs/migrating.md"] as const;
/** Room for the compiler and for programs on a busy machine, ms. */
const LIMIT_MS = 60_000;

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "gearwright-usage-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function blocksOf(document: string) {
  return typescriptBlocks(readFileSync(join(ROOT_FOLDER, document), "utf8"));
}

/** The program of a document that has this file name. */
function program(document: string, name: string): string {
  const block = blocksOf(document).find((one) => one.name === name);
  if (block === undefined) throw new Error(`${document} has no program ${name}`);
  return block.text;
}

describe("the TypeScript in the docs", () => {
  test(
    "compiles as it stands",
    async () => {
      const modules = new Map<string, string>();
      for (const document of DOCUMENTS) {
        const blocks = blocksOf(document);
        expect(blocks.length).toBeGreaterThan(0);
        for (const [index, block] of blocks.entries()) {
          modules.set(`${document.replaceAll(/\W/g, "-")}-${index + 1}.ts`, moduleOf(block));
        }
      }
      expect(await compile(join(folder, "all"), modules)).toEqual([]);
    },
    LIMIT_MS,
  );

  test(
    "would not compile with a wrong type in it",
    async () => {
      const wrong = { language: "ts", name: "", text: 'const size: number = await client.run(upper, "x");\n' };
      const said = await compile(join(folder, "wrong"), new Map([["wrong.ts", moduleOf(wrong)]]));
      expect(said.join("\n")).toContain("wrong.ts(3,7): error TS2322");
    },
    LIMIT_MS,
  );
});

describe.each(RUNTIMES.map((runtime) => [runtime]))("the programs in the docs on %s", (runtime) => {
  /** Writes programs of a document into the server's folder, for its port. */
  function write(document: string, names: readonly string[], { folder: at, port }: { folder: string; port: number }) {
    writeFileSync(join(at, "package.json"), '{ "type": "module" }\n');
    for (const name of names) writeFileSync(join(at, name), runnable(program(document, name), port));
  }
  const [command, ...args] = commandOf(runtime);
  const run = (name: string, at: string) => finished(command, [...args, name], { folder: at });

  test(
    "README: the worker does the client's jobs",
    async () => {
      await using server = await startServer({ runtime });
      write("README.md", ["worker.ts", "client.ts"], server);
      await using _worker = startProgram(command, [...args, "worker.ts"], server);
      expect(await run("client.ts", server.folder)).toEqual({
        status: 0,
        output: expect.stringMatching(/^olleH\nH:.+:\d+\n$/),
      });
    },
    LIMIT_MS,
  );

  test(
    "docs/client.md and docs/worker.md: the first client gets the first worker's result",
    async () => {
      await using server = await startServer({ runtime });
      write("docs/worker.md", ["worker.ts"], server);
      write("docs/client.md", ["client.ts"], server);
      await using _worker = startProgram(command, [...args, "worker.ts"], server);
      expect(await run("client.ts", server.folder)).toEqual({ status: 0, output: "olleH\n" });
    },
    LIMIT_MS,
  );

  test(
    "docs/worker.md: SIGTERM ends the deployed worker by itself",
    async () => {
      await using server = await startServer({ runtime });
      write("docs/worker.md", ["deploy.ts"], server);
      await using worker = startProgram(command, [...args, "deploy.ts"], server);
      await worker.isRegistered("upper", server.port);
      worker.child.kill("SIGTERM");
      expect(await worker.ended).toEqual({ status: 0, output: "all jobs in hand are over\n" });
    },
    LIMIT_MS,
  );

  test(
    "docs/worker.md: the test of a user's function passes",
    async () => {
      const at = mkdtempSync(join(folder, "testing-"));
      write("docs/worker.md", ["upper.test.ts"], { folder: at, port: 4730 });
      const how = runtime === "bun" ? ["test", "./upper.test.ts"] : ["--no-warnings", "--test", "upper.test.ts"];
      const { status, output } = await finished(command, how, { folder: at });
      expect(output).toMatch(/\bpass 1\b|\b1 pass\b/);
      expect(status).toBe(0);
    },
    LIMIT_MS,
  );
});
