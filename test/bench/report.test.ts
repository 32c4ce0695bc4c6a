/** The report of the comparison: figures, ratios and targets. */
import { describe, expect, test } from "bun:test";
import { Board } from "../../bench/board.ts";
import { LIBRARY_COLUMNS } from "../../bench/comparison/library-columns.ts";
import { comparisonReport, ratioOf, type Section, sectionLines } from "../../bench/comparison/report.ts";
import { LIBRARY_ROWS, type Row, SERVER_ROWS } from "../../bench/comparison/rows.ts";
import { libraryVerdicts } from "../../bench/comparison/targets.ts";
import { shownSpread, spreadOf } from "../../bench/spread.ts";

const RATE: Row = { measure: "rate", title: "the rate", unit: "jobs/s", digits: 0 };
const LATENCY: Row = { measure: "latency", title: "the latency", unit: "µs", digits: 1, isLessBetter: true };

function boardOf(values: Readonly<Record<string, readonly number[]>>): Board {
  const board = new Board();
  for (const [key, list] of Object.entries(values)) {
    const [measure = "", column = ""] = key.split(" ");
    for (const value of list) board.add(measure, column, value);
  }
  return board;
}

function sectionOf(board: Board): Section {
  return {
    heading: "Things",
    prose: ["How it was done."],
    rows: [RATE, LATENCY],
    columns: [
      { name: "ours", title: "Ours" },
      { name: "peer", title: "The peer" },
    ],
    ours: [{ name: "ours", title: "Ours" }],
    board,
    hasTargets: false,
  };
}

describe("figures", () => {
  test("are the median with the least and the greatest", () => {
    expect(shownSpread(spreadOf([3000, 1000, 2000]), 0)).toBe("2,000 (1,000–3,000)");
    expect(shownSpread(spreadOf([1, 2]), 1)).toBe("1.5 (1.0–2.0)");
    expect(shownSpread(spreadOf([7]), 0)).toBe("7");
    expect(shownSpread(undefined, 0)).toBe("–");
  });

  test("of one measure and column are kept apart from the others", () => {
    const board = boardOf({ "rate ours": [1, 3], "rate peer": [10] });
    expect(board.median("rate", "ours")).toBe(2);
    expect(board.median("rate", "peer")).toBe(10);
    expect(board.median("latency", "ours")).toBeUndefined();
  });
});

describe("a ratio", () => {
  const board = boardOf({ "rate ours": [300], "rate peer": [100], "latency ours": [10], "latency peer": [5] });

  test("of rates is ours to theirs", () => {
    expect(ratioOf(board, RATE, "ours", "peer")).toBe(3);
  });

  test("of latencies is theirs to ours, so that more is always better", () => {
    expect(ratioOf(board, LATENCY, "ours", "peer")).toBe(0.5);
  });

  test("with what was not measured is none", () => {
    expect(ratioOf(board, RATE, "ours", "nobody")).toBeUndefined();
  });
});

describe("a section", () => {
  test("has a table of figures and one of ratios", () => {
    const board = boardOf({ "rate ours": [300, 200], "rate peer": [100] });
    board.addNote("one thing was left out");
    board.addNote("one thing was left out");
    expect(sectionLines(sectionOf(board))).toEqual([
      "## Things",
      "",
      "How it was done.",
      "",
      "| load | unit | Ours | The peer |",
      "| --- | --- | ---: | ---: |",
      "| the rate | jobs/s | 250 (200–300) | 100 |",
      "",
      "How many times better Ours is than each (rates: ours to theirs; latencies and memory: theirs to ours):",
      "",
      "| load | The peer |",
      "| --- | ---: |",
      "| the rate | 2.50× |",
      "",
      "- one thing was left out",
      "",
    ]);
  });

  test("without ours among its columns has no ratios", () => {
    const section = sectionOf(boardOf({ "rate peer": [100] }));
    const text = comparisonReport([{ ...section, columns: section.columns.slice(1) }], "A machine.");
    expect(text).not.toContain("How many times");
    expect(text).toContain("| the rate | jobs/s | 100 |");
    expect(text.endsWith("|\n")).toBe(true);
  });
});

describe("the targets of the client library", () => {
  test("are against the peer that came nearest", () => {
    const board = boardOf({ "echo64 ours-node": [120], "echo64 gearman": [10], "echo64 abraxas": [50] });
    expect(libraryVerdicts(board, "ours-node")).toEqual([
      { title: "64 in flight, to each npm library", ratioMin: 3, ratio: 2.4, peer: "abraxas" },
    ]);
  });

  test("compare 64 in flight with libgearman's one at a time", () => {
    const board = boardOf({ "echo64 ours-node": [120], "echo1 libgearman": [10] });
    expect(libraryVerdicts(board, "ours-node").map(({ ratio, peer }) => ({ ratio, peer }))).toEqual([
      { ratio: 12, peer: "libgearman" },
    ]);
  });

  test("are none where nothing was measured", () => {
    expect(libraryVerdicts(new Board(), "ours-node")).toEqual([]);
  });
});

describe("the tables of rows and columns", () => {
  test("have each name once", () => {
    for (const names of [SERVER_ROWS, LIBRARY_ROWS].map((rows) => rows.map(({ measure }) => measure))) {
      expect(new Set(names).size).toBe(names.length);
    }
    expect(new Set(LIBRARY_COLUMNS.map(({ name }) => name)).size).toBe(LIBRARY_COLUMNS.length);
  });

  test("have a row for every load that a column has", () => {
    const measures = LIBRARY_ROWS.map(({ measure }) => measure);
    for (const load of LIBRARY_COLUMNS.flatMap(({ loads }) => loads ?? [])) expect(measures).toContain(load);
  });
});
