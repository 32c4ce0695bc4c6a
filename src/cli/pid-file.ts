/** The file that holds the process id while the server runs. */
import { readFileSync, statSync, unlinkSync, writeFileSync } from "node:fs";
import { GearError } from "../base/errors.ts";
import { failureSentence } from "./failure.ts";

/** A written pid file. */
export interface PidFile {
  /** Deletes the file if it still holds this process's id. Never throws. */
  remove(): void;
  /** Puts back what the file held before, because this process does not become a server after all. Never throws. */
  restore(): void;
}

/**
 * Writes the id of this process to `path`.
 *
 * It is written before the port is bound, so that whoever can connect can also read it; `restore` keeps a server that
 * already runs from losing its file to one that could not start. Throws GearError INVALID_SETTING if it cannot be written.
 */
export function writePidFile(path: string): PidFile {
  const before = tryRead(path);
  const own = `${process.pid}\n`;
  try {
    writeFileSync(path, own);
  } catch (error) {
    throw new GearError("INVALID_SETTING", `the pid file ${path} cannot be written: ${failureSentence(error)}`, {
      cause: error,
    });
  }
  const isOwn = () => tryRead(path) === own;
  return {
    remove: () => quietly(() => isOwn() && unlinkSync(path)),
    restore: () => quietly(() => isOwn() && (before === undefined ? unlinkSync(path) : writeFileSync(path, before))),
  };
}

/** What a plain file holds; a pipe or a device may never end. */
function tryRead(path: string): string | undefined {
  try {
    return statSync(path).isFile() ? readFileSync(path, "utf8") : undefined;
  } catch {
    return undefined;
  }
}

function quietly(step: () => unknown): void {
  try {
    step();
  } catch {
    // A pid file that stays behind harms nobody: its process id is checked by whoever reads it.
  }
}
