/** Admin replies, byte for byte as gearmand's. */
import { expect, test } from "bun:test";
import {
  ADMIN_REPLY,
  formatIncomplete,
  formatPriorityStatusRow,
  formatShowJobsRow,
  formatShowUniqueJobsRow,
  formatStatusRow,
  formatUnknownCommand,
  formatValue,
  formatWorkersRow,
  LIST_END,
} from "../../src/protocol/admin-replies.ts";

test("values end in a bare newline", () => {
  expect([formatValue("2.0.0-51-ge4f600b6"), formatValue("INFO"), formatValue(31588)]).toEqual([
    "OK 2.0.0-51-ge4f600b6\n",
    "OK INFO\n",
    "OK 31588\n",
  ]);
});

test("status and prioritystatus have a line per function, parted by tabs", () => {
  expect(formatStatusRow({ name: "a b\xfc", total: 2, running: 1, workers: 3 })).toBe("a b\xfc\t2\t1\t3\n");
  expect(formatStatusRow({ name: "", total: 1, running: 0, workers: 0 })).toBe("\t1\t0\t0\n");
  expect(formatPriorityStatusRow({ name: "f", high: 1, normal: 2, low: 3, workers: 4 })).toBe("f\t1\t2\t3\t4\n");
  expect(LIST_END).toBe(".\n");
});

test("workers has a blank before the colon and before every function", () => {
  const lines = [
    { connectionId: 35, address: "127.0.0.1", clientId: "-", functions: [] },
    { connectionId: 36, address: "::1", clientId: "opt5 id", functions: ["c", "b"] },
    { connectionId: 37, address: "127.0.0.1", clientId: "", functions: new Set(["a"]) },
  ].map((row) => [...formatWorkersRow(row)].join(""));
  expect(lines).toEqual(["35 127.0.0.1 - :\n", "36 ::1 opt5 id : c b\n", "37 127.0.0.1  : a\n"]);
});

test("show jobs writes yes and no as 1 and 0; show unique jobs has an empty line for no unique", () => {
  expect(formatShowJobsRow({ handle: "H:x:1", retries: 1, isIgnored: false, isBackground: true })).toBe(
    "H:x:1\t1\t0\t1\n",
  );
  expect(formatShowJobsRow({ handle: "H:x:2", retries: 0, isIgnored: true, isBackground: false })).toBe(
    "H:x:2\t0\t1\t0\n",
  );
  expect([formatShowUniqueJobsRow("u1"), formatShowUniqueJobsRow("")]).toEqual(["u1\n", "\n"]);
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
