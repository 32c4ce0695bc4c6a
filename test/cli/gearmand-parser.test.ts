/** gearmand's flags are read as gearmand reads them. Verdicts: observed on gearmand 1.1.20 with --check-args. */
import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { parseGearmandFlags } from "../../src/cli/gearmand/parser.ts";
import { type GearmandSettings, resolveGearmand } from "../../src/cli/gearmand/resolve.ts";
import { Folder } from "./program.ts";

function settings(args: readonly string[], environment: Readonly<Record<string, string>> = {}): GearmandSettings {
  const outcome = resolveGearmand(args, environment);
  if (outcome.settings === undefined) throw new Error(outcome.mistakes.join("; "));
  return outcome.settings;
}

const mistakes = (...args: readonly string[]) => resolveGearmand(args, {}).mistakes;

test.each([[["--port", "4731"]], [["--port=4731"]], [["-p4731"]], [["-p", "4731"]], [["-dp4731"]], [["-dRp", "4731"]]])(
  "%p is port 4731",
  (args) => {
    expect(settings(args).port).toBe(4731);
  },
);

test.each([
  [["--por", "1"], "unrecognised option '--por'"],
  [["--PORT", "1"], "unrecognised option '--PORT'"],
  [["foo"], "unrecognised option 'foo'"],
  [[""], "unrecognised option ''"],
  [["-"], "unrecognised option '-'"],
  [["-v"], "unrecognised option '-v'"],
  [["-R1"], "unrecognised option '-1'"],
  [["--", "-R"], "unrecognised option '-R'"],
  [["--daemon=1"], "option '--daemon' does not take any arguments"],
  [["-p"], "the required argument for option '--port' is missing"],
  [["-p", "-R"], "the required argument for option '--port' is missing"],
  [["--port="], "the argument for option '--port' should follow immediately after the equal sign"],
  [["--port", "1", "--port", "2"], "option '--port' cannot be specified more than once"],
  [["-R", "--round-robin"], "option '--round-robin' cannot be specified more than once"],
  [["-b", "12abc"], "the argument ('12abc') for option '--backlog' is invalid"],
  [["-b", "0x10"], "the argument ('0x10') for option '--backlog' is invalid"],
  [["-b", " 5"], "the argument (' 5') for option '--backlog' is invalid"],
  [["-b", "99999999999"], "the argument ('99999999999') for option '--backlog' is invalid"],
])("%p is a mistake: %s", (args, mistake) => {
  expect(parseGearmandFlags(args, "strict").mistakes).toContain(mistake);
});

test.each([
  [["-b", "-1"]],
  [["-t", "-1"]],
  [["-w", "-1"]],
  [["--"]],
  [["-q", "BUILTIN"]],
  [["-u", "nosuchuser"]],
  [["--keepalive-idle=5"]],
])("%p is accepted", (args) => {
  expect(mistakes(...args)).toEqual([]);
});

test("what cannot be done is refused with the reason", () => {
  expect(mistakes("-q", "libsqlite3")[0]).toContain("a store on SQLite comes with a later version");
  expect(mistakes("-q", "Postgres")[0]).toContain("a store on PostgreSQL comes with a later version");
  expect(mistakes("-q", "foo")[0]).toContain("there is no queue type 'foo'");
  expect(mistakes("-r", "HTTP")[0]).toContain("there is no 'HTTP'");
  expect(mistakes("--ssl")[0]).toContain("TLS comes with a later version");
  expect(mistakes("--hashtable-buckets", "0")).toEqual(["hashtable-buckets has to be greater than 0"]);
  expect(mistakes("--verbose", "info")[0]).toStartWith("Invalid value for --verbose supplied");
  expect(mistakes("--as", "3")[0]).toContain("1.1 or 2.0");
  expect(mistakes("-p", "99999")[0]).toContain("'99999' is not a port");
  expect(mistakes("-p", "abc", "-r", "http", "--http-port", "x", "--job-handle-prefix", "a b")).toHaveLength(3);
});

test.each([
  [["--as", "2.0"], Number.POSITIVE_INFINITY],
  [["-j", "-1"], Number.POSITIVE_INFINITY],
  [["-j", "0"], 1],
  [["-j", "1"], 1],
  [["-j255"], 255],
  [["--as", "1.1"], Number.POSITIVE_INFINITY],
  [["--as=1.1.20", "-j", "0"], Number.POSITIVE_INFINITY],
  [["--as", "1.1", "-j", "256"], Number.POSITIVE_INFINITY],
  [["--as", "1.1", "-j", "257"], 1],
  [["--as", "1.1", "-j", "-1"], 255],
])("%p retries %p times", (args, retriesMax) => {
  expect(settings(args).retriesMax).toBe(retriesMax);
});

test("retries out of range are a mistake in 2.0 only", () => {
  expect(mistakes("-j", "256")).toEqual(["--job-retries is -1 to 255, not 256"]);
  expect(mistakes("-j", "-2")).toHaveLength(1);
});

test.each([
  ["0", 1],
  ["1", 1],
  ["5", 5],
  ["255", 255],
  ["256", 1],
  ["300", 44],
])("-w %s wakes %p", (text, count) => {
  expect(settings(["-w", text]).wakeupsPerJob).toBe(count);
});

test("GEARMAND_PORT counts only while the port is still 4730", () => {
  expect(settings([], { GEARMAND_PORT: "4801" }).port).toBe(4801);
  expect(settings(["-p", "4730"], { GEARMAND_PORT: "4801" }).port).toBe(4801);
  expect(settings(["-p", "4802"], { GEARMAND_PORT: "4801" }).port).toBe(4802);
  expect(resolveGearmand([], { GEARMAND_PORT: "x" }).mistakes[0]).toStartWith("GEARMAND_PORT: ");
});

test("a configuration file is split at blanks, its plain words are skipped, and the command line wins", () => {
  using folder = new Folder();
  const file = folder.file("gearmand.conf");
  writeFileSync(file, '# a comment\n--port=4801  -w\n3\n"--job-handle-prefix=X"\n');
  expect(settings(["--config-file", file])).toMatchObject({ port: 4801, wakeupsPerJob: 3 });
  expect(settings(["--config-file", file, "-p", "4802"])).toMatchObject({ port: 4802, wakeupsPerJob: 3 });
});

test("a mistake in the configuration file counts, and so does a named file that is not there", () => {
  using folder = new Folder();
  writeFileSync(folder.file("a"), "--nosuch -b x");
  expect(mistakes("--config-file", folder.file("a"))).toEqual([
    "in the configuration file: unrecognised option '--nosuch'",
    "in the configuration file: the argument ('x') for option '--backlog' is invalid",
  ]);
  expect(mistakes("--config-file", folder.file("none"))[0]).toContain("could not be opened");
});
