/** The runner itself: its small languages, and wrong expectations planted on purpose. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { RUNTIMES } from "../harness/runtimes.ts";
import { type ServerProcess, startServer } from "../harness/server-process.ts";
import { parseBook } from "./book.ts";
import { splitCommand } from "./command-words.ts";
import { inLanes, playBook, playScenario } from "./play.ts";
import { isSameThing, quoteWord, readThing, showThing, splitWords } from "./words.ts";

describe("words", () => {
  test("quotes, escapes, repetition and handles are read", () => {
    expect(splitWords(String.raw`a "b c" "\x00\n\"" *3 ab *2 "x y" H2 "\x41" *`)).toEqual([
      "a",
      "b c",
      '\0\n"',
      "ababab",
      "x yx y",
      `\${H2}`,
      "A",
      `\${**}`,
    ]);
  });

  test("what is shown reads back as the same", () => {
    for (const word of [
      "plain",
      "",
      "H1",
      "*",
      "a b",
      '"',
      "\\",
      "\0\xff",
      "ab".repeat(50),
      "u".repeat(64),
      "\n".repeat(41),
    ]) {
      expect(splitWords(quoteWord(word))).toEqual([word]);
    }
  });

  test("a star matches one word and a star in quotes matches text within a line", () => {
    const matches = (want: string, have: string) => isSameThing(readThing(want), readThing(have));
    expect(matches("ERROR * x", "ERROR anything x")).toBe(true);
    expect(matches("ERROR *", "ERROR a b")).toBe(false);
    expect(matches(`text "ERR \${*}\\r\\n"`, String.raw`text "ERR (a.b)\r\n"`)).toBe(true);
    expect(matches(`text "ERR \${*}\\r\\n"`, String.raw`text "ERR a\nb\r\n"`)).toBe(false);
    expect(matches(`text "a.b\${*}"`, "text aXb")).toBe(false);
    expect(showThing(readThing("NOOP"))).toBe("NOOP");
  });

  test("a command is split as a shell would", () => {
    expect(splitCommand(`a  'b c' "d \\" e"f g\\ h ''`)).toEqual(["a", "b c", 'd " ef', "g h", ""]);
    expect(() => splitCommand("a 'b")).toThrow("a quote is not closed");
  });
});

describe("books", () => {
  const TEXT =
    "@flags -x 'y z'\n@alone\n## one\nmended it\nA> ECHO_REQ x\n1.1,2.0| A< nothing\nnew| A< ECHO_RES x\n# note\n1.1| skip\n";

  test("each server gets its own steps", () => {
    const book = parseBook("b.txt", TEXT);
    expect([book.flags, book.isAlone]).toEqual([["-x", "y z"], true]);
    const [scenario] = book.scenarios;
    expect(scenario?.steps("1.1")).toEqual(["A> ECHO_REQ x", "A< nothing", "skip"]);
    expect(scenario?.steps("2.0")).toEqual(["A> ECHO_REQ x", "A< nothing"]);
    expect(scenario?.steps("new")).toEqual(["A> ECHO_REQ x", "A< ECHO_RES x"]);
  });

  test("steps for the new server need a word on what is mended", () => {
    expect(() => parseBook("b.txt", TEXT.replace("mended it\n", ""))).toThrow("b.txt:3:");
    expect(() => parseBook("b.txt", "## one\nmended it\nA> ECHO_REQ x\n")).toThrow("b.txt:1:");
  });
});

test("lanes run at most as many at a time as there are, and keep the order", async () => {
  let running = 0;
  let most = 0;
  const results = inLanes([5, 1, 3, 2, 4], 2, async (value) => {
    running += 1;
    most = Math.max(most, running);
    for (let turn = 0; turn < value; turn += 1) await Promise.resolve();
    running -= 1;
    if (value === 3) throw new Error("three");
    return value * 10;
  });
  const settled = await Promise.allSettled(results);
  expect(settled.map((result) => (result.status === "fulfilled" ? result.value : "failed"))).toEqual([
    50,
    10,
    "failed",
    20,
    40,
  ]);
  expect(most).toBe(2);
});

/** A wrong scenario, and what the runner must say of it. */
const PLANTED: readonly (readonly [string, string, string])[] = [
  ["a wrong word", "C> ECHO_REQ a\nC< ECHO_RES b", "expected C< ECHO_RES b, got C< ECHO_RES a"],
  ["a wrong packet", "C> SUBMIT_JOB_BG pl1 u x\nC< NO_JOB", "expected C< NO_JOB, got C< JOB_CREATED H1"],
  [
    "a wrong handle",
    "C> SUBMIT_JOB_BG pl2 a x\nC< JOB_CREATED H1\nC> SUBMIT_JOB_BG pl2 b x\nC< JOB_CREATED H1",
    "expected C< JOB_CREATED H1, got C< JOB_CREATED H2",
  ],
  ["a silence that is none", "C> ECHO_REQ a\nC< nothing", "expected C< nothing, got C< ECHO_RES a"],
  ["a packet that nobody expects", "C> ECHO_REQ a", "at the end: expected nothing more, got C< ECHO_RES a"],
  ["a reply that does not come", "C> CAN_DO pl3\nC< NOOP", "expected C< NOOP, got C< nothing"],
  ["an end that does not come", "C> ECHO_REQ a\nC< ECHO_RES a\nC< closed", "expected C< closed, got C< nothing"],
  [
    "an end that nobody expects",
    'C> bytes "\\x00XXX00000000"\nwait 200',
    "at the end: expected nothing more, got C< closed",
  ],
  ["a refusal that does not come", "C> ECHO_REQ a\nC< refused", "expected C< refused, got C< ECHO_RES a"],
  [
    "a wrong list",
    'A> CAN_DO pl4\nA> text status\nA< text "pl4\\t0\\t0\\t2\\n.\\n"',
    'expected A< text "pl4\\t0\\t0\\t2\\n.\\n", got A< text "pl4\\t0\\t0\\t1\\n.\\n"',
  ],
  [
    "two that get what one should",
    "A> ECHO_REQ a\nB> ECHO_REQ a\nany A,B< ECHO_RES a",
    "expected one ECHO_RES a on one of A,B, got A< ECHO_RES a; B< ECHO_RES a",
  ],
  [
    "one that gets something else",
    "A> ECHO_REQ a\nany A,B< NOOP",
    "expected one NOOP on one of A,B, got A< ECHO_RES a",
  ],
  [
    "a tolerated packet of another connection",
    "tolerate A ECHO_RES\nB> ECHO_REQ b",
    "at the end: expected nothing more, got B< ECHO_RES b",
  ],
  ["a server that should be gone", "gone", "expected the server is gone, got it accepts connections"],
  ["a handle that nobody has seen", "C> GET_STATUS H1", "expected a handle H1, got only 0 so far"],
];

describe("planted faults", () => {
  let server: ServerProcess;
  beforeAll(async () => {
    server = await startServer({ form: "gearmand", ...(RUNTIMES[0] === undefined ? {} : { runtime: RUNTIMES[0] }) });
  });
  afterAll(() => server.stop());

  for (const [what, steps, problem] of PLANTED) {
    test.concurrent(`${what} is reported`, async () => {
      const [scenario] = parseBook("planted.txt", `## planted\n${steps}\n`).scenarios;
      if (scenario === undefined) throw new Error("no scenario");
      expect(await playScenario(scenario, { port: server.port, expectation: "new" })).toBe(problem);
    }, 20_000);
  }

  test("a server that ends during a scenario is reported, though its answers were right", async () => {
    const script = `
      const { createServer } = require("node:net");
      const server = createServer((socket) => socket.on("data", () => process.exit(7)));
      server.listen(Number(process.argv.at(-1)), "127.0.0.1");`;
    const book = parseBook("planted.txt", "## planted\nC> bytes x\nC< closed\n");
    const command = [process.execPath, "-e", script, "{port}"];
    const [verdict] = await playBook(book, { server: { command }, expectation: "new" });
    expect(verdict?.problem).toBe("all answers as expected; and the server ended with exit status 7");
  });
});
