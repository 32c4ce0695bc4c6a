/** docs/command-line.md says what the tables of the commands say, and its examples print what it shows. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { commandMarkdown } from "../../src/cli/command-help.ts";
import { JOBS_FORM } from "../../src/cli/jobs.ts";
import { SHUTDOWN_FORM } from "../../src/cli/shutdown.ts";
import { STATUS_FORM } from "../../src/cli/status.ts";
import { SUBMIT_FORM } from "../../src/cli/submit.ts";
import { WORK_FORM } from "../../src/cli/work.ts";
import { WORKERS_FORM } from "../../src/cli/workers.ts";
import { generatedPart } from "../generated-part.ts";
import { BINARY, ROOT_FOLDER, RUNTIMES, SERVER_PATH } from "../harness/runtimes.ts";
import { startServer } from "../harness/server-process.ts";
import { codeBlocks, consoleSteps } from "../usage/documents.ts";
import { addressOf } from "./job-server.ts";
import { LIMIT_MS, Program } from "./program.ts";

setDefaultTimeout(6 * LIMIT_MS);

const DOCUMENT = "docs/command-line.md";
const FORMS = [SUBMIT_FORM, WORK_FORM, STATUS_FORM, WORKERS_FORM, JOBS_FORM, SHUTDOWN_FORM];
const EXAMPLES = codeBlocks(readFileSync(join(ROOT_FOLDER, DOCUMENT), "utf8")).filter(
  ({ language }) => language === "console",
);

test.each(FORMS.map((form) => [form.name, form] as const))(
  "the section of %s is made from its table",
  async (name, form) => {
    const { found, wanted } = await generatedPart(DOCUMENT, name, commandMarkdown(form));
    expect(found).toBe(wanted);
  },
);

test("every command has a section and an example", () => {
  expect(EXAMPLES).toHaveLength(FORMS.length);
});

/** Handles, ports and connections differ from run to run, and with them the widths of columns. */
function leveled(text: string, port: number): string {
  return text
    .replace(/H:[\w.-]+:\d+/g, "H")
    .replaceAll(`:${port}`, ":4730")
    .replace(/ +/g, " ")
    .replace(/(?<=127\.0\.0\.1) \d+/g, " 0");
}

describe.each(RUNTIMES)("on %s", (runtime) => {
  test.each(EXAMPLES.map(({ text }, at) => [FORMS[at]?.name, text] as const))(
    "the example of %s prints what is shown",
    async (_, text) => {
      await using server = await startServer({ runtime });
      symlinkSync(BINARY, join(server.folder, "gearwright"));
      const steps = consoleSteps(text);
      const script = ["trap 'kill $(jobs -p) 2>/dev/null; wait' EXIT", ...steps.map(({ command }) => command)].join(
        "\n",
      );
      await using program = new Program(["-c", script], {
        runtime,
        program: "/bin/bash",
        folder: server.folder,
        environment: { PATH: `${server.folder}:${SERVER_PATH}`, GEARWRIGHT_SERVERS: addressOf(server) },
      });
      await program.exit;
      const shown = steps.map(({ output }) => output).join("");
      expect(leveled(program.stdout, server.port)).toBe(leveled(shown, 4730));
    },
  );
});
