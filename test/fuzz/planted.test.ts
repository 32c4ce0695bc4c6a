/** The fuzzer itself: it finds a leak and a crash that are planted into a copy of the server. */
import { describe, expect, test } from "bun:test";
import { serveMany } from "../harness/many-files.ts";
import { PlantedCopy } from "../harness/planted-copy.ts";
import { FuzzRun } from "./fuzz-run.ts";
import { shortfalls } from "./verdict.ts";

const OPTIONS = { seed: 4730, seconds: 5, packets: 0, packetsPerSecond: Number.POSITIVE_INFINITY };
const LIMIT_MS = 120_000;
const COMMANDS = "src/server/commands.ts";

const FAULTS = [
  {
    name: "a leak of 16 KiB for each ALL_YOURS",
    file: COMMANDS,
    from: /ALL_YOURS:\s+\(\) => \{\},/,
    to: "ALL_YOURS: () => { (globalThis.kept ??= []).push(new Uint8Array(16384).fill(1)); },",
    found: /memory grew/,
  },
  {
    name: "a crash at a long client id",
    file: COMMANDS,
    from: /SET_CLIENT_ID:\s+\(_core, session, packet\) => \{/,
    to: 'SET_CLIENT_ID: (_core, session, packet) => { if (packet.text(0).length > 1000) throw new Error("planted");',
    found: /the server ended|connection was closed/,
  },
] as const;

describe("faults planted for the fuzzer", () => {
  for (const fault of FAULTS) {
    test(
      `it finds ${fault.name}`,
      async () => {
        using copy = new PlantedCopy(fault);
        await using server = await serveMany({ binary: copy.binary });
        const report = await new FuzzRun(server, OPTIONS).run();
        expect(shortfalls(report).join("; ")).toMatch(fault.found);
      },
      LIMIT_MS,
    );
  }
});
