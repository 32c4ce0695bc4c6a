/** The list of packages, and what happens where one is missing. */
import { describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { COLUMNS } from "./columns.ts";
import { SYSTEM_PACKAGES } from "./packages.ts";

const PACKAGES = JSON.stringify(join(import.meta.dirname, "packages.ts"));

/** Runs `code` with hasPackages and a missing package of its own. */
function withMissing(code: string, env: Record<string, string>) {
  const script = `
    const { hasPackages, SYSTEM_PACKAGES } = await import(${PACKAGES});
    SYSTEM_PACKAGES.push({ name: "no-such-package", proof: ["/no/*/such/file", "/no/such/file"], neededBy: "nothing" });
    ${code}`;
  const clean = { ...process.env, CI: "", GEARWRIGHT_TEST_REQUIRE: "", ...env };
  return spawnSync(process.execPath, ["-e", script], { encoding: "utf8", env: clean });
}

describe("packages", () => {
  test("every package that a column needs is one that is installed for it", () => {
    const known = SYSTEM_PACKAGES.map(({ name }) => name);
    for (const { packages } of COLUMNS) expect(known).toEqual(expect.arrayContaining([...packages]));
  });

  test("a suite whose package is missing is skipped with a line that says why", () => {
    const { stdout, stderr } = withMissing('console.log(hasPackages("a suite", ["no-such-package"]))', {});
    expect(stdout).toBe("false\n");
    expect(stderr).toContain("skipped: a suite: needs no-such-package");
  });

  for (const env of [{ CI: "true" }, { GEARWRIGHT_TEST_REQUIRE: "1" }]) {
    test(`a missing package is a failure with ${Object.entries(env).flat().join("=")}`, () => {
      const { status, stderr } = withMissing('hasPackages("a suite", ["no-such-package"])', env);
      expect(status).not.toBe(0);
      expect(stderr).toContain("a suite: needs no-such-package");
    });
  }
});
