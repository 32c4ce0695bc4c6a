/** Every limit that is not a setting, with its unit, and the relations between them. */
import { assert } from "./errors.ts";

const KIB = 1024;
const MIB = 1024 * KIB;

/** Fixed limits; those that a user may change are rows of the settings table and take their defaults from here. */
export const LIMITS = {
  /** Largest body of a packet, bytes; default of the setting. */
  bodyBytesMax: 64 * MIB,
  /** Arguments of a packet without its data, bytes. Source: gearmand's receive buffer. */
  argBytesMax: 8192,
  /** A text line with its end, bytes. Source: gearmand. */
  textBytesMax: 8192,
  /** Words of a text line. Source: gearmand. */
  textWordsMax: 5,
  /** A unique, bytes. */
  uniqueBytesMax: 64,
  /** A handle, bytes. */
  handleBytesMax: 63,
  /** A client id, bytes; longer ones are cut. Source: gearmand. */
  clientIdBytesMax: 127,
  /** Functions the table remembers; beyond it the oldest idle one is forgotten. */
  functionsMax: 100_000,
  /** A body above this reserves its whole length from the buffer memory before it is read, bytes. */
  largeBodyBytes: 64 * KIB,
  /** Unsent bytes above which whoever causes them is not read on, bytes. */
  outHighBytes: 1 * MIB,
  /** Replies that may wait in one connection's line; at this number it is not read on. */
  pendingRepliesMax: 1024,
  /** All connections' buffers together, bytes; default of the setting. */
  bufferBytesMax: 256 * MIB,
  /** A connection with unsent bytes that took none for this long is closed, ms. */
  stallMs: 30_000,
  /** An incomplete packet or line to which no byte came for this long closes its connection, ms; default of the setting. */
  idleMs: 60_000,
  /** A paused connection is read for one chunk this often, so that its end is seen, ms. */
  pausedPeekMs: 1_000,
  /** A woken worker that has not come after this time is overtaken by another, ms. */
  wakeOvertakeMs: 500,
  /** A GRAB_JOB that finds nothing is answered NO_JOB after this time, unless a job comes first, ms. */
  grabStandMs: 1,
  /** Jobs in one batch to the store. */
  batchJobsMax: 10_000,
  /** Bytes in one batch to the store. */
  batchBytesMax: 16 * MIB,
  /** Bytes of background submits that wait for the store; beyond it QUEUE_ERROR at once. */
  waitingAddBytesMax: 128 * MIB,
  /** An add not answered by the store within this time gets QUEUE_ERROR, ms. */
  commitMsMax: 10_000,
  /** TCP keepalive: silence before the first probe, ms. Ten probes a second apart follow, on both runtimes. */
  keepAliveMs: 15_000,
  /** Least time of CAN_DO_TIMEOUT, ms. Source: gearmand. */
  workerTimeoutMsMin: 1_000,
  /** Pending connections asked of the kernel. */
  backlog: 4096,
  /** A function's name in the client and worker libraries, bytes. Source: libgearman. */
  functionNameBytesMax: 512,
  /** Servers of one client or worker. */
  serversMax: 64,
  /** Client and worker: least and greatest time before a lost server is tried again, ms; it doubles from one to the other. */
  retryMsMin: 50,
  retryMsMax: 800,
  /** A foreground job with which this many servers were lost is not submitted again: it may be what ends them. */
  resubmitsMax: 16,
  /** Client and worker: a server that should be heard of and was silent for this long is sent ECHO_REQ, ms. */
  probeMs: 15_000,
  /** A worker's late WORK_FAIL waits this long after the time limit, so that the server's own timer comes first, ms. */
  timeoutReportMs: 1_000,
  /** Unsent bytes of a client's connection above which jobs wait in the client; of a worker's, above which `data` waits. */
  sendHighBytes: 1 * MIB,
  /** Unsent bytes of a worker's connection above which `data` refuses. */
  sendHardBytes: 64 * MIB,
  /** Jobs that a worker has in hand at once. */
  concurrencyMax: 10_000,
  /** A worker's text of what its handler threw, bytes. */
  exceptionBytesMax: 64 * KIB,
} as const;

/** Unsent bytes above which a watcher is closed: one whole packet may stand behind the high-water mark. */
export function outHardBytes(bodyBytesMax: number): number {
  return bodyBytesMax + LIMITS.outHighBytes + LIMITS.largeBodyBytes;
}

assert(
  outHardBytes(LIMITS.bodyBytesMax) >= LIMITS.bodyBytesMax + LIMITS.outHighBytes,
  "outHardBytes holds a whole body",
);
assert(LIMITS.bufferBytesMax > outHardBytes(LIMITS.bodyBytesMax), "the buffer memory holds the largest packet");
assert(LIMITS.handleBytesMax < LIMITS.argBytesMax && LIMITS.uniqueBytesMax < LIMITS.argBytesMax, "arguments fit");
assert(LIMITS.pausedPeekMs < LIMITS.stallMs, "a paused connection is looked at before it counts as stalled");
