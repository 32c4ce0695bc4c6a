/** A server that may open few files: connections beyond them are closed, and those before them are served on. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { connect, type Socket } from "node:net";
import { freePort } from "../harness/free-port.ts";
import { BINARY, RUNTIMES } from "../harness/runtimes.ts";
import { canConnect, LIMIT_MS, Program, until } from "./program.ts";

setDefaultTimeout(4 * LIMIT_MS);

const FILES_MAX = 64;

test.each(RUNTIMES)(
  "on %s every connection is either answered or closed, and later ones are served again",
  async (runtime) => {
    const port = await freePort();
    const command = `ulimit -n ${FILES_MAX}; exec "$0" serve --listen 127.0.0.1:${port}`;
    await using _server = new Program(["-c", command, BINARY], { runtime, program: "/bin/sh" });
    await until(() => canConnect(port), "it listens");
    const [answered, closed] = [new Set<Socket>(), new Set<Socket>()];
    const open = () => {
      const peer = connect(port, "127.0.0.1", () => peer.write("version\n"));
      peer.on("data", () => answered.add(peer));
      peer.on("error", () => {});
      peer.on("close", () => closed.add(peer));
      return peer;
    };
    const peers = Array.from({ length: 2 * FILES_MAX }, open);
    await until(() => peers.every((peer) => answered.has(peer) || closed.has(peer)), "all are answered or closed");
    expect(answered.size).toBeGreaterThan(FILES_MAX / 4);
    expect(closed.size).toBeGreaterThan(FILES_MAX / 4);
    for (const peer of peers) peer.destroy();
    await until(async () => {
      const late = open();
      await until(() => answered.has(late) || closed.has(late), "the late one is answered or closed");
      late.destroy();
      return answered.has(late);
    }, "a late one is answered");
  },
);
