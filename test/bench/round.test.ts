/** One short round of each comparison, on the servers and libraries that need nothing from npm. */
import { describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { Board } from "../../bench/board.ts";
import { LibraryComparison } from "../../bench/comparison/libraries.ts";
import { LIBRARY_COLUMNS } from "../../bench/comparison/library-columns.ts";
import { LIBRARY_ROWS, SERVER_ROWS } from "../../bench/comparison/rows.ts";
import { ServerComparison } from "../../bench/comparison/servers.ts";
import { LoadGenerator } from "../../bench/generator.ts";
import { startNamed } from "../../bench/servers.ts";

const LIMIT_MS = 120_000;
/** Of each load; a figure of so short a load means nothing, that it is there does. */
const SECONDS = 0.15;

const hasCompiler = spawnSync("gcc", ["--version"]).status === 0;
if (!hasCompiler) console.error("test/bench: skips the rounds: needs gcc (apt-get install gcc libc6-dev)");

describe.skipIf(!hasCompiler)("a round", () => {
  test(
    "of job servers measures every row",
    async () => {
      using comparison = new ServerComparison();
      const names = (["ours-bun", "beanstalkd"] as const).filter((name) => comparison.missing(name) === undefined);
      const board = new Board();
      for (const name of names) await comparison.round(name, { board, seconds: SECONDS, say: () => {} });
      expect(board.notes).toEqual([]);
      for (const { measure } of SERVER_ROWS) {
        for (const name of names) expect([measure, name, board.median(measure, name)]).not.toContain(undefined);
      }
    },
    LIMIT_MS,
  );

  test(
    "of client libraries measures every row that the library has",
    async () => {
      using comparison = new LibraryComparison();
      const columns = LIBRARY_COLUMNS.filter(({ name }) => name === "ours-node" || name === "libgearman");
      const board = new Board();
      const present = columns.filter((column) => comparison.missing(column) === undefined);
      for (const column of present) {
        await comparison.round(column, { board, server: "ours-bun", seconds: SECONDS, say: () => {} });
      }
      expect(board.notes).toEqual([]);
      for (const { name, loads } of present) {
        const rows = LIBRARY_ROWS.filter(({ measure }) => loads?.some((load) => load === measure) ?? true);
        for (const { measure } of rows) expect([measure, name, board.median(measure, name)]).not.toContain(undefined);
      }
    },
    LIMIT_MS,
  );

  test(
    "of gearbench checks every result, whatever is in flight",
    async () => {
      using generator = new LoadGenerator();
      await using server = await startNamed("ours-bun");
      const result = await generator.run(server.port, "-m echo -v -c 4 -d 16 -w 4 -g 4 -n 5000");
      expect(result.count).toBe(5000);
      expect(result.medianUs ?? -1).toBeLessThanOrEqual(result.p99Us ?? -2);
    },
    LIMIT_MS,
  );
});
