/** Admin replies, byte for byte as gearmand's. */
import { expect, test } from "bun:test";
import {
  ADMIN_REPLY,
  formatIncomplete,
  formatPriorityStatus,
  formatShowJobs,
  formatShowUniqueJobs,
  formatStatus,
  formatUnknownCommand,
  formatValue,
  formatWorkers,
} from "../../src/protocol/admin-replies.ts";

test("values end in a bare newline", () => {
  expect([formatValue("2.0.0-51-ge4f600b6"), formatValue("INFO"), formatValue(31588)]).toEqual([
    "OK 2.0.0-51-ge4f600b6\n",
    "OK INFO\n",
    "OK 31588\n",
  ]);
});

test("empty lists are their end alone", () => {
  for (const format of [formatStatus, formatPriorityStatus, formatWorkers, formatShowJobs, formatShowUniqueJobs]) {
    expect(format([])).toBe(".\n");
  }
});

test("status and prioritystatus have a line per function, parted by tabs", () => {
  expect(
    formatStatus([
      { name: "a b\xfc", total: 2, running: 1, workers: 3 },
      { name: "", total: 1, running: 0, workers: 0 },
    ]),
  ).toBe("a b\xfc\t2\t1\t3\n\t1\t0\t0\n.\n");
  expect(formatPriorityStatus([{ name: "f", high: 1, normal: 2, low: 3, workers: 4 }])).toBe("f\t1\t2\t3\t4\n.\n");
});

test("workers has a blank before the colon and before every function", () => {
  expect(
    formatWorkers([
      { connectionId: 35, address: "127.0.0.1", clientId: "-", functions: [] },
      { connectionId: 36, address: "::1", clientId: "opt5 id", functions: ["c", "b"] },
      { connectionId: 37, address: "127.0.0.1", clientId: "", functions: new Set(["a"]) },
    ]),
  ).toBe("35 127.0.0.1 - :\n36 ::1 opt5 id : c b\n37 127.0.0.1  : a\n.\n");
});

test("show jobs writes yes and no as 1 and 0; show unique jobs has an empty line for no unique", () => {
  expect(
    formatShowJobs([
      { handle: "H:x:1", retries: 1, isIgnored: false, isBackground: true },
      { handle: "H:x:2", retries: 0, isIgnored: true, isBackground: false },
    ]),
  ).toBe("H:x:1\t1\t0\t1\nH:x:2\t0\t1\t0\n.\n");
  expect(formatShowUniqueJobs(["u1", ""])).toBe("u1\n\n.\n");
});

test("OK and ERR end in \\r\\n, but the Perl server's answer to shutdown does not", () => {
  expect(ADMIN_REPLY.shutdown).toBe("OK\n");
  const { shutdown: _, ...others } = ADMIN_REPLY;
  for (const reply of Object.values(others)) expect(reply).toMatch(/^(OK|ERR [\w ]+)\r\n$/);
  expect(formatUnknownCommand("foo")).toBe("ERR UNKNOWN_COMMAND Unknown+server+commandfoo\r\n");
  expect(formatIncomplete("drop")).toBe(
    "ERR INVALID_ARGUMENTS An+incomplete+set+of+arguments+was+sent+to+this+command+drop\r\n",
  );
});
