/** One connection's packets never stop the others for long, however many functions its worker has. */
import { expect, test } from "bun:test";
import { until } from "../harness/until.ts";
import { encodePacket } from "../harness/wire-bytes.ts";
import { coreOf, Line } from "./core.ts";

const FUNCTIONS = 20_000;
const GRABS = 40;

/** A worker of many functions. */
function learned(core: ReturnType<typeof coreOf>): Line {
  const worker = new Line(core);
  for (let count = 0; count < FUNCTIONS; count++) worker.send("CAN_DO", `f${count}`);
  return worker;
}

test("a worker of many functions that asks again and again lets others in between, and is answered in order", async () => {
  const core = coreOf({});
  const [worker, other] = [learned(core), new Line(core)];
  const grab = encodePacket("GRAB_JOB", []);
  const echo = encodePacket("ECHO_REQ", ["end"]);
  worker.session.received(Buffer.concat([...Array<Buffer>(GRABS).fill(Buffer.from(grab)), echo]));
  other.send("ECHO_REQ", "other");
  await until(() => other.take().length > 0, { what: "the other is answered" });
  const taken = worker.take();
  expect(taken.length).toBeLessThan(GRABS);
  await until(() => taken.push(...worker.take()) > GRABS, { what: "the worker is answered" });
  expect(taken).toEqual([...Array<string>(GRABS).fill("NO_JOB"), "ECHO_RES end"]);
  expect(worker.session.isHeld).toBe(false);
  core.close();
});

test("a FIN behind packets that wait for their turn comes into effect after them, so that a job done is not run again", async () => {
  const core = coreOf({});
  const client = new Line(core);
  const worker = learned(core);
  client.send("SUBMIT_JOB", "f0", "", "");
  worker.send("GRAB_JOB");
  const pieces = Array.from({ length: GRABS }, () => Buffer.from(encodePacket("PRE_SLEEP", [])));
  pieces.push(Buffer.from(encodePacket("WORK_COMPLETE", [core.handles.text(1), "done"])));
  worker.session.received(Buffer.concat(pieces));
  worker.session.finished();
  const taken: string[] = [];
  await until(() => taken.push(...client.take()) > 1, { what: "the client is answered" });
  expect(taken[1]).toBe(`WORK_COMPLETE ${core.handles.text(1)} done`);
  await until(() => worker.session.isFinishing, { what: "the worker's end is seen" });
  expect(core.table.counts().jobs).toBe(0);
  core.close();
});
