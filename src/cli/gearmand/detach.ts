/**
 * Running in the background, for `-d`: the command starts itself again in a session of its own and waits for one line.
 *
 * The child writes `ready`, or why it did not start, to its descriptor 3; whoever called the command sees the outcome.
 */
import { spawn } from "node:child_process";
import { closeSync, writeSync } from "node:fs";
import type { Readable } from "node:stream";
import { GearError } from "../../base/errors.ts";

const MARK = "GEARWRIGHT_DETACHED";
const READY = "ready\n";
const PIPE = 3;

/** Whether this process is the child that `startDetached` made. */
export function isDetached(): boolean {
  return process.env[MARK] === "1";
}

/** Starts this very command again in the background; resolves once it is ready, throws GearError CLOSED with the reason if it ends instead. */
export async function startDetached(): Promise<void> {
  const args = [...process.execArgv, ...process.argv.slice(1)];
  const child = spawn(process.execPath, args, {
    detached: true,
    stdio: ["ignore", "ignore", "ignore", "pipe"],
    env: { ...process.env, [MARK]: "1" },
  });
  const told = await readAll(child.stdio[PIPE] as Readable);
  if (told === READY) return;
  throw new GearError("CLOSED", told === "" ? "the server ended before it was ready" : told.trimEnd());
}

/** Tells whoever waits in `startDetached` that the server is ready (undefined) or why it is not; once, in the child. */
export function tellStarter(failure: string | undefined): void {
  Reflect.deleteProperty(process.env, MARK);
  try {
    writeSync(PIPE, failure === undefined ? READY : `${failure}\n`);
    closeSync(PIPE);
  } catch {
    // The starter was killed meanwhile; the server goes on without it.
  }
}

async function readAll(stream: Readable): Promise<string> {
  let text = "";
  stream.setEncoding("utf8");
  for await (const chunk of stream) {
    text += String(chunk);
    if (text === READY) break;
  }
  return text;
}
