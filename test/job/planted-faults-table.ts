/** The table of planted faults in docs/testing.md. */
import { PLANTED_FAULTS } from "./planted-faults.ts";

/** Markdown, a row per fault: what is wrong, where it is planted, and the check that finds it. */
export function plantedFaultsTable(): string {
  const rows = PLANTED_FAULTS.map(({ name, file, caughtBy }) => `| ${name} | \`src/job/${file}\` | ${caughtBy} |`);
  return ["| fault | planted in | found by |", "| --- | --- | --- |", ...rows].join("\n");
}
