/** How addresses are taken and given back, and how connections are accepted, on every runtime. */
import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { RUNTIMES } from "../harness/runtimes.ts";
import { until } from "../harness/until.ts";
import { ListeningProcess } from "./listening-process.ts";
import { Peer } from "./peer.ts";

const LIMIT_MS = 60_000;
const AT_ONCE = 1000;
/** Ticks of the kernel's clock in /proc/net/tcp, per second. */
const TICKS_PER_SECOND = 100;
const KEEPALIVE_TIMER = "02";
const ESTABLISHED = "01";

/** Seconds until the next keepalive probe of the connections to this port; undefined: no such timer runs. */
function keepAliveSeconds(port: number): number | undefined {
  const portHex = port.toString(16).toUpperCase().padStart(4, "0");
  for (const line of readFileSync("/proc/net/tcp", "latin1").split("\n")) {
    const [, local, , state, , timer] = line.trim().split(/\s+/);
    if (local?.endsWith(`:${portHex}`) !== true || state !== ESTABLISHED) continue;
    const [kind, ticks = ""] = timer?.split(":") ?? [];
    if (kind === KEEPALIVE_TIMER) return Number.parseInt(ticks, 16) / TICKS_PER_SECOND;
  }
  return undefined;
}

describe.each(RUNTIMES.map((runtime) => ({ runtime })))("listeners on $runtime", ({ runtime }) => {
  test("port 0 becomes a port, and a port in use is refused with EADDRINUSE", async () => {
    using process = new ListeningProcess(runtime);
    using other = new ListeningProcess(runtime);
    const { port } = await process.listen({ kind: "tcp", host: "127.0.0.1", port: 0 });
    expect(port).toBeGreaterThan(0);
    const again = { kind: "tcp", host: "127.0.0.1", port } as const;
    expect((await other.listen(again)).code).toBe("EADDRINUSE");
    expect((await process.listen(again)).code).toBe("EADDRINUSE");
    using peer = await Peer.connect({ port });
    const { remoteAddress, remotePort } = await process.see(0, "the connection", () => true);
    expect([remoteAddress, remotePort]).toEqual(["127.0.0.1", peer.socket.localPort ?? 0]);
  });

  test("a closed listener takes no more connections, and open ones stay", async () => {
    using process = new ListeningProcess(runtime);
    const { port, listener } = await process.listen({ kind: "tcp", host: "127.0.0.1", port: 0 });
    using peer = await Peer.connect({ port });
    await process.see(0, "the connection", () => true);
    await process.ask({ do: "close", listener });
    await expect(Peer.connect({ port })).rejects.toThrow("refused");
    await peer.send(100);
    await process.see(0, "it receives", ({ receivedBytes }) => receivedBytes === 100);
  });

  test("IPv4 and IPv6 of one port are two listeners", async () => {
    using process = new ListeningProcess(runtime);
    const { port } = await process.listen({ kind: "tcp", host: "0.0.0.0", port: 0 });
    const six = await process.listen({ kind: "tcp", host: "::", port, isIpv6Only: true });
    if (six.code === "EAFNOSUPPORT" || six.code === "EADDRNOTAVAIL") return;
    expect(six.code).toBeUndefined();
    using four = await Peer.connect({ port });
    await process.see(0, "the IPv4 connection", ({ remoteAddress }) => remoteAddress === "127.0.0.1");
    using other = await Peer.connect({ port, host: "::1" });
    await process.see(1, "the IPv6 connection", ({ remoteAddress }) => remoteAddress === "::1");
    expect(four.isClosed || other.isClosed).toBe(false);
  });

  test(
    "1,000 connections at once are accepted",
    async () => {
      using process = new ListeningProcess(runtime);
      const { port } = await process.listen({ kind: "tcp", host: "127.0.0.1", port: 0 });
      const peers = await Promise.all(Array.from({ length: AT_ONCE }, () => Peer.connect({ port })));
      const count = async () => ((await process.ask({ do: "count" })) as { count: number }).count === AT_ONCE;
      await until(count, { what: "all are accepted", limitMs: LIMIT_MS / 2 });
      for (const peer of peers) peer.socket.destroy();
    },
    LIMIT_MS,
  );

  test.skipIf(!existsSync("/proc/net/tcp"))("an idle connection is probed by TCP keepalive within 15 s", async () => {
    using process = new ListeningProcess(runtime);
    const { port } = await process.listen({ kind: "tcp", host: "127.0.0.1", port: 0 });
    using _peer = await Peer.connect({ port });
    await process.see(0, "the connection", () => true);
    const seconds = await until(() => keepAliveSeconds(port), { what: "a keepalive timer runs" });
    expect(seconds).toBeLessThanOrEqual(15);
  });

  test("a socket file that a killed server left is replaced", async () => {
    using process = new ListeningProcess(runtime);
    const path = join(process.folder, "socket");
    using killed = new ListeningProcess(runtime);
    expect((await killed.listen({ kind: "unix", path })).code).toBeUndefined();
    await killed.kill();
    expect(existsSync(path)).toBe(true);
    expect((await process.listen({ kind: "unix", path })).code).toBeUndefined();
    using _peer = await Peer.connect({ path });
    const { remoteAddress, remotePort } = await process.see(0, "the connection", () => true);
    expect([remoteAddress, remotePort]).toEqual(["-", 0]);
  });

  test("a socket file on which somebody listens, and any other file, are left alone", async () => {
    using process = new ListeningProcess(runtime);
    using other = new ListeningProcess(runtime);
    const path = join(process.folder, "socket");
    const { listener } = await process.listen({ kind: "unix", path });
    expect((await other.listen({ kind: "unix", path })).code).toBe("EADDRINUSE");
    using _peer = await Peer.connect({ path });
    const file = join(process.folder, "file");
    writeFileSync(file, "kept");
    expect((await process.listen({ kind: "unix", path: file })).code).toBe("EADDRINUSE");
    expect(readFileSync(file, "utf8")).toBe("kept");
    await process.ask({ do: "close", listener });
    expect(existsSync(path)).toBe(false);
  });
});
