/** `gearwright submit` against our server and gearmand: results, exit statuses, lines, JSON. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { GearError } from "../../src/base/errors.ts";
import { serverAddresses } from "../../src/link/server-address.ts";
import { askServer } from "../../src/link/text-line.ts";
import { Worker } from "../../src/worker/worker.ts";
import type { WorkerJob } from "../../src/worker/worker-options.ts";
import { freePort } from "../harness/free-port.ts";
import { RUNTIMES } from "../harness/runtimes.ts";
import { type ServerProcess, startServer } from "../harness/server-process.ts";
import { addressOf, runLine, startLine, startTarget, TARGETS } from "./job-server.ts";
import { Folder, LIMIT_MS, until } from "./program.ts";

setDefaultTimeout(6 * LIMIT_MS);

const textOf = (job: WorkerJob) => Buffer.from(job.workload).toString("latin1");

/** Sends a server an admin command. */
async function tell(server: ServerProcess, command: string): Promise<void> {
  const [address] = serverAddresses([addressOf(server)]);
  if (address === undefined) throw new Error("no address");
  await askServer({ server: address, timeoutMs: LIMIT_MS, replyBytesMax: 1_000 }, [{ command, reply: "line" }]);
}

/** A worker that is not running yet. */
function workerOf(server: string, concurrency = 1): Worker {
  return new Worker({ servers: [server], concurrency });
}

describe.each([...TARGETS])("$title", (target) => {
  let server: ServerProcess;
  let worker: Worker;
  const line = (words: string) => runLine(words, target.runtime, [addressOf(server)]);

  beforeAll(async () => {
    server = await startTarget(target);
    worker = workerOf(addressOf(server), 16);
    worker.can("up", (job) => textOf(job).toUpperCase());
    worker.can("echo", (job) => job.workload);
    worker.can("picky", (job) => {
      if (textOf(job) === "bad") throw new GearError("JOB_FAILED", "it is bad");
      if (textOf(job) === "odd") throw new Error("it is odd");
      return `ok ${textOf(job)}`;
    });
    worker.run().catch(() => {});
  });
  afterAll(async () => {
    await worker.stop();
    await server.stop();
  });

  test("the result is printed as it is", async () => {
    expect(await line('"$0" submit up hello')).toEqual({ status: 0, stdout: "HELLO", stderr: "" });
    expect((await line('"$0" submit echo größe')).stdout).toBe("größe");
    expect((await line('printf a%sb "\\0" | "$0" submit echo - | od -An -c')).stdout).toContain("a   \\   0   b");
    expect((await line('echo hello | "$0" submit up')).stdout).toBe("HELLO\n");
    expect((await line('"$0" submit up -- -x')).stdout).toBe("-X");
    expect((await line('"$0" submit up ""')).stdout).toBe("");
    const path = join(server.folder, "large");
    const large = await line(`head -c 3000000 /dev/urandom >${path}; "$0" submit echo <${path} | cmp - ${path}`);
    expect(large).toEqual({ status: 0, stdout: "", stderr: "" });
  });

  test("parts are printed as they come, warnings go to standard error", async () => {
    const goOn = Promise.withResolvers<void>();
    worker.can("parts", async (job) => {
      await job.data("one ");
      await job.warning("be careful");
      await goOn.promise;
      await job.data("two ");
      return "three";
    });
    await using program = startLine('"$0" submit parts x', target.runtime, [addressOf(server)]);
    await until(() => program.stdout === "one " && program.stderr === "be careful\n", "the first part is printed");
    goOn.resolve();
    expect(await program.exit).toBe(0);
    expect(program.stdout).toBe("one two three");
  });

  test("the exit status says how the job ended", async () => {
    const failed = await line('"$0" submit picky bad');
    expect(failed).toMatchObject({ status: 2, stdout: "" });
    expect(failed.stderr).toMatch(/^gearwright: the job of picky failed; .*\(H:\S+ at 127.0.0.1:\d+\)\n$/);
    const odd = await line('"$0" submit picky odd');
    expect(odd).toMatchObject({ status: 2, stdout: "" });
    expect(odd.stderr).toContain("ended with an exception: Error: it is odd");
    const late = await line('"$0" submit nobody x --timeout 50ms');
    expect(late).toMatchObject({ status: 124, stdout: "" });
    expect(late.stderr).toContain("was not over within 50 ms");
  });

  test("--background prints the handle, and the same unique is the same job", async () => {
    const first = await line('"$0" submit later x --background --unique u');
    expect(first.stdout).toMatch(/^H:\S+\n$/);
    expect((await line('"$0" submit later x --background --unique u')).stdout).toBe(first.stdout);
    const own = await line('"$0" submit later y --background --unique -');
    expect((await line('"$0" submit later y --background --unique -')).stdout).toBe(own.stdout);
    expect((await line('"$0" submit later x --at +1h --json')).stdout).toMatch(/^\{"handle":"H:[^"]+"\}\n$/);
  });

  test("--high comes before the others, --low after them", async () => {
    const seen: string[] = [];
    for (const words of ["low --low", "normal", "high --high"]) {
      expect((await line(`"$0" submit ranked ${words} --background`)).status).toBe(0);
    }
    await using one = workerOf(addressOf(server));
    one.can("ranked", (job) => {
      seen.push(textOf(job));
    });
    const running = one.run();
    await until(() => seen.length === 3, "the three jobs are done");
    await one.stop();
    await running;
    expect(seen).toEqual(["high", "normal", "low"]);
  });

  test("--reducer reaches the worker", async () => {
    worker.can("mapped", (job) => `${textOf(job)} for ${job.reducer}`);
    expect((await line('"$0" submit mapped x --reducer sum')).stdout).toBe("x for sum");
  });

  test("--json is one object per job", async () => {
    const { stdout } = await line('"$0" submit up größe --json');
    expect(JSON.parse(stdout)).toEqual({
      handle: expect.stringMatching(/^H:/),
      server: addressOf(server),
      result: expect.any(String),
    });
    const bytes = await line('printf "\\377" | "$0" submit echo --json');
    expect(JSON.parse(bytes.stdout)).toMatchObject({ resultBase64: "/w==" });
    const bad = await line('"$0" submit picky bad --json');
    expect(bad.status).toBe(2);
    expect(JSON.parse(bad.stdout)).toMatchObject({ handle: expect.any(String), error: "JOB_FAILED" });
  });

  test("--split-lines prints the results in the order of the lines, and a failed one as an empty line", async () => {
    const { status, stdout, stderr } = await line('printf "a\\nbad\\n\\nb" | "$0" submit picky --split-lines');
    expect(stdout).toBe("ok a\n\nok \nok b\n");
    expect(stderr).toMatch(/^gearwright: line 2: the job of picky failed; [^\n]*\n$/);
    expect(status).toBe(2);
    const many = await line('seq 1 5000 | "$0" submit echo --split-lines | cmp - <(seq 1 5000)');
    expect(many).toEqual({ status: 0, stdout: "", stderr: "" });
    const json = await line('printf "1\\n2\\n" | "$0" submit echo --split-lines --json');
    expect(
      json.stdout
        .trim()
        .split("\n")
        .map((text) => JSON.parse(text).result),
    ).toEqual(["1", "2"]);
    const handles = await line('seq 1 3 | "$0" submit stored --split-lines --background');
    expect(handles.stdout).toMatch(/^(H:\S+\n){3}$/);
  });

  test("--split-lines holds results until those of the lines before are there", async () => {
    let done = 6;
    worker.can("backward", async (job) => {
      await until(() => done === Number(textOf(job)) + 1, "the line behind is done");
      done -= 1;
      return textOf(job);
    });
    expect((await line('seq 1 5 | "$0" submit backward --split-lines')).stdout).toBe("1\n2\n3\n4\n5\n");
  });

  test("--split-lines prints a result while the next line has not come", async () => {
    using folder = new Folder();
    const path = folder.file("more");
    const words = `mkfifo ${path}; { echo one; cat ${path}; } | "$0" submit up --split-lines`;
    await using program = startLine(words, target.runtime, [addressOf(server)]);
    await until(() => program.stdout === "ONE\n", "the first result is printed");
    writeFileSync(path, "two\n");
    expect(await program.exit).toBe(0);
    expect(program.stdout).toBe("ONE\nTWO\n");
  });

  test("--in-flight bounds the jobs of --split-lines", async () => {
    let inHand = 0;
    let most = 0;
    worker.can("counted", async () => {
      inHand += 1;
      most = Math.max(most, inHand);
      await until(() => most >= 3, "three are in hand");
      await new Promise((resolve) => setImmediate(resolve));
      inHand -= 1;
    });
    expect((await line('seq 1 200 | "$0" submit counted --split-lines --in-flight 3')).status).toBe(0);
    expect(most).toBe(3);
  });

  test("a reader that has enough ends it quietly", async () => {
    const words = '"$0" submit echo --split-lines < <(seq 1 100000) | head -2; echo "$PIPESTATUS"';
    expect(await line(words)).toEqual({ status: 0, stdout: "1\n2\n0\n", stderr: "" });
    const large = '"$0" submit echo < <(head -c 3000000 /dev/zero) | head -c 1 | wc -c; echo "$PIPESTATUS"';
    const one = await line(large);
    expect(one).toEqual({ status: 0, stdout: "1\n0\n", stderr: "" });
  });
});

describe.each(RUNTIMES)("on %s", (runtime) => {
  test("without a server the exit status is 3, and the next one of several is taken", async () => {
    const nowhere = `127.0.0.1:${await freePort()}`;
    const none = await runLine('"$0" submit up x', runtime, [nowhere]);
    expect(none.status).toBe(3);
    expect(none.stderr).toContain(`${nowhere} cannot be reached: nobody listens there`);
    const lines = await runLine('seq 1 9 | "$0" submit up --split-lines', runtime, [nowhere]);
    expect(lines).toMatchObject({ status: 3, stdout: "\n".repeat(9) });
    expect(lines.stderr.split("\n")).toEqual([
      expect.stringContaining(
        `line 1: no job server can be reached: ${nowhere} cannot be reached: nobody listens there`,
      ),
      "gearwright: 0 of 9 lines are done; from line 10 on nothing was submitted",
      "",
    ]);
    await using server = await startServer();
    const taken = await runLine('"$0" submit up x --background --json', runtime, [nowhere, addressOf(server)]);
    expect(taken).toMatchObject({ status: 0, stderr: "" });
  });

  test("why each of several servers cannot be reached is in words", async () => {
    const nowhere = `127.0.0.1:${await freePort()}`;
    const { status, stderr } = await runLine('"$0" submit up x', runtime, [nowhere, "unix:/no/such/socket"]);
    const reasons = `${nowhere} cannot be reached: nobody listens there; unix:/no/such/socket cannot be reached: there is no such socket`;
    expect(stderr).toBe(`gearwright: no job server can be reached: ${reasons}\n`);
    expect(status).toBe(3);
  });

  test("--split-lines goes on behind a line that is refused or too large", async () => {
    await using server = await startServer({ runtime });
    await tell(server, "maxqueue tight 1");
    const lines = await runLine('seq 1 4 | "$0" submit tight --split-lines --background --in-flight 1', runtime, [
      addressOf(server),
    ]);
    expect(lines.stdout).toMatch(/^H:\S+\n\n\n\n$/);
    expect(lines.stderr.match(/^gearwright: line [234]: .*QUEUE/gm)).toHaveLength(3);
    expect(lines.status).toBe(1);
    const words =
      '{ echo one; head -c 67108865 /dev/zero; echo; echo two; } | "$0" submit wide --split-lines --background';
    const large = await runLine(words, runtime, [addressOf(server)]);
    expect(large.stdout).toMatch(/^H:\S+\n\nH:\S+\n$/);
    expect(large.stderr).toBe("gearwright: line 2: it is over 64 MiB, the most that a job server takes by default\n");
    expect(large.status).toBe(1);
  });

  test("a result over 64 MiB is not held, and the lines behind it go on", async () => {
    await using server = await startServer({ runtime });
    const worker = workerOf(addressOf(server));
    const half = Buffer.alloc(2 ** 25 + 1);
    worker.can("vast", async (job) => {
      if (textOf(job) === "small") return "small";
      await job.data(half);
      return half;
    });
    const running = worker.run();
    const servers = [addressOf(server)];
    const lines = await runLine('printf "large\\nsmall\\n" | "$0" submit vast --split-lines', runtime, servers);
    expect(lines).toMatchObject({ status: 1, stdout: "\nsmall\n" });
    const alone = "submit this line alone, without --split-lines and --json, and it is printed as it comes";
    expect(lines.stderr).toStartWith(`gearwright: line 1: the result is over 64 MiB; ${alone}`);
    const json = await runLine('"$0" submit vast large --json', runtime, servers);
    expect(json.stderr).toStartWith(
      "gearwright: the result is over 64 MiB; leave --json out, and it is printed as it comes",
    );
    await worker.stop();
    await running;
  });

  test("--split-lines stops when the server is lost, and says from which line on", async () => {
    using folder = new Folder();
    const path = folder.file("more");
    await using server = await startServer();
    const worker = workerOf(addressOf(server));
    worker.can("lost", (job) => {
      if (textOf(job) !== "three") return textOf(job);
      server.signal("SIGKILL");
      return new Promise<string>((resolve) => job.signal.addEventListener("abort", () => resolve("")));
    });
    const running = worker.run();
    // Standard input stays open.
    const input = `printf 'one\\ntwo\\nthree\\nfour\\n'; cat ${path}`;
    const submit = '"$0" submit lost --split-lines --in-flight 1';
    const words = `mkfifo ${path}; ${submit} < <(${input}); echo "$?"; : >${path}`;
    await using program = startLine(words, runtime, [addressOf(server)]);
    await program.exit;
    expect(program.stdout).toBe("one\ntwo\n\n3\n");
    const [reason, summary, ...rest] = program.stderr.split("\n");
    expect(reason).toStartWith("gearwright: line 3: ");
    expect(summary).toBe("gearwright: 2 of 3 lines are done; from line 4 on nothing was submitted");
    expect(rest).toEqual([""]);
    await worker.stop();
    await running;
  });

  test("--wait waits for a server", async () => {
    const port = await freePort();
    await using program = startLine('"$0" submit up x --background --wait 1m', runtime, [`127.0.0.1:${port}`]);
    const listen = ["serve", "--listen", "127.0.0.1", "--port", String(port)];
    await using _server = startLine(`exec "$0" ${listen.join(" ")}`, runtime, []);
    expect(await program.exit).toBe(0);
  });

  test("a server lost after a part was printed is exit status 3", async () => {
    await using server = await startServer();
    await using other = await startServer();
    const worker = workerOf(addressOf(server));
    worker.can("parts", async (job) => {
      await job.data("one ");
      await new Promise((resolve) => job.signal.addEventListener("abort", resolve));
    });
    const running = worker.run();
    const servers = [addressOf(server), addressOf(other)];
    await using program = startLine('"$0" submit parts x', runtime, servers);
    await until(() => program.stdout === "one ", "the first part is printed");
    server.signal("SIGKILL");
    expect(await program.exit).toBe(3);
    expect(program.stderr).toContain("the server was lost when a part of the result was printed already");
    await worker.stop();
    await running;
  });

  test("a workload over 64 MiB is refused", async () => {
    const words = 'head -c 67108865 /dev/zero | "$0" submit up';
    const { status, stderr } = await runLine(words, runtime, ["127.0.0.1:1"]);
    expect(stderr).toBe("gearwright: standard input is over 64 MiB, the most that a job server takes by default\n");
    expect(status).toBe(1);
  });
});
