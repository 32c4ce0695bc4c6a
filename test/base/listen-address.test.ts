/** How addresses are written. */
import { expect, test } from "bun:test";
import { parseListenAddress, showListenAddress } from "../../src/base/listen-address.ts";

test.each([
  ["127.0.0.1", "127.0.0.1", undefined],
  ["127.0.0.1:0", "127.0.0.1", 0],
  ["localhost:65535", "localhost", 65_535],
  ["::1", "::1", undefined],
  ["[::1]", "::1", undefined],
  ["[fe80::1]:4730", "fe80::1", 4730],
])("%s is host %s and port %p", (text, host, port) => {
  expect(parseListenAddress(text)).toEqual({ kind: "tcp", host, port });
});

test.each([
  "",
  ":4730",
  "a:b",
  "a:65536",
  "a:",
  "[1.2.3.4]:1",
  "[::1",
  "::1]:1",
  "unix:",
  "unix:relative",
  "http://a/",
  "a b",
])("%p is no address", (text) => {
  expect(typeof parseListenAddress(text)).toBe("string");
});

test("what is shown can be read again", () => {
  for (const text of ["127.0.0.1:1", "[::1]:2", "localhost:3", "unix:/a b/c"]) {
    const parsed = parseListenAddress(text);
    if (typeof parsed === "string") throw new Error(parsed);
    expect(showListenAddress(parsed.kind === "unix" ? parsed : { ...parsed, port: parsed.port ?? -1 })).toBe(text);
  }
});
