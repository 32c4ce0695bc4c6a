/** One unique submitted on one connection more often than its copies are borne: the connection begins anew, and nothing hangs. */
import { expect, test } from "bun:test";
import { LIMITS } from "../../src/base/limits.ts";
import { Client, type ServerEvent } from "../../src/index.ts";
import { until } from "../harness/until.ts";
import { type FakePacket, openFakeServer } from "./fake-server.ts";
import { codeOf, textOf } from "./outcome.ts";

/** A server that has one living job on each connection, however often it is submitted there; `end` ends those of a connection. */
async function oneJobServer() {
  const counts = new Map<FakePacket["from"], number>();
  const server = await openFakeServer({
    onPacket: ({ name, args, from }) => {
      if (name === "ECHO_REQ") from.send("ECHO_RES", ...args);
      if (!name.startsWith("SUBMIT")) return;
      counts.set(from, (counts.get(from) ?? 0) + 1);
      from.send("JOB_CREATED", "H:1");
    },
  });
  const countOf = (index: number) => {
    const connection = server.connections[index];
    return connection === undefined ? 0 : (counts.get(connection) ?? 0);
  };
  return {
    server,
    countOf,
    end: (index: number) => {
      for (let copy = 0; copy < countOf(index); copy++) server.connections[index]?.send("WORK_COMPLETE", "H:1", "done");
    },
  };
}

test("submits that are given up again and again cost one new connection, and whoever still waits has its result", async () => {
  const { server, countOf, end } = await oneJobServer();
  await using _server = server;
  const events: ServerEvent[] = [];
  await using client = new Client({ servers: [server.address], onEvent: (event) => events.push(event) });
  const kept = await client.submit("f", "x", { unique: "u" });
  for (let round = 0; round <= LIMITS.copiesMax; round++) {
    const stop = new AbortController();
    const job = await client.submit("f", "x", { unique: "u", signal: stop.signal });
    stop.abort();
    expect(await codeOf(job.result)).toBe("ABORTED");
  }
  await until(() => countOf(1) === 1, { what: "the job that is left, on the next connection" });
  expect([server.connections.length, countOf(0)]).toEqual([2, LIMITS.copiesMax + 2]);
  const lost = events.find(({ kind }) => kind === "disconnected");
  expect(lost?.kind === "disconnected" && lost.error.message).toContain(`more than ${LIMITS.copiesMax} times`);
  end(1);
  expect(await textOf(kept.result)).toBe("done");
}, 30_000);

test("more than that, all of which somebody waits for, stay on their connection, too", async () => {
  const { server, countOf, end } = await oneJobServer();
  await using _server = server;
  await using client = new Client({ servers: [server.address] });
  const count = LIMITS.copiesMax + 1;
  const results = Array.from({ length: count }, () => textOf(client.run("f", "x", { unique: "u" })));
  await until(() => countOf(0) === count, { what: "all are taken" });
  end(0);
  expect(new Set(await Promise.all(results))).toEqual(new Set(["done"]));
  expect(server.connections.length).toBe(1);
});
