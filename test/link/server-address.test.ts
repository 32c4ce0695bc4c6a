/** How job servers are given, and what is no server. */
import { expect, test } from "bun:test";
import { GearError } from "../../src/base/errors.ts";
import { LIMITS } from "../../src/base/limits.ts";
import { serverAddresses } from "../../src/link/server-address.ts";

function errorOf(call: () => unknown): GearError {
  try {
    call();
  } catch (error) {
    if (error instanceof GearError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

test("without servers it is the one of this machine", () => {
  expect(serverAddresses()).toEqual([{ name: "127.0.0.1:4730", place: { host: "127.0.0.1", port: 4730 } }]);
});

// biome-ignore format: a table
const GOOD: readonly (readonly [string, { host: string; port: number } | { path: string }])[] = [
  ["jobs.example", { host: "jobs.example", port: 4730 }],
  ["jobs.example:1", { host: "jobs.example", port: 1 }],
  ["10.0.0.1:65535", { host: "10.0.0.1", port: 65_535 }],
  ["::1", { host: "::1", port: 4730 }],
  ["[::1]", { host: "::1", port: 4730 }],
  ["[fe80::1]:4731", { host: "fe80::1", port: 4731 }],
  ["unix:/run/gearwright.sock", { path: "/run/gearwright.sock" }],
];

for (const [name, place] of GOOD) {
  test(`${name} is a server, and keeps its name`, () => {
    expect(serverAddresses([name])).toEqual([{ name, place }]);
  });
}

// biome-ignore format: a table
const WRONG: readonly (readonly [string, unknown, RegExp])[] = [
  ["no server", [], /1 to 64/],
  ["a string instead of a list", "127.0.0.1:4730", /1 to 64/],
  ["null", null, /1 to 64/],
  ["too many", Array.from({ length: LIMITS.serversMax + 1 }, (_, index) => `jobs:${index + 1}`), /1 to 64/],
  ["a number", [4730], /string/],
  ["an object", [{ host: "jobs", port: 4730 }], /string/],
  ["an empty name", [""], /""/],
  ["a name with a NUL", ["jobs\0x"], /NUL/],
  ["a path with a NUL", ["unix:/run/\0x"], /NUL/],
  ["a port alone", [":4730"], /":4730"/],
  ["port 0", ["jobs:0"], /"jobs:0".*1 to 65535/],
  ["a port that is too great", ["jobs:65536"], /"65536"/],
  ["a port that is no number", ["jobs:http"], /"http"/],
  ["a URL", ["tcp://jobs:4730"], /tcp:\/\/jobs/],
  ["a name with a blank", ["my jobs:4730"], /my jobs/],
  ["brackets around a name", ["[jobs]:4730"], /jobs/],
  ["a unix socket that is relative", ["unix:jobs.sock"], /slash/],
  ["the same twice", ["jobs:4731", "other", "jobs:4731"], /twice/],
  ["the same with and without the port", ["jobs", "jobs:4730"], /twice/],
  ["the same IPv6 address in both forms", ["::1", "[::1]:4730"], /twice/],
];

for (const [what, servers, text] of WRONG) {
  test(`${what} is INVALID_ARGUMENT, and the text says what is wrong`, () => {
    const error = errorOf(() => serverAddresses(servers as string[]));
    expect(error.code).toBe("INVALID_ARGUMENT");
    expect(error.message).toMatch(/^servers/);
    expect(error.message).toMatch(text);
  });
}

test("as many servers as are allowed are taken, in their order", () => {
  const names = Array.from({ length: LIMITS.serversMax }, (_, index) => `jobs-${index}`);
  expect(serverAddresses(names).map(({ name }) => name)).toEqual(names);
});
