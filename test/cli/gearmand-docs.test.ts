/** docs/gearmand.md says what the table of gearmand's flags says. */
import { expect, test } from "bun:test";
import { gearmandMarkdown } from "../../src/cli/gearmand/texts.ts";
import { generatedPart } from "../generated-part.ts";

test("the table in docs/gearmand.md is made from the table of flags", async () => {
  const { found, wanted } = await generatedPart("docs/gearmand.md", "flags", gearmandMarkdown());
  expect(found).toBe(wanted);
});
