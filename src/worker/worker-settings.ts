/** Options of a worker, checked, with their defaults. */
import { hostname } from "node:os";
import { checkListener, checkMs, checkNames, checkWhole, invalid } from "../base/checks.ts";
import { wireName } from "../base/job-function.ts";
import { LIMITS } from "../base/limits.ts";
import { type ServerAddress, serverAddresses } from "../link/server-address.ts";
import type { WorkerEvent, WorkerOptions } from "./worker-options.ts";

/** Options of a worker, checked, with their defaults. */
export interface WorkerSettings {
  readonly addresses: readonly ServerAddress[];
  readonly concurrency: number;
  /** As the wire has it. */
  readonly clientId: string;
  readonly connectMs: number;
  readonly drainMs: number;
  readonly abortMs: number;
  readonly onEvent: ((event: WorkerEvent) => void) | undefined;
}

const NAMES: ReadonlySet<string> = new Set<keyof WorkerOptions>([
  "servers",
  "concurrency",
  "clientId",
  "connectMs",
  "drainMs",
  "abortMs",
  "onEvent",
]);

/** Throws GearError INVALID_ARGUMENT for what is unknown or out of its range. */
export function workerSettings(options: WorkerOptions): WorkerSettings {
  checkNames(options, NAMES, "options of a worker");
  const { concurrency = 1, connectMs = 2_000, drainMs = 30_000, abortMs = 5_000, onEvent } = options;
  checkWhole(concurrency, { name: "concurrency", min: 1, max: LIMITS.concurrencyMax });
  checkMs(connectMs, "connectMs", 1);
  checkMs(drainMs, "drainMs", 0);
  checkMs(abortMs, "abortMs", 0);
  checkListener(onEvent, "onEvent");
  const addresses = serverAddresses(options.servers);
  return { addresses, concurrency, clientId: wireClientId(options.clientId), connectMs, drainMs, abortMs, onEvent };
}

function wireClientId(clientId: string | undefined): string {
  if (clientId === undefined) {
    const host = hostname().replace(/[^\x21-\x7e]/g, "");
    return `${process.pid}@${host}`.slice(0, LIMITS.clientIdBytesMax);
  }
  const wire = wireName(clientId, "clientId", LIMITS.clientIdBytesMax);
  if (/\s/.test(clientId)) throw invalid("clientId must not hold blanks");
  return wire;
}
