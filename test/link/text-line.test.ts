/** Asking a server admin text commands: what counts as a reply, and what does not. */
import { expect, test } from "bun:test";
import { createServer, type Socket } from "node:net";
import { GearError } from "../../src/base/errors.ts";
import { serverAddresses } from "../../src/link/server-address.ts";
import { askServer, type TextQuestion } from "../../src/link/text-line.ts";
import { errorOf } from "../client/outcome.ts";
import { freePort } from "../harness/free-port.ts";

const LIST: TextQuestion = { command: "status", reply: "list" };
const LINE: TextQuestion = { command: "version", reply: "line" };

/** Answers the n-th command by the n-th script; a script is pieces to write, each in a turn of its own, or a function. */
async function textServer(...scripts: readonly (readonly string[] | ((socket: Socket) => void))[]) {
  const commands: string[] = [];
  let count = 0;
  const server = createServer((socket) => {
    socket.setNoDelay(true).on("error", () => {});
    socket.on("data", async (chunk) => {
      commands.push(chunk.toString());
      const script = scripts[count] ?? [];
      count += 1;
      if (typeof script === "function") script(socket);
      else {
        for (const piece of script) {
          await new Promise<void>((resolve) => socket.write(Buffer.from(piece, "latin1"), () => resolve()));
          await new Promise((resolve) => setImmediate(resolve));
        }
      }
    });
  });
  await new Promise<void>((resolve) => server.listen({ port: 0, host: "127.0.0.1" }, resolve));
  const { port } = server.address() as { readonly port: number };
  return {
    commands,
    ask: (questions: readonly TextQuestion[], limits = {}) => ask(`127.0.0.1:${port}`, questions, limits),
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}

function ask(name: string, questions: readonly TextQuestion[], limits: { timeoutMs?: number; replyBytesMax?: number }) {
  const [server] = serverAddresses([name]);
  if (server === undefined) throw new Error("no address");
  return askServer({ server, timeoutMs: 10_000, replyBytesMax: 1_000, ...limits }, questions);
}

// biome-ignore format: a table
const REPLIES: Readonly<Record<string, readonly [question: TextQuestion, pieces: readonly string[], reply: readonly string[]]>> = {
  "a line": [LINE, ["OK 1.2\n"], ["OK 1.2"]],
  "a line that ends in \\r\\n": [LINE, ["OK\r\n"], ["OK"]],
  "a line in pieces": [LINE, ["O", "K", "\n"], ["OK"]],
  "an empty line": [LINE, ["\n"], [""]],
  "a list": [LIST, ["a\t1\nb\t2\n.\n"], ["a\t1", "b\t2"]],
  "an empty list": [LIST, [".\n"], []],
  "an empty list in pieces": [LIST, [".", "\n"], []],
  "a list that is cut at its end": [LIST, ["a\n", ".", "\n"], ["a"]],
  "a list that is cut within its end": [LIST, ["a\n.", "\n"], ["a"]],
  "a list that is cut anywhere": [LIST, [..."a\t1\n.b\t0\n.\n"], ["a\t1", ".b\t0"]],
  "a list with a line that begins with a dot": [LIST, ["a\n.b\n.\n"], ["a", ".b"]],
  "a list with a line that ends in a dot": [LIST, ["a.\n", "b\n.\n"], ["a.", "b"]],
  "a list with an empty line": [LIST, ["\n", "\n.\n"], ["", ""]],
  "a list with a line that begins as a refusal": [LIST, ["ERR a\n", ".\n"], ["ERR a"]],
  "bytes that are no UTF-8": [LIST, ["\xff\xfe\n.\n"], ["\xff\xfe"]],
};

for (const [what, [question, pieces, reply]] of Object.entries(REPLIES)) {
  test(`${what} is a reply`, async () => {
    await using server = await textServer(pieces);
    expect(await server.ask([question])).toEqual([reply]);
    expect(server.commands).toEqual([`${question.command}\n`]);
  });
}

test("questions are asked one after another, and a refusal stands in the place of its reply alone", async () => {
  await using server = await textServer(["OK\n"], ["ERR UNKNOWN_COMMAND no+such\r\n"], ["a\n.\n"], ["ERR y\r\n"]);
  const [first, second, third, fourth] = await server.ask([LINE, LIST, LIST, LINE]);
  expect([first, third]).toEqual([["OK"], ["a"]]);
  if (!(second instanceof GearError)) throw new Error("it was not refused");
  expect(second.code).toBe("REFUSED");
  expect(second.message).toContain('refuses "status": ERR UNKNOWN_COMMAND no+such');
  expect(fourth).toHaveProperty("code", "REFUSED");
  expect(server.commands).toEqual(["version\n", "status\n", "status\n", "version\n"]);
});

test("a server that is not there is NO_SERVER", async () => {
  for (const name of [`127.0.0.1:${await freePort()}`, "unix:/no/such/socket"]) {
    expect((await errorOf(ask(name, [LINE], {}))).code).toBe("NO_SERVER");
  }
});

test("a server that says nothing is TIMED_OUT", async () => {
  await using server = await textServer();
  expect((await errorOf(server.ask([LIST], { timeoutMs: 60 }))).code).toBe("TIMED_OUT");
});

test("a server that never ends its reply is TIMED_OUT, with what was asked", async () => {
  await using server = await textServer(["a\n"]);
  const error = await errorOf(server.ask([LIST], { timeoutMs: 60 }));
  expect(error.code).toBe("TIMED_OUT");
  expect(error.message).toMatch(/did not answer "status" within 60 ms$/);
});

test("a server that closes in the middle of its reply is CONNECTION_LOST", async () => {
  await using server = await textServer((socket) => socket.end("a\nb"));
  expect((await errorOf(server.ask([LIST]))).code).toBe("CONNECTION_LOST");
});

test("a server that closes behind its reply has replied; the next question is CONNECTION_LOST", async () => {
  await using one = await textServer((socket) => socket.end("OK\n"));
  expect(await one.ask([LINE])).toEqual([["OK"]]);
  await using other = await textServer((socket) => socket.end("OK\n"));
  expect((await errorOf(other.ask([LINE, LINE]))).code).toBe("CONNECTION_LOST");
});

test("a reply above the limit is PROTOCOL_ERROR; one of just the limit is read", async () => {
  await using server = await textServer([`${"x".repeat(997)}\n.\n`], [`${"x".repeat(998)}\n.\n`]);
  expect(await server.ask([LIST])).toEqual([["x".repeat(997)]]);
  expect((await errorOf(server.ask([LIST]))).code).toBe("PROTOCOL_ERROR");
});
