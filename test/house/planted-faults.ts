/** For every rule of the house: files that it must let pass, and files with a fault that it must see. */
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: texts of programs
import type { SourceFile } from "./source-file.ts";

/** Files with one fault. */
export interface PlantedFault {
  /** What the fault is, for people. */
  readonly of: string;
  readonly files: readonly SourceFile[];
  /** Where it must be seen, `path:line`. */
  readonly at: string;
}

/** What a rule is shown before it is believed. */
export interface Plants {
  readonly good: readonly SourceFile[];
  readonly bad: readonly PlantedFault[];
}

function file(path: string, ...lines: readonly string[]): SourceFile {
  return { path, text: `${lines.join("\n")}\n` };
}

/** A fault in one file; `line` is where it must be seen, from 1. */
function fault(of: string, line: number, bad: SourceFile): PlantedFault {
  return { of, files: [bad], at: `${bad.path}:${line}` };
}

function many(count: number, line: string): readonly string[] {
  return Array.from({ length: count }, () => line);
}

// In two pieces, so that the rules do not find these words here.
const LEFT = "TO" + "DO";
const HOME = "/ho" + "me/";
const MARK = "<!-- " + "begin ";

const LIMITS = file("src/base/limits.ts", "/** Limits. */", "/** One. */", "export const A = 1;");
const IMPORTS_LIMITS = 'import { A } from "../base/limits.ts";';

/** By the names of the rules. */
export const PLANTED_FAULTS = {
  "a folder imports only what the arrows allow": {
    good: [
      LIMITS,
      file(
        "src/protocol/a.ts",
        "/** A. */",
        IMPORTS_LIMITS,
        "// from '../job/job.ts'",
        'Buffer.from("../job/job.ts");',
        "const b = \"from '../job/job.ts'\";",
      ),
      file("src/settings/b.ts", 'import { parse } from "smol-toml";', 'import { join } from "node:path";'),
      file("src/server/listener-bun.ts", 'import type { Socket } from "bun";'),
      file("src/cli/c.ts", 'import { d } from "../server/d.ts";', 'const e = await import("./e.ts");'),
    ],
    bad: [
      fault("an import against an arrow", 2, file("src/protocol/a.ts", "", 'import { Job } from "../job/job.ts";')),
      fault("an import of types alone", 1, file("src/job/a.ts", 'import type { P } from "../protocol/packets.ts";')),
      fault(
        "an import over several lines",
        3,
        file("src/job/a.ts", "import {", "  P,", "} from '../protocol/packets.ts';"),
      ),
      fault("a re-export", 1, file("src/base/a.ts", 'export { Job } from "../job/job.ts";')),
      fault("an import for its effects", 1, file("src/base/a.ts", 'import "../job/job.ts";')),
      fault("an import() at run time", 1, file("src/store/a.ts", 'const a = await import("../server/a.ts");')),
      fault("an import() in a type", 1, file("src/store/a.ts", 'type A = import("../server/a.ts").A;')),
      fault("an import behind a template", 2, file("src/job/a.ts", "const a = `${`}`}`;", 'import "../store/a.ts";')),
      fault(
        "an import behind a regular expression",
        2,
        file("src/job/a.ts", "const a = /[/\"]'/;", 'import "../store/a.ts";'),
      ),
      fault("an import of a test", 1, file("src/base/a.ts", 'import { a } from "../../test/harness/wire.ts";')),
      fault("an unknown folder", 1, file("src/lib/a.ts", IMPORTS_LIMITS)),
      fault("a package", 1, file("src/server/a.ts", 'import { parse } from "smol-toml";')),
      fault("a module of Bun", 1, file("src/store/a.ts", 'import { Database } from "bun:sqlite";')),
      fault("an arrow of the library to the server", 1, file("src/index.ts", 'export { a } from "./server/a.ts";')),
    ],
  },
  "a relative import names a file that is there, with its ending": {
    good: [LIMITS, file("src/job/a.ts", IMPORTS_LIMITS)],
    bad: [
      fault("an import without an ending", 1, file("src/job/b.ts", 'import { A } from "../base/limits";')),
      fault("an import of .js", 1, file("test/job/b.ts", 'import { A } from "../../src/base/limits.js";')),
      fault("an import of a file that is not there", 1, file("src/job/b.ts", 'import { A } from "./nothing.ts";')),
    ],
  },
  "the protocol and the job table are pure": {
    good: [
      file(
        "src/job/a.ts",
        "// setTimeout, Date.now()",
        'const a = "Math.random()";',
        "const b = job.Date;",
        "Buffer.alloc(1);",
      ),
      file("src/server/a.ts", 'import { hostname } from "node:os";', "setTimeout(() => Date.now(), 1);"),
    ],
    bad: [
      fault("a module of Node", 1, file("src/job/b.ts", 'import { createHash } from "node:crypto";')),
      fault("a clock", 1, file("src/protocol/b.ts", "const a = Date.now();")),
      fault("another clock", 1, file("src/job/b.ts", "const a = performance.now();")),
      fault("chance", 2, file("src/job/b.ts", "", "const a = Math.random();")),
      fault("a timer", 1, file("src/job/b.ts", "setTimeout(end, 5);")),
      fault("a turn of the event loop", 1, file("src/job/b.ts", "setImmediate(end);")),
      fault("words of a country", 1, file("src/job/b.ts", "new Intl.NumberFormat();")),
      fault("the process", 1, file("src/protocol/b.ts", "if (process.env.A) go();")),
      fault("a clock in a template", 1, file("src/job/b.ts", "const a = `${Date.now()}`;")),
      fault("something that waits", 1, file("src/job/b.ts", "await store();")),
    ],
  },
  "the global Bun is used by the Bun listener alone": {
    good: [
      file("src/server/listener-bun.ts", "Bun.listen({});"),
      file("src/cli/a.ts", "// Bun.listen", 'say("Bun.");'),
    ],
    bad: [fault("Bun outside of the listener", 2, file("src/store/a.ts", "", "Bun.file(path);"))],
  },
  "a file has at most 400 lines": {
    good: [file("src/job/a.ts", ...many(400, "a();"))],
    bad: [fault("401 lines", 1, file("src/job/b.ts", ...many(401, "a();")))],
  },
  "a function has at most 50 lines": {
    good: [
      file("src/job/a.ts", "function a() {", ...many(48, "  b();"), "}"),
      file("src/job/b.ts", "const A = {", ...many(60, "  b: 1,"), "};"),
      file("src/job/c.ts", "class A {", ...many(60, "  b = 1;"), "}"),
    ],
    bad: [
      fault("a long function", 2, file("src/job/d.ts", "", "export function a(): void {", ...many(49, "  b();"), "}")),
      fault(
        "a long method",
        2,
        file("src/job/d.ts", "class A {", "  #run(b: number): void {", ...many(49, "    b();"), "  }", "}"),
      ),
      fault("a long arrow", 1, file("src/job/d.ts", "const a = (b: number) => {", ...many(49, "  b();"), "};")),
      fault(
        "a long function whose signature takes several lines",
        1,
        file("src/job/d.ts", "function a(", "  b: number,", "): void {", ...many(47, "  b();"), "}"),
      ),
    ],
  },
  "a file is named for what it holds": {
    good: [file("src/job/job-table.ts"), file("test/job/model.property.test.ts")],
    bad: [
      "src/job/utils.ts",
      "src/helpers/a.ts",
      "src/job/types.ts",
      "test/common/a.ts",
      "src/job/jobTable.ts",
      "src/job/task-list.ts",
    ].map((path) => fault(path, 1, file(path))),
  },
  "an identifier uses the words of the field": {
    good: [
      file(
        "src/job/a.ts",
        "// a task",
        'const a = "payload";',
        "throw new GearError(code, error.message);",
        "multitasking();",
      ),
    ],
    bad: [
      "const taskList = 1;",
      "class Broker {}",
      "job.payload = 1;",
      "topics.get(1);",
      "const #consumer = 1;",
      "let PRODUCER;",
      "new QueueManager();",
      "const messageQueue = 1;",
      "sendMessage();",
    ].map((text) => fault(text, 1, file("src/job/b.ts", text))),
  },
  "an export is named for what it is": {
    good: [file("src/job/a.ts", "export class JobTable {}")],
    bad: [
      fault("a manager", 1, file("src/job/b.ts", "export class JobManager {}")),
      fault("a helper", 1, file("src/job/b.ts", "export function helper() {}")),
    ],
  },
  "a file opens with a doc comment": {
    good: [LIMITS],
    bad: [
      fault("a file without one", 1, file("src/job/b.ts", 'import { a } from "./a.ts";')),
      fault("a plain comment", 1, file("test/job/b.ts", "// What it is.")),
      fault("an empty comment", 1, file("bench/b.ts", "/** */")),
    ],
  },
  "an export has a docstring": {
    good: [
      LIMITS,
      file(
        "src/job/a.ts",
        "/** A. */",
        "",
        "/** B. */",
        "// biome-ignore format: a table",
        "export const B = 1;",
        "const c = 1;",
      ),
      file("src/index.ts", "/** The library. */", 'export { A } from "./base/limits.ts";'),
    ],
    bad: [
      fault("a constant without one", 3, file("src/job/b.ts", "/** A. */", "", "export const A = 1;")),
      fault("the file's own taken for it", 2, file("src/job/b.ts", "/** A. */", "export function a() {}")),
      fault("an interface without one", 3, file("src/job/b.ts", "/** A. */", "// B.", "export interface B {}")),
    ],
  },
  "nothing is exported by default, and there are no barrels": {
    good: [LIMITS, file("src/job/a.ts", "// export default", "export const a = 1;")],
    bad: [
      fault("a default export", 1, file("src/job/b.ts", "export default 1;")),
      fault("another", 1, file("src/job/b.ts", "export { a as default };")),
      fault("a barrel", 1, file("src/job/b.ts", 'export * from "./a.ts";')),
    ],
  },
  "work that is left has the number of an issue": {
    good: [file("src/job/a.ts", `// ${LEFT} (#12): more`, `// ${LEFT} #7`)],
    bad: [fault("work without a number", 2, file("docs/a.md", "", `${LEFT}: write this`))],
  },
  "no path of a machine is written down": {
    good: [file("docs/a.md", "/usr/bin/php, ~/work/a, a/root/b, /work, docs/home/a")],
    bad: [fault("somebody's folder", 1, file("docs/a.md", `see ${HOME}ann/notes`))],
  },
  "a generated part of a document has a test": {
    good: [
      file("docs/a.md", `${MARK}flags -->`),
      file("test/docs/a.test.ts", 'generatedPart("docs/a.md", "flags", flags());'),
    ],
    bad: [fault("a part without a test", 2, file("docs/b.md", "", `${MARK}flags -->`))],
  },
  "a link in a document leads somewhere": {
    good: [
      file("docs/a.md", "[b](b.md) [top](../README.md#run) [web](https://example.org) [here](#a)"),
      file("docs/b.md"),
      file("README.md"),
    ],
    bad: [fault("a dead link", 2, file("README.md", "", "[c](docs/c.md)"))],
  },
} as const satisfies Readonly<Record<string, Plants>>;
