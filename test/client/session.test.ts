/** How long a session waits for an answer, seen without waiting. */
import { expect, test } from "bun:test";
import { Question } from "../../src/client/call.ts";
import { Session } from "../../src/client/session.ts";
import type { GearError } from "../../src/index.ts";
import { serverAddresses } from "../../src/link/server-address.ts";
import { PACKETS } from "../../src/protocol/packets.ts";
import { until } from "../harness/until.ts";
import { openFakeServer } from "./fake-server.ts";

for (const replyMs of [30_000, 40_000, 600_000]) {
  test(`an answer may take ${replyMs} ms, however often it is looked at, and not much longer`, async () => {
    await using server = await openFakeServer();
    const [address] = serverAddresses([server.address]);
    if (address === undefined) throw new Error("no address");
    let isOpen = false;
    const losses: GearError[] = [];
    const owner = {
      sessionOpened: () => {
        isOpen = true;
      },
      sessionRefused: () => {},
      sessionLost: (_session: Session, error: GearError) => {
        losses.push(error);
      },
    };
    const session = new Session({ address, owner, connectMs: 10_000, replyMs });
    session.line.connect();
    await until(() => isOpen, { what: "the session is open" });
    const tickMs = Math.min(5_000, Math.ceil(replyMs / 8));
    const question = new Question({
      type: PACKETS.ECHO_REQ.type,
      head: "",
      data: new Uint8Array(0),
      turn: 0,
      limit: { signal: undefined, timeoutMs: 0, what: "" },
      onOver: () => {},
      answer: PACKETS.ECHO_RES.type,
      isPinned: true,
      read: () => undefined,
    });
    session.ask(question);
    const looks = Math.ceil(replyMs / tickMs);
    for (let look = 0; look < looks; look++) session.tick(session.line);
    await server.next("ECHO_REQ");
    expect(losses).toEqual([]);
    session.tick(session.line);
    await until(() => losses.length === 1, { what: "the session is over" });
    expect(losses[0]?.message).toBe(`${server.address} did not answer within ${replyMs} ms`);
  });
}
