/** How bytes are shown to people. */
import { expect, test } from "bun:test";
import { showBytes } from "../../src/base/shown-bytes.ts";

test("bytes that are UTF-8 are shown as text, others one char per byte", () => {
  expect(showBytes(Buffer.from("größe", "utf8").toString("latin1"))).toBe("größe");
  expect(showBytes("gr\xf6\xdfe")).toBe("gr\xf6\xdfe");
  expect(showBytes("")).toBe("");
});
