/** docs/protocol.md is in step with the code: its table, a chapter for every packet, and the texts of refusals. */
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { LIMITS } from "../../src/base/limits.ts";
import { ADMIN_REPLY } from "../../src/protocol/admin-replies.ts";
import { PACKETS } from "../../src/protocol/packets.ts";
import { protocolTable } from "./protocol-table.ts";

const DOCUMENT = readFileSync(new URL("../../docs/protocol.md", import.meta.url), "utf8");
const HEADINGS = DOCUMENT.split("\n").filter((line) => line.startsWith("### "));

describe("docs/protocol.md", () => {
  test("has the table of packets as it is made from PACKETS", () => {
    const table = /<!-- generated: packets -->\n([\s\S]*?)\n<!-- \/generated -->/.exec(DOCUMENT)?.[1];
    expect(table).toBe(protocolTable());
  });

  for (const [name, { type }] of Object.entries(PACKETS)) {
    test(`has one heading for ${name} with its type`, () => {
      const entry = new RegExp(`[ ,]${name} \\(${type}\\)(,|$)`);
      expect(HEADINGS.filter((heading) => entry.test(heading))).toHaveLength(1);
    });
  }

  // biome-ignore format: a list
  const commands = ["version", "verbose", "getpid", "status", "prioritystatus", "workers", "show jobs", "show unique jobs",
    "maxqueue", "create function", "drop function", "cancel job", "shutdown", "gearwright counts"];
  for (const command of commands) {
    test(`has one heading for the admin command ${command}`, () => {
      expect(HEADINGS.filter((heading) => heading.includes(`\`${command}\``))).toHaveLength(1);
    });
  }

  test("says the form of every packet and command: what it does, its answer, its errors", () => {
    const chapters = DOCUMENT.split(/^### /m).slice(1);
    for (const chapter of chapters) {
      for (const part of ["- Does: ", "- Answer: ", "- Errors: "]) expect(chapter).toContain(`\n${part}`);
    }
  });

  test("quotes every admin refusal and the limits as they are", () => {
    for (const reply of Object.values(ADMIN_REPLY)) {
      expect(DOCUMENT).toContain(`\`${reply.replaceAll("\r", "\\r").replaceAll("\n", "\\n")}\``);
    }
    expect(DOCUMENT).toContain(`${LIMITS.argBytesMax.toLocaleString("en")} bytes`);
    expect(DOCUMENT).toContain(`${LIMITS.bodyBytesMax / 1024 / 1024} MiB`);
  });
});
