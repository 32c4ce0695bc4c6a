/** The types of the package as users' compilers see them, in an empty project. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT_FOLDER } from "../harness/runtimes.ts";
import { type InstalledPackage, installedPackage } from "./installed-package.ts";
import { TYPED_PROGRAM } from "./typed-program.ts";

setDefaultTimeout(60_000);
const INSTALL_LIMIT_MS = 120_000;
const COMPILER = join(ROOT_FOLDER, "node_modules", ".bin", "tsc");

/** How a project finds modules. */
const RESOLUTIONS = {
  node16: { module: "node16", moduleResolution: "node16" },
  nodenext: { module: "nodenext", moduleResolution: "nodenext" },
  bundler: { module: "esnext", moduleResolution: "bundler" },
};

/** What a project says of its surroundings. */
const SURROUNDINGS = {
  "the default lib, without types of Node": { target: "es2022", types: [] },
  "lib es2022 alone, without types of Node": { target: "es2022", lib: ["es2022"], types: [] },
  "the default lib, with types of Node": { target: "es2022", types: ["node"] },
  "lib es2022 alone, with types of Node": { target: "es2022", lib: ["es2022"], types: ["node"] },
};

let installed: InstalledPackage;
let projectCount = 0;

beforeAll(async () => {
  installed = await installedPackage(ROOT_FOLDER);
}, INSTALL_LIMIT_MS);

afterAll(async () => {
  await installed[Symbol.asyncDispose]();
});

/** What the compiler says of a program in a project of its own; "" when nothing is wrong. */
function complaints(program: string, options: Readonly<Record<string, unknown>>, file = "program.mts"): string {
  projectCount += 1;
  const folder = join(installed.folder, `project-${projectCount}`);
  mkdirSync(folder);
  writeFileSync(join(folder, file), program);
  const compilerOptions = {
    ...options,
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: false,
    noEmit: true,
    typeRoots: [join(ROOT_FOLDER, "node_modules", "@types")],
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: [file] }));
  const { status, stdout, stderr } = spawnSync(COMPILER, ["-p", "."], { cwd: folder, encoding: "utf8" });
  return status === 0 ? "" : `${stdout}${stderr}exit status ${status}`;
}

describe.each(Object.entries(RESOLUTIONS))("under moduleResolution %s", (_name, resolution) => {
  test.each(Object.entries(SURROUNDINGS))("workloads and results are inferred with %s", (_surroundings, options) => {
    expect(complaints(TYPED_PROGRAM, { ...resolution, ...options })).toBe("");
  });

  test("a wrong type is seen", () => {
    const wrong = TYPED_PROGRAM.replaceAll(/^\s*\/\/ @ts-expect-error.*$/gm, "");
    const errors = complaints(wrong, { ...resolution, ...SURROUNDINGS["the default lib, without types of Node"] });
    const expected = TYPED_PROGRAM.match(/@ts-expect-error/g)?.length ?? 0;
    expect(expected).toBeGreaterThan(10);
    expect(errors.match(/error TS/g)?.length).toBeGreaterThanOrEqual(expected);
  });

  test("a fact that does not hold is seen", () => {
    const wrong = TYPED_PROGRAM.replace("Same<typeof result, string>", "Same<typeof result, Uint8Array>");
    expect(complaints(wrong, { ...resolution, ...SURROUNDINGS["the default lib, without types of Node"] })).toContain(
      "TS2344",
    );
  });
});

describe("in a CommonJS module", () => {
  const later = `
    export async function one(): Promise<Uint8Array> {
      const { Client } = await import("gearwright");
      return new Client().run("f");
    }
  `;
  const atOnce = 'import { Client } from "gearwright";\nexport const client = new Client();\n';

  test.each(["node16", "nodenext"] as const)("import() has the types under %s", (name) => {
    expect(complaints(later, { ...RESOLUTIONS[name], types: [] }, "program.cts")).toBe("");
    const wrong = later.replace("<Uint8Array>", "<string>");
    expect(complaints(wrong, { ...RESOLUTIONS[name], types: [] }, "program.cts")).toContain("TS2322");
  });

  test("an import at the top, which is a require, is for nodenext alone", () => {
    expect(complaints(atOnce, { ...RESOLUTIONS.nodenext, types: [] }, "program.cts")).toBe("");
    expect(complaints(atOnce, { ...RESOLUTIONS.node16, types: [] }, "program.cts")).toContain("TS1479");
  });
});

test("what is no entry point cannot be imported", () => {
  const program = 'import { startJobServer } from "gearwright/dist/testing/open-test-server.js";\nstartJobServer();\n';
  expect(complaints(program, { ...RESOLUTIONS.nodenext, types: [] })).toContain("TS2307");
});
