/** Which test files there are, and which of them need the machine for themselves. */
import { readdirSync } from "node:fs";
import { join } from "node:path";

/** A test file and how it is run. */
export interface PlannedFile {
  /** Path in the checkout, with slashes. */
  readonly path: string;
  /** It measures time or memory, or starts many servers: nothing else runs beside it. */
  readonly isAlone: boolean;
  /** It starts the program in bin/, so it can be run against an installed package. */
  readonly isBlackBox: boolean;
}

/** Folders whose files run with nothing beside them. */
const ALONE = ["test/chaos/", "test/fuzz/", "test/scenarios/", "test/server/", "test/soak/"];

/** What takes longest among the others; it starts first, so that a lane is not left alone with it at the end. */
const FIRST = ["test/interop/", "test/client/features", "test/package/"];

/** Folders and files that start the program which GEARWRIGHT_TEST_BIN names, or else that of the checkout. */
const BLACK_BOX = [
  "test/cli/admin-commands",
  "test/cli/command-docs",
  "test/cli/command-line",
  "test/cli/gearmand-process",
  "test/cli/gearmand-wire",
  "test/cli/launcher",
  "test/cli/serve",
  "test/cli/submit",
  "test/cli/terminal",
  "test/cli/work",
  "test/client/features",
  "test/examples/",
  "test/fuzz/fuzz.",
  "test/gearmand-http/",
  "test/interop/",
  "test/scenarios/",
  "test/server/",
  "test/soak/soak.",
  "test/usage/",
];

function isIn(path: string, places: readonly string[]): boolean {
  return places.some((place) => path.startsWith(place));
}

/** Every `*.test.ts` below test/, those that need the machine for themselves last. */
export function plannedFiles(root: string): readonly PlannedFile[] {
  const paths = readdirSync(join(root, "test"), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".test.ts"))
    .map((path) => `test/${path}`)
    .sort();
  return paths
    .map((path) => ({
      path,
      isAlone: isIn(path, ALONE),
      isBlackBox: isIn(path, BLACK_BOX),
    }))
    .sort((one, other) => rank(one) - rank(other));
}

function rank({ path, isAlone }: PlannedFile): number {
  if (isAlone) return 2;
  return isIn(path, FIRST) ? 0 : 1;
}
