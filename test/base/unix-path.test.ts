/** How long the path of a unix socket may be. */
import { expect, test } from "bun:test";
import { parseListenAddress } from "../../src/base/listen-address.ts";

test("a unix socket's path of 107 bytes is an address, one of 108 is a sentence about the mistake", () => {
  const path = `/${"é".repeat(53)}`;
  expect(parseListenAddress(`unix:${path}`)).toEqual({ kind: "unix", path });
  expect(parseListenAddress(`unix:${path}x`)).toBe("the path of a unix socket has at most 107 bytes");
});
