/** docs/configuration.md says what the settings table says. */
import { expect, test } from "bun:test";
import { settingsMarkdown } from "../../src/settings/describe.ts";
import { generatedPart } from "../generated-part.ts";

test("the table in docs/configuration.md is made from the settings table", async () => {
  const { found, wanted } = await generatedPart("docs/configuration.md", "settings", settingsMarkdown());
  expect(found).toBe(wanted);
});
