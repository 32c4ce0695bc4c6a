/** A client that has nothing open keeps no process alive; one that has does. On each runtime. */
import { expect, test } from "bun:test";
import { spawn } from "node:child_process";
import { join } from "node:path";
import { freePort } from "../harness/free-port.ts";
import { hasEnded, killAtEnd } from "../harness/leftovers.ts";
import { RUNTIMES, SERVER_PATH } from "../harness/runtimes.ts";
import { doingJobs, type FakePacket, openFakeServer } from "./fake-server.ts";

/** A program that has not ended after this time never will, ms. */
const LIMIT_MS = 20_000;

/** What the program printed, and how it ended. */
async function outcomeOf(runtime: string, ...args: readonly string[]): Promise<readonly [string, string]> {
  const program = join(import.meta.dirname, "idle-program.ts");
  const child = spawn(runtime, [program, ...args], {
    env: { ...process.env, PATH: SERVER_PATH },
    stdio: ["ignore", "pipe", "pipe"],
  });
  killAtEnd(child.pid ?? 0, "");
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  }
  const timer = setTimeout(() => child.kill("SIGKILL"), LIMIT_MS);
  const end = await new Promise<string>((resolve) =>
    child.once("close", (code, signal) => resolve(signal ?? `status ${code}`)),
  );
  clearTimeout(timer);
  hasEnded(child.pid ?? 0);
  return [output.trim(), end];
}

let toldCount = 0;

/** An update and the end of each job, all of them in one piece. */
function tellAll({ from }: FakePacket): void {
  toldCount += 1;
  const handle = `H:told:${toldCount}`;
  from.socket.cork();
  from.send("JOB_CREATED", handle);
  from.send("WORK_DATA", handle, "part");
  from.send("WORK_COMPLETE", handle, "");
  process.nextTick(() => from.socket.uncork());
}

/** Does `f` at once, `late` after a while, and `never` not at all. */
function server() {
  const atOnce = doingJobs("one");
  let count = 0;
  return openFakeServer({
    onPacket: (packet) => {
      const { name, args, from } = packet;
      if (name === "GET_STATUS") from.send("STATUS_RES", args[0] ?? "", "0", "0", "0", "0");
      else if (args[0] === "f") atOnce(packet);
      else if (args[0] === "told") tellAll(packet);
      else {
        count += 1;
        const handle = `H:late:${count}`;
        from.send("JOB_CREATED", handle);
        if (args[0] === "late") setTimeout(() => from.send("WORK_COMPLETE", handle, "late"), 200);
      }
    },
  });
}

// biome-ignore format: a table
const ENDS: Readonly<Record<string, string>> = {
  unused: "unused", run: "one:x", background: "H:one:1", status: "false", updates: "", leftMap: "one:1", aborted: "ABORTED",
  timedOut: "TIMED_OUT", closed: "CLOSED", throwing: "2 jobs, 3 throws", idleThenClosed: "closed", twice: "late",
};

for (const runtime of RUNTIMES) {
  for (const [play, output] of Object.entries(ENDS)) {
    test(`${runtime}: a program that does "${play}" and does not close its client ends by itself`, async () => {
      await using one = await server();
      expect(await outcomeOf(runtime, play, one.address)).toEqual([output, "status 0"]);
    }, 30_000);
  }

  test(`${runtime}: a program whose job was given up while no server was there ends by itself`, async () => {
    const nobody = `127.0.0.1:${await freePort()}`;
    expect(await outcomeOf(runtime, "aborted", nobody)).toEqual(["ABORTED", "status 0"]);
    expect(await outcomeOf(runtime, "noServer", nobody)).toEqual(["NO_SERVER", "status 0"]);
  }, 60_000);

  test(`${runtime}: a program whose server accepts and never answers ends by itself`, async () => {
    await using mute = await openFakeServer({ isMute: true });
    expect(await outcomeOf(runtime, "timedOut", mute.address)).toEqual(["TIMED_OUT", "status 0"]);
  }, 30_000);
}
