/** The examples work as their READMEs say, from the checkout, against a job server on a free port. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { partsOf } from "../../examples/word-count/split.ts";
import { ROOT_FOLDER, RUNTIMES } from "../harness/runtimes.ts";
import { startServer } from "../harness/server-process.ts";
import { until } from "../harness/until.ts";
import { Wire } from "../harness/wire.ts";
import { hasPackages } from "../interop/packages.ts";
import { codeBlocks, consoleSteps } from "../usage/documents.ts";
import { startProgram } from "../usage/started-program.ts";
import { commandOf, finished } from "../usage/typescript-blocks.ts";

const EXAMPLES = join(ROOT_FOLDER, "examples");
const hasPhp = hasPackages("the example in PHP", ["php-cli", "php-gearman"]);
/** Room for programs on a busy machine, ms. */
const LIMIT_MS = 60_000;

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "gearwright-examples-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Files of more than one part, with letters of more than one byte, and one that is empty. */
function writeFiles(): readonly string[] {
  const texts = [
    "The gear and the Größe\n".repeat(9_000),
    "gear wright, größe!\n".repeat(4_000),
    "",
    "no line end: wright",
  ];
  return texts.map((text, index) => {
    const path = join(folder, `${index}.txt`);
    writeFileSync(path, text);
    return path;
  });
}

describe.each(RUNTIMES.map((runtime) => [runtime]))("the examples on %s", (runtime) => {
  const [command, ...args] = commandOf(runtime);

  test(
    "two workers and a client count the words of many files",
    async () => {
      await using server = await startServer({ runtime });
      const env = { GEARMAN_SERVERS: `127.0.0.1:${server.port}` };
      const worker = [...args, join(EXAMPLES, "word-count", "worker.ts")];
      await using first = startProgram(command, worker, { folder, env });
      await using second = startProgram(command, worker, { folder, env });
      const client = [...args, join(EXAMPLES, "word-count", "client.ts"), ...writeFiles()];
      const { status, output } = await finished(command, client, { folder, env });
      const [heading = "", ...rows] = output.trimEnd().split("\n");
      expect(heading).toMatch(/^57004 words, 8 different ones, in 4 files \(\d+ jobs\)$/);
      expect(Number(/(\d+) jobs/.exec(heading)?.[1])).toBeGreaterThan(5);
      expect(rows.map((row) => row.trim())).toEqual([
        "18000 the",
        "13000 gear",
        "13000 größe",
        "9000 and",
        "4001 wright",
        "1 end",
        "1 line",
        "1 no",
      ]);
      expect(status).toBe(0);
      // One worker may have done it all before the other hears signals.
      await using wire = await Wire.connect(server);
      const bothAreThere = async () => [...(await wire.ask("workers")).matchAll(/ : \S/g)].length === 2;
      await until(bothAreThere, { what: "two workers" });
      for (const { child, ended } of [first, second]) {
        child.kill("SIGTERM");
        expect(await ended).toEqual({ status: 0, output: "" });
      }
    },
    LIMIT_MS,
  );

  test.skipIf(!hasPhp)(
    "a PHP worker does the job of a TypeScript client, as the README shows",
    async () => {
      await using server = await startServer({ runtime });
      const env = { GEARMAN_SERVERS: `127.0.0.1:${server.port}` };
      await using _worker = startProgram("php", [join(EXAMPLES, "php", "worker.php")], { folder, env });
      const readme = readFileSync(join(EXAMPLES, "php", "README.md"), "utf8");
      const steps = codeBlocks(readme)
        .filter(({ language }) => language === "console")
        .flatMap(({ text }) => consoleSteps(text));
      const step = steps.find((one) => one.command.includes("client.ts"));
      const words = step?.command.split("client.ts ")[1]?.split(" ") ?? [];
      const client = [...args, join(EXAMPLES, "php", "client.ts"), ...words];
      const { status, output } = await finished(command, client, { folder, env });
      // What goes to stderr and to stdout may be read in another order than it was written.
      expect(output.split("\n").sort()).toEqual((step?.output ?? "").split("\n").sort());
      expect(status).toBe(0);
    },
    LIMIT_MS,
  );
});

test("the parts of the word count are the files, cut where lines end", async () => {
  const paths = writeFiles();
  const parts: string[] = [];
  for await (const part of partsOf(paths, 32 * 1024)) parts.push(part);
  expect(parts.join("")).toBe(paths.map((path) => readFileSync(path, "utf8")).join(""));
  expect(parts.filter((part) => !part.endsWith("\n"))).toEqual(["no line end: wright"]);
  expect(parts.length).toBeGreaterThan(5);
});
