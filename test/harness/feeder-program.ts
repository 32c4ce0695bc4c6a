/**
 * A worker as a process of its own, to be killed: takes one job and sends WORK_DATA for it without end, or nothing.
 *
 * Arguments: port, function, `feeds` or `silent`. Writes a line when it has the job, and is held back if it feeds.
 */
import { connect } from "node:net";
import { Pump } from "./pump.ts";
import { encodePacket, splitArguments, WireReader } from "./wire-bytes.ts";

const DATA_BYTES = 64 * 1024;
const HELD_LIMIT_MS = 30_000;

const [port, functionName = "", manner] = process.argv.slice(2);
const reader = new WireReader();
const socket = connect({ port: Number(port), host: "127.0.0.1" });
socket.write(Buffer.concat([encodePacket("CAN_DO", [functionName]), encodePacket("GRAB_JOB", [])]));

async function work(chunk: Buffer | string): Promise<void> {
  reader.add(typeof chunk === "string" ? Buffer.from(chunk, "latin1") : chunk);
  const item = reader.take();
  if (item?.kind !== "packet" || item.name === "NOOP") return;
  if (item.name !== "JOB_ASSIGN") throw new Error(`expected JOB_ASSIGN, got ${item.name}`);
  const [handle = ""] = splitArguments(item);
  const piece = encodePacket("WORK_DATA", [handle, Buffer.alloc(DATA_BYTES)]);
  if (manner === "feeds") await new Pump(socket, piece, Number.POSITIVE_INFINITY).held(HELD_LIMIT_MS);
  console.log("ready");
}

socket.on("data", (chunk: Buffer | string) => void work(chunk));
