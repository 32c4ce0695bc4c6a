/** The connection of the admin commands: replies in pieces, limits, and servers that are none. */
import { expect, test } from "bun:test";
import { createServer, type Server, type Socket } from "node:net";
import { GearError } from "../../src/base/errors.ts";
import { serverAddresses } from "../../src/link/server-address.ts";
import { askServer, type TextQuestion } from "../../src/link/text-line.ts";

const STATUS: TextQuestion = { command: "status", reply: "list" };
const VERSION: TextQuestion = { command: "version", reply: "line" };

/** A server that does what it is told with each chunk; ends with the test. */
class Peer implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor(answer: (socket: Socket, text: string) => void) {
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on("data", (chunk) => answer(socket, String(chunk)));
      socket.on("error", () => {});
    });
  }

  async ask(questions: readonly TextQuestion[], limits: { timeoutMs?: number; replyBytesMax?: number } = {}) {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    const place = this.#server.address();
    const port = typeof place === "object" && place !== null ? place.port : 0;
    const [server] = serverAddresses([`127.0.0.1:${port}`]);
    if (server === undefined) throw new Error("no address");
    return askServer({ server, timeoutMs: 10_000, replyBytesMax: 1_000, ...limits }, questions);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

async function codeOf(answers: Promise<unknown>): Promise<string> {
  const error: unknown = await answers.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return error instanceof GearError ? error.code : "none";
}

test("replies may come cut anywhere", async () => {
  const text = "a\t1\t1\t1\n.b\t0\t0\t0\n.\n";
  await using peer = new Peer((socket) => {
    const write = (at: number): void => {
      if (at < text.length) socket.write(text.slice(at, at + 1), () => setImmediate(write, at + 1));
    };
    socket.setNoDelay();
    write(0);
  });
  expect(await peer.ask([STATUS, STATUS])).toEqual([
    ["a\t1\t1\t1", ".b\t0\t0\t0"],
    ["a\t1\t1\t1", ".b\t0\t0\t0"],
  ]);
});

test("an empty list, a line, and a refusal in the place of either", async () => {
  const replies = [".\n", "OK 1.2\n", "ERR UNKNOWN_COMMAND x\r\n", "ERR y\r\n", ".\n"];
  await using peer = new Peer((socket) => socket.write(replies.shift() ?? ""));
  const [list, line, noList, noLine, after] = await peer.ask([STATUS, VERSION, STATUS, VERSION, STATUS]);
  expect(list).toEqual([]);
  expect(line).toEqual(["OK 1.2"]);
  for (const refused of [noList, noLine]) {
    expect(refused).toBeInstanceOf(GearError);
    expect(refused).toHaveProperty("code", "REFUSED");
  }
  expect(after).toEqual([]);
});

test("a reply above the limit is PROTOCOL_ERROR", async () => {
  await using peer = new Peer((socket) => socket.write("x\n".repeat(600)));
  expect(await codeOf(peer.ask([STATUS]))).toBe("PROTOCOL_ERROR");
});

test("silence is TIMED_OUT", async () => {
  await using peer = new Peer(() => {});
  expect(await codeOf(peer.ask([STATUS], { timeoutMs: 20 }))).toBe("TIMED_OUT");
});

test("a list that never ends is TIMED_OUT", async () => {
  await using peer = new Peer((socket) => socket.write("a\t1\t1\t1\n"));
  expect(await codeOf(peer.ask([STATUS], { timeoutMs: 20 }))).toBe("TIMED_OUT");
});

test("an end in the middle is CONNECTION_LOST", async () => {
  await using peer = new Peer((socket) => socket.end("a\t1\t1"));
  expect(await codeOf(peer.ask([STATUS]))).toBe("CONNECTION_LOST");
});

test("nobody there is NO_SERVER", async () => {
  await using peer = new Peer(() => {});
  await peer.ask([]);
  const [server] = serverAddresses(["unix:/no/such/socket"]);
  if (server === undefined) throw new Error("no address");
  expect(await codeOf(askServer({ server, timeoutMs: 10_000, replyBytesMax: 100 }, [STATUS]))).toBe("NO_SERVER");
});
