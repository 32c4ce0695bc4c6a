/** The harness itself, tried on a real gearmand where there is one, and on a small listener elsewhere. */
import { describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { freePort } from "./free-port.ts";
import { listensOn, residentBytes } from "./process-facts.ts";
import { hasRealGearmand, startServer } from "./server-process.ts";
import { until } from "./until.ts";
import { Wire } from "./wire.ts";
import { encodePacket, splitArguments, WireReader } from "./wire-bytes.ts";

const LISTENER = `
  import { createServer } from "node:net";
  createServer((socket) => socket.pipe(socket)).listen(Number(process.argv.at(-1)), "127.0.0.1");
`;

describe("wire bytes", () => {
  test("a packet cut at every byte is read whole", () => {
    const bytes = encodePacket("JOB_ASSIGN", ["H:x:1", "reverse", "a\0b"], "RES");
    for (let cut = 0; cut <= bytes.length; cut += 1) {
      const reader = new WireReader();
      reader.add(bytes.subarray(0, cut));
      const early = reader.take();
      reader.add(bytes.subarray(cut));
      const item = early ?? reader.take();
      if (item?.kind !== "packet") throw new Error(`nothing at cut ${cut}`);
      expect([item.name, ...splitArguments(item)]).toEqual(["JOB_ASSIGN", "H:x:1", "reverse", "a\0b"]);
      expect(reader.take()).toBeUndefined();
    }
  });

  test("a packet's header is the protocol's", () => {
    expect(encodePacket("SUBMIT_JOB", ["f", "", "xyz"]).toString("hex")).toBe(
      "005245510000000700000006660000" + "78797a",
    );
  });

  test("a list ends with its dot, a line with its newline", () => {
    const reader = new WireReader();
    reader.expectText("status");
    reader.expectText("version");
    reader.add(Buffer.from("a\t0\t0\t0\n.\nOK 1\n"));
    expect(reader.take()).toEqual({ kind: "text", command: "status", text: "a\t0\t0\t0\n.\n" });
    expect(reader.take()).toEqual({ kind: "text", command: "version", text: "OK 1\n" });
  });
});

describe("server process", () => {
  test("a server is started on a port of its own, and its folder is gone after stop", async () => {
    const server = await startServer({ command: [process.execPath, "-e", LISTENER, "{port}"] });
    expect(await listensOn(server.pid, server.port)).toBe(true);
    expect(server.rssBytes()).toBeGreaterThan(1_000_000);
    expect(existsSync(server.folder)).toBe(true);
    expect(await server.stop()).toBe("signal SIGTERM");
    expect(existsSync(server.folder)).toBe(false);
  });

  test("a server that ends at once is an error with its output", async () => {
    const script = "console.log('cannot start'); process.exit(3)";
    const start = startServer({ command: [process.execPath, "-e", script] });
    await expect(start).rejects.toThrow(/ended at once with exit status 3[\s\S]*cannot start/);
  });

  test("a port on which somebody listens is not handed out, and is not taken for the server's", async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen({ port: 0, host: "127.0.0.1" }, resolve));
    const address = other.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    expect(await freePort()).not.toBe(address.port);
    expect(await listensOn(process.pid, address.port)).toBe(true);
    expect(await listensOn(process.ppid, address.port)).toBe(false);
    expect(residentBytes(process.pid)).toBeGreaterThan(1_000_000);
    await new Promise((resolve) => other.close(resolve));
  });
});

describe("leftovers", () => {
  test("a server and its folder are gone soon after the process that started it was killed", async () => {
    const harness = JSON.stringify(join(import.meta.dirname, "server-process.ts"));
    const script = `
      const { startServer } = await import(${harness});
      const server = await startServer({ command: [process.execPath, "-e", ${JSON.stringify(LISTENER)}, "{port}"] });
      console.log(server.pid + " " + server.folder);
      process.kill(process.pid, "SIGKILL");`;
    const { stdout } = spawnSync(process.execPath, ["-e", script], { encoding: "utf8" });
    const [pid = "", folder = ""] = stdout.trim().split(" ");
    expect(Number(pid)).toBeGreaterThan(1);
    await until(() => !existsSync(folder), { what: "the end of what was left" });
    expect(() => residentBytes(Number(pid))).toThrow();
  });
});

describe.skipIf(!hasRealGearmand())("wire against gearmand", () => {
  test("packets, text, silence and the end of the connection are seen", async () => {
    await using server = await startServer({ form: "real" });
    await using wire = await Wire.connect(server);
    wire.send("SUBMIT_JOB_BG", "f", "u", "work");
    const [handle] = await wire.expect("JOB_CREATED");
    expect(handle).toMatch(/^H:.*:1$/);
    await wire.nothing();
    expect(await wire.ask("status")).toBe("f\t1\t0\t0\n.\n");
    wire.sendTogether(["CAN_DO", "f"], ["PRE_SLEEP"]);
    await expect(wire.nothing()).rejects.toThrow("expected nothing, got NOOP");
    wire.write(Buffer.from("\0XXX00000000", "latin1"));
    await wire.closed();
  });
});
