/** Where settings come from, and what is said about mistakes. */
import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { readSettings } from "../../src/settings/read-settings.ts";
import { listenAddresses } from "../../src/settings/rules.ts";
import { environmentName, type Setting, showMistake, tomlKey } from "../../src/settings/setting.ts";
import { SETTING_NAMES, SETTINGS } from "../../src/settings/table.ts";
import { Folder } from "../cli/program.ts";

function read(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  return readSettings({ args, environment });
}

function mistakesOf(args: readonly string[], environment: Readonly<Record<string, string>> = {}): readonly string[] {
  return read(args, environment).mistakes.map(showMistake);
}

test("without anything given every setting has its default", () => {
  const { settings } = read([]);
  expect(settings).toMatchObject({
    listen: undefined,
    port: 4730,
    isInsecure: false,
    store: "memory",
    http: "off",
    priorityScope: "worker",
    bodyBytesMax: 67_108_864,
    idleMs: 60_000,
    retriesMax: Number.POSITIVE_INFINITY,
    wakeupsPerJob: 1,
    verbose: "NOTICE",
  });
});

test("a flag wins over the environment, the environment over the file, the file over the default", () => {
  using folder = new Folder();
  const file = folder.file("a.toml");
  writeFileSync(file, 'port = 1\nbacklog = 1\nidle = "1s"\nexceptions = true\n');
  const { settings } = read(["--config", file, "--port", "3"], { GEARWRIGHT_PORT: "2", GEARWRIGHT_BACKLOG: "2" });
  expect(settings).toMatchObject({ port: 3, backlog: 2, idleMs: 1_000, graceMs: 30_000, hasExceptions: true });
});

test("a flag may have its value behind a blank or an equal sign", () => {
  expect(read(["--port", "1", "--idle=2s", "--insecure", "--exceptions=off"]).settings).toMatchObject({
    port: 1,
    idleMs: 2_000,
    isInsecure: true,
    hasExceptions: false,
  });
});

test.each([
  ["-v", "INFO"],
  ["-vv", "DEBUG"],
  ["-vvv", "DEBUG"],
])("%s logs at %s", (flag, level) => {
  expect(read([flag]).settings?.verbose).toBe(level as "INFO");
});

test("the environment gives a list with commas, and an empty variable counts as not set", () => {
  const { settings } = read([], { GEARWRIGHT_LISTEN: "127.0.0.1:1, [::1]:2,unix:/tmp/s", GEARWRIGHT_PORT: "" });
  expect(settings?.port).toBe(4730);
  expect(settings === undefined ? [] : listenAddresses(settings)).toEqual([
    { kind: "tcp", host: "127.0.0.1", port: 1, isIpv6Only: false },
    { kind: "tcp", host: "::1", port: 2, isIpv6Only: true },
    { kind: "unix", path: "/tmp/s" },
  ]);
});

test("without --listen both loopback addresses are taken, and a missing ::1 is no error", () => {
  const { settings } = read(["--port", "7"]);
  expect(settings === undefined ? [] : listenAddresses(settings)).toEqual([
    { kind: "tcp", host: "127.0.0.1", port: 7 },
    { kind: "tcp", host: "::1", port: 7, isIpv6Only: true, isOptional: true },
  ]);
});

test("every mistake of every source is told at once, with its place and what to do", () => {
  using folder = new Folder();
  const file = folder.file("a.toml");
  writeFileSync(file, 'backlogg = 1\nport = [1]\nmemory = "much"\n');
  const mistakes = mistakesOf(["--config", file, "--prot", "1", "--idle", "60", "--idle", "1s", "stray", "--grace"], {
    GEARWRIGHT_WORKER_WAKEUP: "0",
    GEARWRIGHT_WORKER_WAKEUPS: "1",
  });
  expect(mistakes).toEqual([
    "--prot: there is no such flag; did you mean --port?",
    '"stray": nothing is expected here; settings are written as --name VALUE',
    "--grace: its value is missing; write --grace VALUE",
    "--idle: it is given more than once; write it once",
    "GEARWRIGHT_WORKER_WAKEUPS: there is no such setting; did you mean GEARWRIGHT_WORKER_WAKEUP?",
    `${file}, backlogg: there is no such setting; did you mean backlog?`,
    `${file}, port: this is not one value; write port = "VALUE"`,
    `${file}, memory: "much" is not a size, such as 64MiB; write one from 1MiB to 64TiB`,
    '--idle: "60" is not a time with its unit, such as 60s or 500ms; write one from 100ms to 24h',
    "GEARWRIGHT_WORKER_WAKEUP: 0 is out of range; write one from 1 to 255",
  ]);
});

test("a value that a higher source overrides is still checked", () => {
  expect(mistakesOf(["--port", "1"], { GEARWRIGHT_PORT: "x" })).toHaveLength(1);
});

test("a file that is not TOML is told with its line, one that cannot be read with the reason", () => {
  using folder = new Folder();
  const file = folder.file("a.toml");
  writeFileSync(file, "port = 1\nidle = = 2\n");
  expect(mistakesOf(["--config", file])[0]).toStartWith(`${file}, line 2: it is not TOML`);
  expect(mistakesOf(["--config", folder.file("none.toml")])[0]).toContain("cannot be read (ENOENT)");
  expect(mistakesOf([], { GEARWRIGHT_CONFIG: folder.path })[0]).toContain("cannot be read (EISDIR)");
});

test.each(["0.0.0.0", "::", "192.0.2.1:4730", "example.test", "[::]:1"])("%s needs --insecure", (address) => {
  expect(mistakesOf(["--listen", address])).toHaveLength(1);
  expect(mistakesOf(["--listen", address, "--insecure"])).toEqual([]);
});

test.each(["127.0.0.1", "127.1.2.3:1", "localhost", "::1", "[::1]:1", "unix:/tmp/s"])("%s does not", (address) => {
  expect(mistakesOf(["--listen", address])).toEqual([]);
});

test("what Kubernetes puts beside a service named gearwright is no setting", () => {
  const environment = {
    GEARWRIGHT_PORT: "tcp://10.0.0.1:4730",
    GEARWRIGHT_PORT_4730_TCP: "tcp://10.0.0.1:4730",
    GEARWRIGHT_SERVICE_HOST: "10.0.0.1",
    GEARWRIGHT_SERVICE_PORT: "4730",
  };
  expect(read([], environment).settings?.port).toBe(4730);
});

test("a variable of another program with this prefix is no slip, one that is near a setting is", () => {
  expect(read([], { GEARWRIGHT_HOME: "/srv", GEARWRIGHT_URL: "x", GEARWRIGHT_TEST_BIN: "y" }).mistakes).toEqual([]);
  const { mistakes } = read([], { GEARWRIGHT_PROT: "1", GEARWRIGHT_BODYMAX: "1MiB" });
  expect(mistakes.map(({ fix }) => fix)).toEqual([
    "did you mean GEARWRIGHT_PORT?",
    "did you mean GEARWRIGHT_BODY_MAX?",
  ]);
});

test("the buffers must have room for the largest packet", () => {
  expect(mistakesOf(["--body-max", "300MiB"])[0]).toStartWith("--buffer-memory: 256MiB has no room");
  expect(mistakesOf(["--body-max", "300MiB", "--buffer-memory", "1GiB"])).toEqual([]);
});

test("a store or an HTTP address that comes later is named as such", () => {
  expect(mistakesOf(["--store", "sqlite", "--http", "127.0.0.1:8080"])).toEqual([
    '--store: "sqlite" is not possible yet, other values come with a later version; only memory is possible',
    '--http: "127.0.0.1:8080" is not possible yet, other values come with a later version; only off is possible',
  ]);
});

test("flags, variables and keys are each the name of one setting, and every default is lawful", () => {
  const rows: readonly Setting[] = SETTING_NAMES.map((name) => SETTINGS[name]);
  expect(new Set(rows.map(({ flag }) => flag)).size).toBe(rows.length);
  for (const row of rows) {
    expect(environmentName(row)).toMatch(/^GEARWRIGHT_[A-Z_]+$/);
    expect(tomlKey(row)).toMatch(/^[a-z-]+$/);
    expect(row.default ?? row.defaultText).toBeDefined();
    expect(row.help).toMatch(/^[^ ].*\.$/);
  }
  expect(mistakesOf([])).toEqual([]);
});
