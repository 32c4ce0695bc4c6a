/** The head of an HTTP request: what is read out of it, and what is refused. */
import { describe, expect, test } from "bun:test";
import { findHeadEnd, readHead } from "../../src/server/gearmand-http-head.ts";

const BODY_BYTES_MAX = 1_000;

function read(line: string, ...headers: readonly string[]) {
  return readHead(`${[line, ...headers].join("\r\n")}\r\n\r\n`, BODY_BYTES_MAX);
}

const PLAIN = {
  submit: "SUBMIT_JOB",
  functionName: "rev",
  unique: "-",
  isBackground: false,
  bodyBytes: 0,
  expectsContinue: false,
  isHttp11: true,
} as const;

describe("the head of a request", () => {
  test("names the function as gearmand does: no query, no percent-decoding, any number of slashes in front", () => {
    expect(read("GET /rev HTTP/1.1")).toEqual(PLAIN);
    expect(read("GET /rev HTTP/1.0")).toEqual({ ...PLAIN, isHttp11: false });
    for (const path of ["rev", "//rev", "///rev", " /rev"]) expect(read(`GET ${path} HTTP/1.1`)).toEqual(PLAIN);
    for (const name of ["r%65v", "rev?a=1", "http://host/rev", "a/b", "rev/", "\xc3\xa4"]) {
      expect(read(`GET /${name} HTTP/1.1`)).toEqual({ ...PLAIN, functionName: name });
    }
  });

  test("may end its lines with bare newlines", () => {
    const head = "POST /rev HTTP/1.1\nContent-Length: 5\nX-Gearman-Unique: u\n\n";
    expect(readHead(head, BODY_BYTES_MAX)).toEqual({ ...PLAIN, unique: "u", bodyBytes: 5 });
  });

  test("gives a body to POST and PUT, not to GET", () => {
    expect(read("POST /rev HTTP/1.1", "Content-Length: 7")).toEqual({ ...PLAIN, bodyBytes: 7 });
    expect(read("PUT /rev HTTP/1.1", "content-length:7")).toEqual({ ...PLAIN, bodyBytes: 7 });
    expect(read("GET /rev HTTP/1.1", "Content-Length: 7")).toEqual(PLAIN);
  });

  test("chooses one of six submits", () => {
    const submitOf = (...headers: readonly string[]) => {
      const found = read("GET /rev HTTP/1.1", ...headers);
      return "submit" in found ? found.submit : found;
    };
    expect(submitOf("X-Gearman-Priority: high")).toBe("SUBMIT_JOB_HIGH");
    expect(submitOf("x-gearman-priority: LOW")).toBe("SUBMIT_JOB_LOW");
    expect(submitOf("X-Gearman-Priority: middle")).toBe("SUBMIT_JOB");
    expect(submitOf("X-Gearman-Background: true")).toBe("SUBMIT_JOB_BG");
    expect(submitOf("X-Gearman-Background: false")).toBe("SUBMIT_JOB");
    expect(submitOf("X-Gearman-Background: TRUE", "X-Gearman-Priority: high")).toBe("SUBMIT_JOB_HIGH_BG");
    expect(submitOf("X-Gearman-Priority: low", "X-Gearman-Background: true")).toBe("SUBMIT_JOB_LOW_BG");
  });

  test("takes a unique of 1 to 64 bytes, the last one given, blanks around it cut off", () => {
    const longest = "u".repeat(64);
    expect(read("GET /rev HTTP/1.1", `X-Gearman-Unique: ${longest}`)).toEqual({ ...PLAIN, unique: longest });
    expect(read("GET /rev HTTP/1.1", "X-Gearman-Unique:  a b \t")).toEqual({ ...PLAIN, unique: "a b" });
    expect(read("GET /rev HTTP/1.1", "X-Gearman-Unique: a", "x-gearman-unique: b")).toEqual({ ...PLAIN, unique: "b" });
    expect(read("GET /rev HTTP/1.1", "X-Gearman-Unique: ")).toEqual(PLAIN);
    // "à" in UTF-8 ends in a byte that is a blank in latin1.
    expect(read("GET /rev HTTP/1.1", "X-Gearman-Unique: \xc3\xa0")).toEqual({ ...PLAIN, unique: "\xc3\xa0" });
    expect(read("GET /rev HTTP/1.1", `X-Gearman-Unique: ${longest}u`)).toMatchObject({ status: 400 });
  });

  test("is refused with a status and a sentence", () => {
    const refused: readonly (readonly [number, ...string[]])[] = [
      [400, "garbage"],
      [400, "GET /rev"],
      [400, "GET /rev HTTP/2.0"],
      [400, "GET /rev HTTP/1.1 "],
      [400, "GET /a b HTTP/1.1"],
      [400, "GET /a\0b HTTP/1.1"],
      [400, "GET /a\tb HTTP/1.1"],
      [400, "GET /rev HTTP/1.1", "no colon"],
      [400, "GET /rev HTTP/1.1", ": no name"],
      [400, "GET /rev HTTP/1.1", "Folded: one", " two"],
      [400, "GET /rev HTTP/1.1", "X-Gearman-Unique: a\0b"],
      [400, "GET /rev HTTP/1.1", "X-Gearman-Unique: a\rb"],
      [400, "POST /rev HTTP/1.1", "Content-Length: five"],
      [400, "POST /rev HTTP/1.1", "Content-Length: -1"],
      [400, "POST /rev HTTP/1.1", "Content-Length: 5", "Content-Length: 6"],
      [400, "POST /rev HTTP/1.1", `Content-Length: ${"9".repeat(400)}`],
      [404, "GET / HTTP/1.1"],
      [404, "POST / HTTP/1.1", "Content-Length: 1"],
      [405, "HEAD /rev HTTP/1.1"],
      [405, "TRACE /rev HTTP/1.1"],
      [405, "DELETE /rev HTTP/1.1"],
      [405, "get /rev HTTP/1.1"],
      [411, "POST /rev HTTP/1.1", "Transfer-Encoding: chunked"],
      [413, "POST /rev HTTP/1.1", `Content-Length: ${BODY_BYTES_MAX}`],
    ];
    for (const [status, line, ...headers] of refused) {
      expect([line, ...headers, read(line ?? "", ...headers)]).toEqual([
        line ?? "",
        ...headers,
        { status, text: status === 404 ? "" : expect.stringMatching(/^[A-Z].*[A-Za-z0-9]$/) },
      ]);
    }
  });

  test("leaves room in the packet for the function and the unique", () => {
    // rev, a NUL, -, a NUL
    expect(read("POST /rev HTTP/1.1", `Content-Length: ${BODY_BYTES_MAX - 6}`)).toMatchObject({ bodyBytes: 994 });
    expect(read("POST /rev HTTP/1.1", `Content-Length: ${BODY_BYTES_MAX - 5}`)).toMatchObject({ status: 413 });
  });

  test("ends behind its first empty line, wherever its bytes are cut", () => {
    for (const newline of ["\r\n", "\n"]) {
      const head = Buffer.from(`GET /a HTTP/1.1${newline}A: b${newline}${newline}`);
      const bytes = Buffer.concat([head, Buffer.from(`rest${newline}${newline}`)]);
      for (let cut = 0; cut < head.length; cut++) {
        expect(findHeadEnd(bytes.subarray(0, cut), 0)).toBe(-1);
        expect(findHeadEnd(bytes, cut)).toBe(head.length);
      }
    }
  });
});
