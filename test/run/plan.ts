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
const ALONE = ["test/fuzz/", "test/scenarios/", "test/server/", "test/soak/"];

/** What takes longest among the others; it starts first, so that a lane is not left alone with it at the end. */
const FIRST = ["test/interop/"];

/** Folders whose files start the program by the harness, which GEARWRIGHT_TEST_BIN tells which one. */
const BLACK_BOX = ["test/gearmand-http/", "test/interop/", "test/scenarios/", "test/server/"];

function isIn(path: string, folders: readonly string[]): boolean {
  return folders.some((folder) => path.startsWith(folder));
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
