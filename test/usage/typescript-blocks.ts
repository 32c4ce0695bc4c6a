/** TypeScript out of a document: made into programs that import the checkout, compiled, and run. */
import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ROOT_FOLDER, type RuntimeName, SERVER_PATH } from "../harness/runtimes.ts";
import { type CodeBlock, codeBlocks } from "./documents.ts";

/** What a program imports, and the file of the checkout that it stands for. */
const ENTRIES: Readonly<Record<string, string>> = {
  gearwright: "src/index.ts",
  "gearwright/testing": "src/testing/start-test-server.ts",
};

/**
 * What a block without imports may use: names and the line that brings them. A name that the block declares itself is left away.
 */
// biome-ignore format: a table
const SURROUNDINGS: Readonly<Record<string, string>> = {
  Client: 'import { Client } from "gearwright";',
  Worker: 'import { Worker } from "gearwright";',
  GearError: 'import { GearError } from "gearwright";',
  defineFunction: 'import { defineFunction } from "gearwright";',
  bytes: 'import { bytes } from "gearwright";',
  json: 'import { json } from "gearwright";',
  text: 'import { text } from "gearwright";',
  Codec: 'import type { Codec } from "gearwright";',
  client: 'declare const client: import("gearwright").Client;',
  worker: 'declare const worker: import("gearwright").Worker;',
  upper: 'declare const upper: import("gearwright").JobFunction<string, string>;',
  reverse: 'declare const reverse: import("gearwright").JobFunction<string, string>;',
  count: 'declare const count: import("gearwright").JobFunction<string, number>;',
  photo: "declare const photo: Uint8Array;",
  files: "declare const files: readonly string[];",
  book: "declare const book: string;",
  resize: "declare function resize(photo: Uint8Array, signal?: AbortSignal): Promise<Uint8Array>;",
  partsOf: "declare function partsOf(workload: Uint8Array): readonly Uint8Array[];",
};

/** The `ts` blocks of a Markdown text. */
export function typescriptBlocks(markdown: string): readonly CodeBlock[] {
  return codeBlocks(markdown).filter(({ language }) => language === "ts");
}

/** A block as a module: one without a name gets what it uses from its surroundings. */
export function moduleOf({ name, text }: CodeBlock): string {
  if (name !== "") return text;
  const lines = Object.entries(SURROUNDINGS)
    .filter(([word]) => new RegExp(`\\b${word}\\b`).test(text) && !isDeclared(word, text))
    .map(([, line]) => line);
  return [...lines, text, "export {};\n"].join("\n");
}

function isDeclared(word: string, text: string): boolean {
  return new RegExp(`(?:\\b(?:const|let|using|function|class)\\s+${word}\\b|^import\\b.*\\b${word}\\b)`, "m").test(
    text,
  );
}

/** Writes modules into `folder` and resolves with what the compiler says of them, a line each; none is well. */
export async function compile(folder: string, modules: ReadonlyMap<string, string>): Promise<readonly string[]> {
  const paths = Object.fromEntries(Object.entries(ENTRIES).map(([name, path]) => [name, [join(ROOT_FOLDER, path)]]));
  const compilerOptions = {
    paths,
    typeRoots: [join(ROOT_FOLDER, "node_modules", "@types")],
    // What users write need not use all of what it shows.
    noUnusedLocals: false,
    noUnusedParameters: false,
  };
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }\n');
  writeFileSync(
    join(folder, "tsconfig.json"),
    JSON.stringify({ extends: join(ROOT_FOLDER, "tsconfig.json"), compilerOptions, include: ["./*.ts"] }),
  );
  for (const [name, text] of modules) writeFileSync(join(folder, name), text);
  const { output } = await finished(join(ROOT_FOLDER, "node_modules", ".bin", "tsc"), ["-p", folder], { folder });
  return output.split("\n").filter((line) => line !== "");
}

/** A program as it runs from anywhere: its imports are files of the checkout, its job server is on `port`. */
export function runnable(text: string, port: number): string {
  const imports = text.replaceAll(/(from\s+|import\()"(gearwright(?:\/testing)?)"/g, (_all, start, name) => {
    return `${start}${JSON.stringify(pathToFileURL(join(ROOT_FOLDER, ENTRIES[name] ?? "")).href)}`;
  });
  return imports.replaceAll("4730", String(port));
}

/** How a program ended. */
export interface Ended {
  /** Exit status; null when a signal ended it. */
  readonly status: number | null;
  /** What it wrote to stdout and stderr. */
  readonly output: string;
}

/** The command that runs TypeScript on a runtime. */
export function commandOf(runtime: RuntimeName): readonly [program: string, ...args: string[]] {
  const program = join(ROOT_FOLDER, "node_modules", ".bin", runtime);
  // Node says once that it takes types away.
  return runtime === "node" ? [program, "--no-warnings"] : [program];
}

/** Where a program runs, and with what more in its environment. */
export interface ProgramPlace {
  readonly folder: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs a program to its end; one that takes longer than 30 s is killed. */
export function finished(program: string, args: readonly string[], place: ProgramPlace): Promise<Ended> {
  const env = { ...process.env, PATH: SERVER_PATH, ...place.env };
  const child = spawn(program, [...args], {
    cwd: place.folder,
    env,
    stdio: ["ignore", "pipe", "pipe"],
    timeout: 30_000,
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (part) => (output += part));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (status) => resolve({ status, output }));
  });
}
