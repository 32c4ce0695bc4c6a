/** The house: who imports whom, sizes, names, comments. Every rule is shown a planted fault first, and then the checkout. */
import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { arrowFindings, endingFindings } from "./house/arrows.ts";
import {
  defaultExportFindings,
  docstringFindings,
  generatedPartFindings,
  linkFindings,
  machinePathFindings,
  openingFindings,
  unfinishedFindings,
} from "./house/documentation.ts";
import { exportNameFindings, fileNameFindings, wordFindings } from "./house/names.ts";
import { PLANTED_FAULTS } from "./house/planted-faults.ts";
import { bunFindings, purityFindings } from "./house/purity.ts";
import { fileSizeFindings, functionSizeFindings } from "./house/sizes.ts";
import { type Rule, sourceFiles } from "./house/source-file.ts";

const FILES = sourceFiles(join(import.meta.dirname, ".."));

/** The rules by name; each has planted faults of the same name. */
const RULES: Readonly<Record<keyof typeof PLANTED_FAULTS, Rule>> = {
  "a folder imports only what the arrows allow": arrowFindings,
  "a relative import names a file that is there, with its ending": endingFindings,
  "the protocol and the job table are pure": purityFindings,
  "the global Bun is used by the Bun listener alone": bunFindings,
  "a file has at most 400 lines": fileSizeFindings,
  "a function has at most 50 lines": functionSizeFindings,
  "a file is named for what it holds": fileNameFindings,
  "an identifier uses the words of the field": wordFindings,
  "an export is named for what it is": exportNameFindings,
  "a file opens with a doc comment": openingFindings,
  "an export has a docstring": docstringFindings,
  "nothing is exported by default, and there are no barrels": defaultExportFindings,
  "work that is left has the number of an issue": unfinishedFindings,
  "no path of a machine is written down": machinePathFindings,
  "a generated part of a document has a test": generatedPartFindings,
  "a link in a document leads somewhere": linkFindings,
};

describe.each(Object.entries(RULES))("%s", (name, rule) => {
  const { good, bad } = PLANTED_FAULTS[name as keyof typeof PLANTED_FAULTS];

  test.each(bad.map((plant) => [plant.of, plant]))("the rule sees %s", (_of, { files, at }) => {
    expect(rule([...good, ...files]).map((finding) => finding.split(": ")[0])).toContain(at);
  });

  test("the rule lets good files pass", () => {
    expect(rule(good)).toEqual([]);
  });

  test("it holds in this checkout", () => {
    expect(rule(FILES)).toEqual([]);
  });
});

test("the rules see the whole checkout", () => {
  const paths = FILES.map(({ path }) => path);
  for (const path of [
    "src/job/job-table.ts",
    "src/server/session.ts",
    "test/house.test.ts",
    "README.md",
    "bin/gearwright",
  ]) {
    expect(paths).toContain(path);
  }
});
