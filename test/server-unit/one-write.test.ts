/** What a turn of the event loop brings for one connection goes out in one write. */
import { expect, test } from "bun:test";
import { coreOf, Line, turn } from "./core.ts";
import { TakingWire } from "./taking-wire.ts";

/** Counts the writes that carried something. */
class CountingWire extends TakingWire {
  writeCount = 0;

  override write(bytes: Uint8Array, start: number, end: number): number {
    const count = super.write(bytes, start, end);
    if (count > 0) this.writeCount += 1;
    return count;
  }
}

test("many replies, results and a NOOP of one turn are one write for each connection", async () => {
  const core = coreOf({});
  const [clientWire, workerWire] = [new CountingWire(), new CountingWire()];
  const [client, worker] = [new Line(core, clientWire), new Line(core, workerWire)];
  worker.send("CAN_DO", "f");
  worker.send("PRE_SLEEP");
  for (let index = 0; index < 20; index += 1) client.send("SUBMIT_JOB", "f", "", `job ${index}`);
  await turn();
  expect([clientWire.writeCount, workerWire.writeCount]).toEqual([1, 1]);
  expect(client.take()).toHaveLength(20);
  expect(worker.take()).toEqual(["NOOP"]);

  for (let index = 0; index < 20; index += 1) worker.send("GRAB_JOB");
  await turn();
  expect([clientWire.writeCount, workerWire.writeCount]).toEqual([1, 2]);
  const handles = worker.take().map((line) => line.split(" ")[1] ?? "");
  expect(handles).toHaveLength(20);

  for (const handle of handles) worker.send("WORK_COMPLETE", handle, "done");
  client.send("ECHO_REQ", "hi");
  await turn();
  expect([clientWire.writeCount, workerWire.writeCount]).toEqual([2, 2]);
  expect(client.take()).toHaveLength(21);
  core.close();
});
