/**
 * A worker as a process of its own, to be killed: takes one job and sends WORK_DATA for it without end.
 *
 * Arguments: port, function. Writes a line when it has the job.
 */
import { connect } from "node:net";
import { Pump } from "./pump.ts";
import { encodePacket, splitArguments, WireReader } from "./wire-bytes.ts";

const DATA_BYTES = 64 * 1024;

const [port, functionName = ""] = process.argv.slice(2);
const reader = new WireReader();
const socket = connect({ port: Number(port), host: "127.0.0.1" });
socket.write(Buffer.concat([encodePacket("CAN_DO", [functionName]), encodePacket("GRAB_JOB", [])]));
socket.on("data", (chunk: Buffer | string) => {
  reader.add(typeof chunk === "string" ? Buffer.from(chunk, "latin1") : chunk);
  const item = reader.take();
  if (item?.kind !== "packet") return;
  if (item.name !== "JOB_ASSIGN") throw new Error(`expected JOB_ASSIGN, got ${item.name}`);
  const [handle = ""] = splitArguments(item);
  new Pump(socket, encodePacket("WORK_DATA", [handle, Buffer.alloc(DATA_BYTES)]), Number.POSITIVE_INFINITY);
  console.log("has the job");
});
