/** Long lists for people: what the same connection gets besides never holds them up. */
import { describe, expect, test } from "bun:test";
import { LIMITS } from "../../src/base/limits.ts";
import { until } from "../harness/until.ts";
import { encodePacket } from "../harness/wire-bytes.ts";
import { coreOf, Line, turn } from "./core.ts";

const FUNCTIONS = 2_000;

/** A core whose `status` is a list of several slices. */
function coreWithFunctions() {
  const core = coreOf({});
  const maker = new Line(core);
  for (let count = 0; count < FUNCTIONS; count++) maker.session.received(Buffer.from(`create function f${count}\n`));
  return core;
}

describe("a long list", () => {
  test("ends, although a reply behind it is larger than what a connection may have unsent", async () => {
    const core = coreWithFunctions();
    const reader = new Line(core);
    const echo = encodePacket("ECHO_REQ", [Buffer.alloc(LIMITS.outHighBytes + 1)]);
    reader.session.received(Buffer.concat([Buffer.from("status\n"), echo]));
    const taken: string[] = [];
    await until(() => taken.push(...reader.take()) > FUNCTIONS + 1, { what: "the list and the echo are out" });
    expect(taken.slice(0, FUNCTIONS).every((line, index) => line.startsWith(`f${index}\t`))).toBe(true);
    expect([taken[FUNCTIONS]?.trim(), taken[FUNCTIONS + 1]?.slice(0, 8)]).toEqual([".", "ECHO_RES"]);
    expect(reader.session.isHeld).toBe(false);
    core.close();
  });

  test("ends, although a job's packets larger than what a connection may have unsent stand behind it", async () => {
    const core = coreWithFunctions();
    const [reader, worker] = [new Line(core), new Line(core)];
    reader.send("SUBMIT_JOB", "f0", "", "");
    worker.send("CAN_DO", "f0");
    worker.send("GRAB_JOB");
    reader.session.received(Buffer.from("status\n"));
    worker.send("WORK_DATA", core.handles.text(1), Buffer.alloc(LIMITS.outHighBytes + 1));
    worker.send("WORK_COMPLETE", core.handles.text(1), "");
    const taken: string[] = [];
    await until(() => taken.push(...reader.take()) > FUNCTIONS + 3, { what: "the list and the job's packets are out" });
    expect(taken.slice(-2).map((line) => line.slice(0, 9))).toEqual(["WORK_DATA", "WORK_COMP"]);
    expect(worker.session.isHeld).toBe(false);
    core.close();
  });

  test("is never in memory as a whole, although one worker's line is most of it", async () => {
    const core = coreOf({});
    const [reader, worker] = [new Line(core), new Line(core)];
    const name = "n".repeat(8_000);
    for (let count = 0; count < FUNCTIONS; count++) worker.send("CAN_DO", `${name}${count}`);
    reader.wire.roomBytes = 0;
    reader.session.received(Buffer.from("workers\n"));
    await turn();
    expect(reader.session.pendingBytes).toBeLessThan(LIMITS.outHighBytes);
    reader.wire.roomBytes = Number.POSITIVE_INFINITY;
    reader.session.drained();
    const taken: string[] = [];
    await until(() => taken.push(...reader.take()) > 2, { what: "the list is out" });
    const lengths = taken.map((line) => line.trim().split(" :")[1]?.split(" ").length);
    expect(lengths).toEqual([1, FUNCTIONS + 1, undefined]);
    core.close();
  });
});
