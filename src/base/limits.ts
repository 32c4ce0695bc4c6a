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
  /**
   * Client and worker: time before a lost server is tried again, ms; it doubles from the least to the greatest with each try, and a
   * random part of up to a half is taken off, so it is 25 to 50 at first and 400 to 800 at the end.
   */
  retryMsMin: 50,
  retryMsMax: 800,
  /** How often a job or an echo is sent again after its connection was lost: it may be what ends the server. */
  resubmitsMax: 16,
  /** Latest time of an epoch job, seconds since 1970; gearmand leaves larger ones unanswered. */
  epochSecondsMax: 2 ** 32 - 1,
  /** How often a connection of a client may have submitted one living job, by its unique, and given it up. */
  copiesMax: 1_000,
  /** A server may take this long to accept a connection, ms; default of clients and workers. */
  connectMs: 2_000,
  /** Largest packet that clients and workers read, bytes: gearmand has no limit, and the server is one's own. */
  receivedBytesMax: 1024 * MIB,
  /** The last bytes of a connection that is ended may take this long to leave, ms. */
  endMs: 2_000,
  /** A client's calls that may be open at once; default and largest of the option. */
  openCalls: 100_000,
  openCallsMax: 10_000_000,
  /** A client's jobs wait this long for a server, ms; default. */
  serverWaitMs: 10_000,
  /** A server may take this long to answer a client, ms; default. */
  replyMs: 30_000,
  /** Unread updates of one job, bytes; default. */
  updateBytesMax: 16 * MIB,
  /** Jobs of a map that are in flight; default and largest. */
  mapInFlight: 64,
  mapInFlightMax: 100_000,
  /** A stopped worker's jobs in hand may take this long before they are aborted, and then this long, ms; defaults. */
  drainMs: 30_000,
  abortMs: 5_000,
  /** Client and worker: a server that should be heard of and was silent for this long is sent ECHO_REQ, ms. */
  probeMs: 15_000,
  /** A worker's question for a job that was not answered for this long, or at most twice as long, is late, ms. */
  grabReplyMs: 1_000,
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
assert(LIMITS.sendHighBytes < LIMITS.sendHardBytes, "a connection is high before it is full");
assert(
  LIMITS.retryMsMin <= LIMITS.retryMsMax && LIMITS.retryMsMax < 1_000,
  "a lost server is tried again within a second",
);
assert(LIMITS.timeoutReportMs >= LIMITS.grabStandMs, "a worker's late word comes after the server's own timer");
assert(LIMITS.receivedBytesMax >= LIMITS.bodyBytesMax, "a client reads what our server sends");
