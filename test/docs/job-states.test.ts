/** docs/job-states.md says what the table of states says. */
import { expect, test } from "bun:test";
import { readFile } from "node:fs/promises";
import { STEPS } from "../../src/job/states.ts";
import { generatedPart } from "../generated-part.ts";
import { jobStates } from "./job-states.ts";

test("the picture and the table in docs/job-states.md are drawn from the lawful steps", async () => {
  const { found, wanted } = await generatedPart("docs/job-states.md", "states", jobStates());
  expect(found).toBe(wanted);
});

test("docs/job-states.md explains every state and every event", async () => {
  const document = await readFile(new URL("../../docs/job-states.md", import.meta.url), "utf8");
  const events = Object.values(STEPS).flatMap((steps) => Object.keys(steps));
  for (const name of new Set([...Object.keys(STEPS), ...events])) expect(document).toContain(`\n- **${name}**: `);
});
