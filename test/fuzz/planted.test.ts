/** The fuzzer itself: it finds a leak and a crash that are planted into a copy of the server. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serveMany } from "../harness/many-files.ts";
import { ROOT_FOLDER, RUNTIMES } from "../harness/runtimes.ts";
import { FuzzRun } from "./fuzz-run.ts";
import { shortfalls } from "./verdict.ts";

const SEED = 4730;
const SECONDS = 5;
const LIMIT_MS = 120_000;
const COMMANDS = "src/server/commands.ts";

/** A row of the commands table, and what it is changed into. */
const FAULTS = [
  {
    name: "a leak of 16 KiB for each ALL_YOURS",
    file: COMMANDS,
    from: /ALL_YOURS:\s+\(\) => \{\},/g,
    to: "ALL_YOURS: () => { (globalThis.kept ??= []).push(new Uint8Array(16384).fill(1)); },",
    found: /memory grew/,
  },
  {
    name: "a crash at a long client id",
    file: COMMANDS,
    from: /SET_CLIENT_ID:\s+\(_core, session, packet\) => \{/g,
    to: 'SET_CLIENT_ID: (_core, session, packet) => { if (packet.text(0).length > 1000) throw new Error("planted");',
    found: /the server ended|connection was closed/,
  },
] as const;

let folder = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "gearwright-planted-"));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A copy of the server with one fault; throws when the place of the fault is not found exactly once. */
function plant(fault: (typeof FAULTS)[number], copy: string): string {
  for (const part of ["src", "bin", "package.json"])
    cpSync(join(ROOT_FOLDER, part), join(copy, part), { recursive: true });
  symlinkSync(join(ROOT_FOLDER, "node_modules"), join(copy, "node_modules"));
  const path = join(copy, fault.file);
  const source = readFileSync(path, "utf8");
  const places = source.match(fault.from)?.length ?? 0;
  if (places !== 1) throw new Error(`${fault.name}: found ${places} places in ${fault.file}`);
  writeFileSync(path, source.replace(fault.from, fault.to));
  return join(copy, "bin", "gearwright");
}

describe("planted faults", () => {
  const [runtime] = RUNTIMES;
  for (const [index, fault] of FAULTS.entries()) {
    test(
      `the fuzzer finds ${fault.name}`,
      async () => {
        const binary = plant(fault, join(folder, String(index)));
        await using server = await serveMany({ binary, ...(runtime === undefined ? {} : { runtime }) });
        const report = await new FuzzRun(server, { seed: SEED, seconds: SECONDS, packets: 0 }).run();
        const found = shortfalls(report);
        expect(found.join("; ")).toMatch(fault.found);
      },
      LIMIT_MS,
    );
  }
});
