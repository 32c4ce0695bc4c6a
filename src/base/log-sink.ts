/** Where log lines go: a file, standard error, a child process, nowhere. No sink ever throws or holds up its caller. */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { close, openSync, write, writeSync } from "node:fs";
import type { Writable } from "node:stream";
import type { LogLevel } from "./log.ts";

/** A place for lines. */
export interface LogSink {
  /** Takes a whole line with its line feed; false: it was dropped, because too much waits for the disk already. */
  write(level: LogLevel, line: string): boolean;
  /** Opens the place again, if it has a name. */
  reopen(): void;
  /** Writes what is buffered, for at most a second. */
  close(): Promise<void>;
}

/** Lines that wait for the disk, bytes; beyond it lines are dropped. */
const PENDING_BYTES_MAX = 1024 * 1024;
/** How long `close` waits for the disk, ms. */
const CLOSE_MS_MAX = 1_000;
/** How long a sink waits after a failed write before the next one, ms. */
const RETRY_MS = 200;

/** Failed writes that are tried again: the disk is full, the reader of a pipe is slow. */
const TIME_MAY_CURE: ReadonlySet<string> = new Set(["EAGAIN", "ENOSPC", "EDQUOT"]);

/** Drops everything. */
export const noneSink: LogSink = {
  write: () => true,
  reopen: () => {},
  close: () => Promise.resolve(),
};

/**
 * Appends to a file, created with mode 0640.
 *
 * Throws (Node's own error, with `code`) if the file cannot be opened now; later failures cost lines only.
 */
export function fileSink(path: string): LogSink {
  const open = () => openSync(path, "a", 0o640);
  return new DescriptorSink(open(), open);
}

/** Writes to standard error. */
export function stderrSink(): LogSink {
  return new DescriptorSink(2, undefined);
}

/** One write in flight, the rest waits in memory up to a limit. */
class DescriptorSink implements LogSink {
  #descriptor: number;
  readonly #open: (() => number) | undefined;
  #pending: string[] = [];
  #pendingBytes = 0;
  #isBusy = false;
  #isReopenDue = false;
  #idle: (() => void) | undefined;

  constructor(descriptor: number, open: (() => number) | undefined) {
    this.#descriptor = descriptor;
    this.#open = open;
  }

  write(_level: LogLevel, line: string): boolean {
    if (this.#pendingBytes + line.length > PENDING_BYTES_MAX) return false;
    this.#pending.push(line);
    this.#pendingBytes += line.length;
    this.#flush();
    return true;
  }

  reopen(): void {
    if (this.#open === undefined) return;
    this.#isReopenDue = true;
    this.#flush();
  }

  async close(): Promise<void> {
    if (!this.#isBusy) return;
    await withLimit(
      new Promise<void>((resolve) => {
        this.#idle = resolve;
      }),
      CLOSE_MS_MAX,
    );
  }

  #flush(): void {
    if (this.#isBusy) return;
    if (this.#isReopenDue) this.#reopenNow();
    if (this.#pending.length === 0) {
      this.#idle?.();
      return;
    }
    const bytes = Buffer.from(this.#pending.join(""));
    this.#pending = [];
    this.#pendingBytes = 0;
    this.#isBusy = true;
    this.#put(bytes);
  }

  #put(bytes: Buffer): void {
    write(this.#descriptor, bytes, (error, written) => {
      if (error !== null && TIME_MAY_CURE.has(error.code ?? "")) {
        setTimeout(() => this.#retry(bytes), RETRY_MS).unref();
        return;
      }
      if (error === null && written < bytes.length) {
        this.#put(bytes.subarray(written));
        return;
      }
      this.#isBusy = false;
      this.#flush();
    });
  }

  /** The file may have been moved away from the full disk meanwhile. */
  #retry(bytes: Buffer): void {
    if (this.#isReopenDue) this.#reopenNow();
    this.#put(bytes);
  }

  #reopenNow(): void {
    this.#isReopenDue = false;
    try {
      const descriptor = this.#open?.();
      if (descriptor === undefined) return;
      close(this.#descriptor, () => {});
      this.#descriptor = descriptor;
    } catch (error) {
      complain(`the log file could not be opened again, its old file is kept: ${messageOf(error)}`);
    }
  }
}

const SYSLOG_PRIORITY: Readonly<Record<LogLevel, string>> = {
  FATAL: "daemon.emerg",
  ALERT: "daemon.alert",
  CRITICAL: "daemon.crit",
  ERROR: "daemon.err",
  WARNING: "daemon.warning",
  NOTICE: "daemon.notice",
  INFO: "daemon.info",
  DEBUG: "daemon.debug",
};

/**
 * Sends lines to the system log through `logger(1)`, found on PATH; needs no native code.
 *
 * Each level has its own child, because one child has one priority. A child that ends is started again by the next line.
 */
export function syslogSink(tag: string): LogSink {
  const children = new Map<LogLevel, ChildProcessByStdio<Writable, null, null>>();
  const childFor = (level: LogLevel) => {
    const known = children.get(level);
    if (known !== undefined) return known;
    const args = ["-i", "-t", tag, "-p", SYSLOG_PRIORITY[level]];
    const child = spawn("logger", args, { stdio: ["pipe", "ignore", "ignore"], detached: true });
    child.on("error", (error) => {
      children.delete(level);
      complain(`logger could not be started for --syslog: ${messageOf(error)}`);
    });
    child.on("exit", () => children.delete(level));
    child.stdin.on("error", () => {});
    child.unref();
    children.set(level, child);
    return child;
  };
  return {
    write: (level, line) => {
      const { stdin } = childFor(level);
      if (!stdin.writable || stdin.writableLength + line.length > PENDING_BYTES_MAX) return false;
      stdin.write(line);
      return true;
    },
    reopen: () => {},
    close: async () => {
      const ends = [...children.values()].map((child) => new Promise<void>((resolve) => child.stdin.end(resolve)));
      await withLimit(Promise.all(ends), CLOSE_MS_MAX);
    },
  };
}

/** Writes every line to all of `sinks`. */
export function teeSink(sinks: readonly LogSink[]): LogSink {
  return {
    write: (level, line) => sinks.map((sink) => sink.write(level, line)).every((isTaken) => isTaken),
    reopen: () => {
      for (const sink of sinks) sink.reopen();
    },
    close: async () => {
      await Promise.all(sinks.map((sink) => sink.close()));
    },
  };
}

function complain(text: string): void {
  try {
    writeSync(2, `gearwright: ${text}\n`);
  } catch {
    // Standard error is closed: there is nobody left to tell.
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function withLimit(work: Promise<unknown>, limitMs: number): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, limitMs);
  });
  await Promise.race([work, limit]);
  clearTimeout(timer);
}
