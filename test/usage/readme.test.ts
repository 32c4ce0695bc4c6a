/** What the README shows works as it is written: its programs and commands are taken out of it and run. */
import { describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { BINARY, ROOT_FOLDER, RUNTIMES, SERVER_PATH } from "../harness/runtimes.ts";
import { type ServerProcess, startServer } from "../harness/server-process.ts";
import { hasPackages } from "../interop/packages.ts";
import { type CodeBlock, codeBlocks, consoleSteps } from "./documents.ts";

const README = readFileSync(join(ROOT_FOLDER, "README.md"), "utf8");
const BLOCKS = codeBlocks(README);
/** A command has this long, ms. */
const COMMAND_LIMIT_MS = 20_000;

const hasPhp = hasPackages("the PHP programs of the README", ["php-cli", "php-gearman"]);
const hasTools = hasPackages("the shell commands of the README", ["gearman-tools"]);

function consoleBlock(word: string): CodeBlock {
  const block = BLOCKS.find(({ language, text }) => language === "console" && text.includes(word));
  if (block === undefined) throw new Error(`the README has no console block with ${word}`);
  return block;
}

/** Plays a console block in the server's folder; a job in the background ends with the shell. */
function play(block: CodeBlock, server: ServerProcess): { readonly printed: string; readonly expected: string } {
  const steps = consoleSteps(block.text.replaceAll("4730", String(server.port)).replaceAll("bin/gearwright", BINARY));
  const script = ["trap 'kill $(jobs -p)' EXIT", ...steps.map(({ command }) => command)].join("\n");
  const { stdout, stderr } = spawnSync("bash", ["-c", script], {
    cwd: server.folder,
    encoding: "utf8",
    env: { ...process.env, PATH: SERVER_PATH, GEARWRIGHT_SERVERS: `127.0.0.1:${server.port}` },
    timeout: COMMAND_LIMIT_MS,
  });
  // What our worker tells of its connection is for people.
  expect(stderr.replace(/^(?:.*Terminated.*|gearwright: waits for jobs .*)\n/gm, "")).toBe("");
  return { printed: stdout, expected: steps.map(({ output }) => output).join("") };
}

describe.each(RUNTIMES.map((runtime) => [runtime]))("the README on %s", (runtime) => {
  test.skipIf(!hasPhp)("its PHP worker does its PHP client's job", async () => {
    await using server = await startServer({ runtime });
    for (const { language, name, text } of BLOCKS) {
      if (language === "php") writeFileSync(join(server.folder, name), text.replaceAll("4730", String(server.port)));
    }
    const { printed, expected } = play(consoleBlock("php worker.php"), server);
    expect(expected).toBe("olleH\n");
    expect(printed).toBe(expected);
  });

  test("its own commands print what it says", async () => {
    await using server = await startServer({ runtime });
    const { printed, expected } = play(consoleBlock("gearwright work"), server);
    expect(expected).toBe("HELLO\n");
    expect(printed).toStartWith(expected);
    expect(printed.slice(expected.length)).toMatch(/^FUNCTION +.*\nup +\d.*\n$/);
  });

  test.skipIf(!hasTools)("its shell commands print what it says", async () => {
    await using server = await startServer({ runtime });
    const { printed, expected } = play(consoleBlock("gearman -h"), server);
    expect(expected).toBe("HELLO\n");
    // The last command shows the state of the moment.
    expect(printed).toStartWith(expected);
    expect(printed.slice(expected.length)).toMatch(/^up\t[01]\t[01]\t1\n\.\n$/);
  });

  test("its gearmand command is taken", () => {
    const block = BLOCKS.find(({ text }) => text.startsWith("bin/gearwright gearmand "));
    const command = `${block?.text.trim()} --check-args`;
    const env = { ...process.env, PATH: SERVER_PATH, GEARWRIGHT_RUNTIME: runtime };
    const { status, stderr } = spawnSync("bash", ["-c", command], { cwd: ROOT_FOLDER, env, encoding: "utf8" });
    expect(stderr).toBe("");
    expect(status).toBe(0);
  });
});

describe("the commands that the README names", () => {
  const scripts: Record<string, string> = JSON.parse(readFileSync(join(ROOT_FOLDER, "package.json"), "utf8")).scripts;

  test("are scripts of the package", () => {
    const named = [...README.matchAll(/\bnpm (?:run )?(start|test|bench)\b/g)].map(([, name]) => name ?? "");
    expect(named).toContain("test");
    for (const name of named) expect(Object.keys(scripts)).toContain(name);
  });

  test("are what .ci/run calls, and its tests come last", () => {
    const lines = readFileSync(join(ROOT_FOLDER, ".ci", "run"), "utf8")
      .trim()
      .split("\n");
    const command = BLOCKS.find(({ text }) => text.startsWith("npm test"))?.text.trim();
    expect(lines.at(-1)).toBe(command);
  });
});

describe("a document", () => {
  test("is cut into its blocks", () => {
    const text = "a\n```php x.php\n<?php\n```\nb\n```sh\nls\n```\n";
    expect(codeBlocks(text)).toEqual([
      { language: "php", name: "x.php", text: "<?php\n" },
      { language: "sh", name: "", text: "ls\n" },
    ]);
  });

  test("its console blocks are cut into commands and what they print", () => {
    expect(consoleSteps("$ a &\n$ b\nB\n$ c\n")).toEqual([
      { command: "a &", output: "" },
      { command: "b", output: "B\n" },
      { command: "c", output: "" },
    ]);
  });
});
