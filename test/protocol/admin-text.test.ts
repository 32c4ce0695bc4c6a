/** How admin lines are understood; the lines marked so were tried on gearmand 1.1.20. */
import { describe, expect, test } from "bun:test";
import { isHttpLine, parseAdminLine, splitWords } from "../../src/protocol/admin-text.ts";

const UNKNOWN = "ERR UNKNOWN_COMMAND Unknown+server+command";
const INCOMPLETE = "ERR INVALID_ARGUMENTS An+incomplete+set+of+arguments+was+sent+to+this+command+";

/** What a line is refused with. */
function replyOf(line: string): unknown {
  const request = parseAdminLine(line);
  return request !== "close" && request.command === "refused" ? request.reply : request;
}

describe("words", () => {
  test("only blanks part words; one at the front or at the back makes an empty word (as gearmand)", () => {
    expect(splitWords("a  b   c")).toEqual(["a", "b", "c"]);
    expect(splitWords("  status")).toEqual(["", "status"]);
    expect(splitWords("maxqueue  ")).toEqual(["maxqueue", ""]);
    expect(splitWords("maxqueue\tf")).toEqual(["maxqueue\tf"]);
    expect(splitWords("")).toEqual([""]);
  });

  test("five words are read, six close, an empty one counts (as gearmand)", () => {
    expect(splitWords("a b c d e")).toEqual(["a", "b", "c", "d", "e"]);
    for (const line of ["a b c d e f", "a b c d e ", " a b c d e", "maxqueue f 1 2 3 4", "a b c d e f g h i"]) {
      expect(splitWords(line)).toBe("close");
      expect(parseAdminLine(line)).toBe("close");
    }
  });

  test("a NUL ends the line (as gearmand)", () => {
    expect(splitWords("sta\0tus x y")).toEqual(["sta"]);
    expect(parseAdminLine("status\0")).toEqual({ command: "status" });
  });
});

describe("commands", () => {
  test("the command and its fixed words are read in any case, further words of a plain command say nothing", () => {
    for (const command of ["version", "verbose", "getpid", "status", "prioritystatus", "workers"] as const) {
      for (const line of [command, command.toUpperCase(), `${command} x`, `${command} `]) {
        expect(parseAdminLine(line)).toEqual({ command });
      }
    }
    expect(parseAdminLine("SHOW Jobs")).toEqual({ command: "show jobs" });
    expect(parseAdminLine("show UNIQUE jobs")).toEqual({ command: "show unique jobs" });
    expect(parseAdminLine("Shutdown")).toEqual({ command: "shutdown" });
    expect(parseAdminLine("shutdown GRACEFUL")).toEqual({ command: "shutdown graceful" });
  });

  test("an unknown word is answered as it was sent", () => {
    expect(replyOf("FooBar x")).toBe(`${UNKNOWN}FooBar\r\n`);
    for (const line of ["", " ", " status", "\0"]) expect(replyOf(line)).toBe(`${UNKNOWN}\r\n`);
    for (const line of ["show", "cancel", "Cancel job"])
      expect(replyOf(line)).toBe(`${UNKNOWN}${line.split(" ")[0]}\r\n`);
    expect(replyOf("shutdown now")).toBe(`${UNKNOWN}shutdown\r\n`);
    expect(replyOf("toString")).toBe(`${UNKNOWN}toString\r\n`);
    expect(replyOf("status\r")).toBe(`${UNKNOWN}status\r\r\n`);
    expect(replyOf("status\t")).toBe(`${UNKNOWN}status\t\r\n`);
  });

  test("show with other words", () => {
    for (const line of [
      "show ",
      "show nonsense",
      "show unique",
      "show jobs please",
      "show unique jobs x",
      "show jobs ",
    ]) {
      expect(replyOf(line)).toBe("ERR UNKNOWN_SHOW_ARGUMENTS\r\n");
    }
  });

  test("cancel job takes a handle as it is", () => {
    expect(parseAdminLine("cancel JOB H:Host:1")).toEqual({ command: "cancel job", handle: "H:Host:1" });
    expect(replyOf("cancel nonsense x")).toBe("ERR UNKNOWN_ERROR\r\n");
    expect(replyOf("cancel job H:x:1 y")).toBe("ERR UNKNOWN_ERROR\r\n");
  });

  test("create and drop keep the whole name, and its case", () => {
    expect(parseAdminLine("create function letters")).toEqual({ command: "create function", functionName: "letters" });
    expect(parseAdminLine("Drop FUNCTION Fun7")).toEqual({ command: "drop function", functionName: "Fun7" });
    for (const rest of ["", " function", " function ", " nonsense fun3", " function x y"]) {
      expect(replyOf(`create${rest}`)).toBe(`${INCOMPLETE}create\r\n`);
      expect(replyOf(`drop${rest}`)).toBe(`${INCOMPLETE}drop\r\n`);
    }
  });
});

describe("maxqueue", () => {
  // biome-ignore format: a table
  const lines: readonly (readonly [string, number, number, number])[] = [
    ["maxqueue f",          0, 0, 0],
    ["maxqueue f 7",        7, 7, 7],
    ["maxqueue f 3 1",      3, 1, 0],
    ["maxqueue f 3 2 1",    3, 2, 1],
    ["maxqueue f 0",        0, 0, 0],
    ["maxqueue f -1",       0, 0, 0],
    ["maxqueue f many",     0, 0, 0],
    ["maxqueue f 12apples", 12, 12, 12],
  ];

  for (const [line, high, normal, low] of lines) {
    test(`${line}: HIGH ${high}, NORMAL ${normal}, LOW ${low}`, () => {
      expect(parseAdminLine(line)).toEqual({ command: "maxqueue", functionName: "f", queueMax: { high, normal, low } });
    });
  }

  test("without a function it is refused", () => {
    expect(replyOf("maxqueue")).toBe(`${INCOMPLETE}maxqueue\r\n`);
  });
});

describe("HTTP", () => {
  test("lines of an HTTP request are known by their method or by Host", () => {
    for (const line of [
      "GET / HTTP/1.1",
      "POST /shutdown",
      "delete x",
      "CONNECT a:1",
      "Host: a",
      "host:b",
      "OPTIONS *",
    ]) {
      expect(isHttpLine(line)).toBe(true);
    }
    for (const line of ["status", "get", "getpid", "workers", "POSTAL x", " GET /", "hostname", ""]) {
      expect(isHttpLine(line)).toBe(false);
    }
  });
});
