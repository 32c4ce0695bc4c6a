/** What every listener promises (src/server/wire.ts), shown on one runtime, over TCP and over unix sockets. */
import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { Pump } from "../harness/pump.ts";
import type { RuntimeName } from "../harness/runtimes.ts";
import { until } from "../harness/until.ts";
import { ListeningProcess } from "./listening-process.ts";
import { Peer, type PeerAddress } from "./peer.ts";

const MIB = 1024 * 1024;
const LONG_BYTES = 100 * MIB;
const LIMIT_MS = 120_000;
/** Where the whole machine is short of TCP memory the kernel drops and sends again after ever longer pauses. */
const FLOW_LIMIT_MS = 60_000;
/** What may still be received after `pause`: one read of the kernel's buffer, and what the runtime has read ahead. */
const LATE_BYTES_MAX = MIB;

interface Listening {
  readonly address: PeerAddress;
  readonly process: ListeningProcess;
}

/** Opens a listener of the kind in a process of its own. */
async function listen(process: ListeningProcess, kind: "tcp" | "unix"): Promise<Listening> {
  const path = join(process.folder, "socket");
  const { port } = await process.listen(
    kind === "tcp" ? { kind: "tcp", host: "127.0.0.1", port: 0 } : { kind: "unix", path },
  );
  return { process, address: kind === "tcp" ? { port } : { path } };
}

/** The suite for one runtime and one kind of address. */
export function describeWires(runtime: RuntimeName, kind: "tcp" | "unix"): void {
  describe(`a ${kind} wire on ${runtime}`, () => {
    sendingTests(runtime, kind);
    receivingTests(runtime, kind);
    endingTests(runtime, kind);
    pausedTests(runtime, kind);
  });
}

function sendingTests(runtime: RuntimeName, kind: "tcp" | "unix"): void {
  const cases = [
    { name: "large pieces", bytes: LONG_BYTES, pieceBytes: MIB },
    { name: "small pieces", bytes: 16 * MIB, pieceBytes: 1000 },
  ];
  test.each(cases)(
    "takes part of $name while the peer is slow, says when it takes more, and all arrives in order",
    async ({ bytes, pieceBytes }) => {
      using process = new ListeningProcess(runtime);
      const { address } = await listen(process, kind);
      using peer = await Peer.connect(address);
      await process.see(0, "the connection", () => true);
      peer.socket.pause();
      await process.ask({ do: "send", id: 0, bytes, pieceBytes });
      expect((await process.see(0, "bytes are taken", () => true)).takenBytes).toBeLessThan(bytes);
      peer.isSlow = true;
      peer.socket.resume();
      await until(() => peer.receivedBytes === bytes, { what: "all arrives", limitMs: FLOW_LIMIT_MS });
      expect(peer.isPattern).toBe(true);
      const { takenBytes, events } = await process.see(0, "all is taken", (look) => look.takenBytes === bytes);
      expect(takenBytes).toBe(bytes);
      expect(events).toContain("drained");
    },
    LIMIT_MS,
  );
}

function receivingTests(runtime: RuntimeName, kind: "tcp" | "unix"): void {
  test(
    "receives everything whole and in order",
    async () => {
      using process = new ListeningProcess(runtime);
      const { address } = await listen(process, kind);
      using peer = await Peer.connect(address);
      await peer.send(LONG_BYTES);
      const look = await process.see(0, "all is received", ({ receivedBytes }) => receivedBytes === LONG_BYTES);
      expect(look.isPattern).toBe(true);
    },
    LIMIT_MS,
  );

  test(
    "answers a peer that sends its requests and then FIN, and closes behind the last answer",
    async () => {
      using process = new ListeningProcess(runtime);
      const { address } = await listen(process, kind);
      await process.ask({ do: "echo" });
      using peer = await Peer.connect(address);
      await peer.send(4 * MIB);
      peer.socket.end();
      await process.see(0, "all is echoed", ({ takenBytes }) => takenBytes === 4 * MIB);
      await until(() => peer.receivedBytes === 4 * MIB, { what: "all comes back", limitMs: FLOW_LIMIT_MS });
      await until(() => peer.hasEnded, { what: "FIN comes back", limitMs: FLOW_LIMIT_MS });
      expect(peer.isPattern).toBe(true);
      const { events } = await process.see(0, "it is closed", (look) => look.events.at(-1) === "closed");
      expect(events).toContain("finished");
    },
    LIMIT_MS,
  );
}

function endingTests(runtime: RuntimeName, kind: "tcp" | "unix"): void {
  test("finish sends FIN behind what was taken, and the peer may still send", async () => {
    using process = new ListeningProcess(runtime);
    const { address } = await listen(process, kind);
    using peer = await Peer.connect(address);
    await process.see(0, "the connection", () => true);
    await process.ask({ do: "send", id: 0, bytes: 100_000, pieceBytes: 10_000 });
    await process.ask({ do: "finish", id: 0 });
    await until(() => peer.hasEnded, { what: "FIN comes" });
    expect(peer.receivedBytes).toBe(100_000);
    await peer.send(5000);
    await process.see(0, "it still receives", ({ receivedBytes }) => receivedBytes === 5000);
    peer.socket.end();
    await process.see(0, "it is closed", ({ events }) => events.at(-1) === "closed");
  });

  test("destroy closes both directions, and every later call is harmless", async () => {
    using process = new ListeningProcess(runtime);
    const { address } = await listen(process, kind);
    using peer = await Peer.connect(address);
    await process.see(0, "the connection", () => true);
    await process.ask({ do: "destroy", id: 0 });
    await until(() => peer.isClosed || peer.hasEnded, { what: "the peer sees the end" });
    await process.see(0, "it is closed", ({ events }) => events.at(-1) === "closed");
    for (const act of ["pause", "resume", "finish", "destroy"] as const) await process.ask({ do: act, id: 0 });
    await process.ask({ do: "send", id: 0, bytes: 1000, pieceBytes: 1000 });
    const look = await process.see(0, "it is still closed", () => true);
    expect(look.events).toEqual(["closed"]);
    expect(look.takenBytes).toBe(0);
  });

  test("a peer that breaks off while bytes are on their way to it is a closed wire, nothing else", async () => {
    using process = new ListeningProcess(runtime);
    const { address } = await listen(process, kind);
    using peer = await Peer.connect(address);
    await process.see(0, "the connection", () => true);
    peer.socket.pause();
    await process.ask({ do: "send", id: 0, bytes: LONG_BYTES, pieceBytes: MIB });
    peer.socket.resetAndDestroy();
    const { events } = await process.see(0, "it is closed", (look) => look.events.at(-1) === "closed");
    expect(events.filter((event) => event === "closed")).toHaveLength(1);
  });

  test("a write gives no event before it has returned", async () => {
    using process = new ListeningProcess(runtime);
    const { address } = await listen(process, kind);
    using peer = await Peer.connect(address);
    await process.see(0, "the connection", () => true);
    await process.ask({ do: "pause", id: 0 });
    peer.socket.resetAndDestroy();
    await process.ask({ do: "send", id: 0, bytes: LONG_BYTES, pieceBytes: 1000 });
    await process.ask({ do: "resume", id: 0 });
    const { hadEventInCall } = await process.see(0, "it is closed", ({ events }) => events.at(-1) === "closed");
    expect(hadEventInCall).toBe(false);
  });
}

function pausedTests(runtime: RuntimeName, kind: "tcp" | "unix"): void {
  test(
    "pause stops receiving soon and holds the peer back, resume goes on",
    async () => {
      using process = new ListeningProcess(runtime);
      const { address } = await listen(process, kind);
      using peer = await Peer.connect(address);
      const pump = new Pump(peer.socket, Buffer.alloc(64 * 1024), LONG_BYTES);
      await process.see(0, "it receives", ({ receivedBytes }) => receivedBytes > 0);
      await process.ask({ do: "pause", id: 0 });
      const paused = await process.look(0);
      await pump.held(FLOW_LIMIT_MS);
      const held = await process.look(0);
      expect((held?.receivedBytes ?? 0) - (paused?.receivedBytes ?? 0)).toBeLessThanOrEqual(LATE_BYTES_MAX);
      await process.ask({ do: "resume", id: 0 });
      await process.see(0, "all is received", ({ receivedBytes }) => receivedBytes === LONG_BYTES);
    },
    LIMIT_MS,
  );

  test("bytes and FIN that came while it was paused are seen after resume, in their order", async () => {
    using process = new ListeningProcess(runtime);
    const { address } = await listen(process, kind);
    await process.ask({ do: "pauseNew" });
    using peer = await Peer.connect(address);
    await peer.send(1000);
    peer.socket.end();
    await process.see(0, "the connection", () => true);
    await process.ask({ do: "resume", id: 0 });
    const { events, receivedBytes } = await process.see(0, "FIN is seen", (look) => look.events.includes("finished"));
    expect(events.filter((event) => event !== "drained")).toEqual(["received", "finished"]);
    expect(receivedBytes).toBe(1000);
    await process.ask({ do: "send", id: 0, bytes: 10, pieceBytes: 10 });
    await process.ask({ do: "finish", id: 0 });
    await until(() => peer.hasEnded, { what: "it was answered" });
    expect(peer.receivedBytes).toBe(10);
  });

  test("a connection that broke while it was paused is seen at the latest after resume", async () => {
    using process = new ListeningProcess(runtime);
    const { address } = await listen(process, kind);
    await process.ask({ do: "pauseNew" });
    using peer = await Peer.connect(address);
    await peer.send(100_000);
    await process.see(0, "the connection", () => true);
    peer.socket.resetAndDestroy();
    await until(() => peer.isClosed, { what: "the peer is closed" });
    await process.ask({ do: "resume", id: 0 });
    const isOver = (event: string | undefined) => event === "closed" || event === "finished";
    const { events } = await process.see(0, "the end is seen", (look) => isOver(look.events.at(-1)));
    // A unix socket has no RST: its end looks like FIN.
    if (kind === "tcp") expect(events.at(-1)).toBe("closed");
  });
}
