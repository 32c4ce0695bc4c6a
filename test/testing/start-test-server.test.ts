/** `gearwright/testing` in the process of the tests, which is Bun. */
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { GearError } from "../../src/base/errors.ts";
import { startTestServer, type TestServer } from "../../src/testing/start-test-server.ts";
import { freePort } from "../harness/free-port.ts";
import { listensOn } from "../harness/process-facts.ts";
import { ROOT_FOLDER } from "../harness/runtimes.ts";
import { Wire } from "../harness/wire.ts";

/** The error with which a start is refused. */
async function refusal(port: number): Promise<unknown> {
  try {
    await using server = await startTestServer({ port });
    return `it listens on ${server.address}`;
  } catch (error) {
    return error;
  }
}

async function handleOf(server: TestServer): Promise<string> {
  await using client = await Wire.connect(server);
  client.send("SUBMIT_JOB_BG", "reverse", "", "abc");
  const [handle = ""] = await client.expect("JOB_CREATED");
  return handle;
}

describe("a test server", () => {
  test("runs a job in this process, on a port of 127.0.0.1", async () => {
    await using server = await startTestServer();
    expect(server.host).toBe("127.0.0.1");
    expect(server.address).toBe(`127.0.0.1:${server.port}`);
    expect(await listensOn(process.pid, server.port)).not.toBe(false);
    await using worker = await Wire.connect(server);
    await using client = await Wire.connect(server);
    worker.sendTogether(["CAN_DO", "reverse"], ["PRE_SLEEP"]);
    client.send("SUBMIT_JOB", "reverse", "", "abc");
    const [handle = ""] = await client.expect("JOB_CREATED");
    await worker.expect("NOOP");
    worker.send("GRAB_JOB");
    expect(await worker.expect("JOB_ASSIGN")).toEqual([handle, "reverse", "abc"]);
    worker.send("WORK_COMPLETE", handle, "cba");
    expect(await client.expect("WORK_COMPLETE")).toEqual([handle, "cba"]);
  });

  test("shares nothing with another that started at the same time", async () => {
    const servers = await Promise.all([startTestServer(), startTestServer(), startTestServer()]);
    try {
      expect(new Set(servers.map(({ port }) => port)).size).toBe(3);
      expect(new Set(await Promise.all(servers.map(handleOf))).size).toBe(3);
    } finally {
      await Promise.all(servers.map((server) => server.stop()));
    }
  });

  test("says the version of the package", async () => {
    await using server = await startTestServer();
    await using wire = await Wire.connect(server);
    const { version } = JSON.parse(readFileSync(join(ROOT_FOLDER, "package.json"), "utf8"));
    expect(await wire.ask("version")).toBe(`OK ${version}\n`);
  });

  test("closes every connection when it is stopped, however often", async () => {
    const server = await startTestServer();
    await using wire = await Wire.connect(server);
    await Promise.all([server.stop(), server.stop()]);
    await wire.closed();
    await server.stop();
    expect(await listensOn(process.pid, server.port)).not.toBe(true);
  });

  test("is stopped by the end of its block", async () => {
    let port = 0;
    {
      await using server = await startTestServer();
      port = server.port;
      await (await Wire.connect(server)).close();
    }
    expect(await listensOn(process.pid, port)).not.toBe(true);
  });

  test("comes back where it was, without its jobs", async () => {
    const port = await freePort();
    const first = await startTestServer({ port });
    expect(first.port).toBe(port);
    await handleOf(first);
    await first.stop();
    await using second = await startTestServer({ port });
    await using worker = await Wire.connect(second);
    worker.sendTogether(["CAN_DO", "reverse"], ["GRAB_JOB"]);
    await worker.expect("NO_JOB");
  });

  test("refuses a port that is taken", async () => {
    await using server = await startTestServer();
    const error = await refusal(server.port);
    expect(error).toBeInstanceOf(GearError);
    expect(error).toMatchObject({ code: "ADDRESS_IN_USE" });
  });

  test.each([-1, 65_536, 4730.5, Number.NaN])("refuses the port %p", async (port) => {
    expect(await refusal(port)).toMatchObject({ code: "INVALID_ARGUMENT" });
  });
});
