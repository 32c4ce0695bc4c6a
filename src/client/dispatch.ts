/**
 * Which server a request goes to, and where it waits while there is none.
 *
 * A server that has not failed since it was last open is waited for; one that has failed is passed over and tried again beside,
 * when its time has come and somebody asks for it.
 */
import { invalid } from "../base/checks.ts";
import { GearError } from "../base/errors.ts";
import { Fifo } from "../base/fifo.ts";
import { tell } from "../base/tell.ts";
import type { ServerAddress } from "../link/server-address.ts";
import type { ClientOptions, ServerOrder } from "./client-options.ts";
import type { Request } from "./request.ts";
import { type Left, Session, type SessionOwner } from "./session.ts";

/** How requests are dispatched. */
export interface DispatchOptions {
  readonly addresses: readonly ServerAddress[];
  readonly order: ServerOrder;
  readonly serverWaitMs: number;
  readonly connectMs: number;
  readonly replyMs: number;
  readonly openMax: number;
  readonly onEvent: ClientOptions["onEvent"];
}

interface Waiting {
  readonly request: Request;
  readonly sinceMs: number;
}

/** The sessions of one client. */
export class Dispatch implements SessionOwner {
  readonly sessions: readonly Session[];
  readonly #options: DispatchOptions;
  readonly #waiting = new Fifo<Waiting>();
  #timer: ReturnType<typeof setTimeout> | undefined = undefined;
  #openCount = 0;
  #isIdleLookDue = false;
  #turn = 0;
  readonly #nameHashes: readonly number[];
  #isClosed = false;
  readonly #onGone: (() => void)[] = [];
  readonly #lastErrors = new Map<Session, GearError>();

  constructor(options: DispatchOptions) {
    this.#options = options;
    const { connectMs, replyMs, order } = options;
    const addresses = inOrder(options.addresses, order);
    this.sessions = addresses.map((address) => new Session({ address, owner: this, connectMs, replyMs }));
    this.#nameHashes = addresses.map(({ name }) => hashOf(name, undefined));
    if (order !== "listed") this.#turn = Math.floor(Math.random() * addresses.length);
  }

  /** Where the order of servers begins for the next job. `head` and `data` as in a submit. */
  turnFor(head: string, data: Uint8Array): number {
    const { order } = this.#options;
    if (this.sessions.length === 1 || order === "listed" || order === "random") return 0;
    if (order === "unique") {
      // What follows the unique, a time or a reducer, does not count: such jobs coalesce with others too.
      const key = head.slice(0, head.indexOf("\0", head.indexOf("\0") + 1) + 1);
      if (key !== "" && !key.endsWith("\0\0"))
        return this.#turnOf(hashOf(key, key.endsWith("\0-\0") ? data : undefined));
    }
    this.#turn = (this.#turn + 1) % this.sessions.length;
    return this.#turn;
  }

  /**
   * The server with the highest hash of its name and the key (rendezvous hashing, source: Thaler and Ravishankar), so a server
   * more or less moves only the uniques that are its own.
   */
  #turnOf(keyHash: number): number {
    let best = 0;
    let bestScore = -1;
    for (const [index, nameHash] of this.#nameHashes.entries()) {
      const score = mixed(keyHash ^ nameHash);
      if (score > bestScore) {
        best = index;
        bestScore = score;
      }
    }
    return best;
  }

  /** Counts one more open call; throws GearError CLOSED or QUEUE_FULL. */
  open(): void {
    if (this.#isClosed) throw new GearError("CLOSED", "the client is closed");
    const { openMax } = this.#options;
    if (this.#openCount >= openMax) {
      throw new GearError("QUEUE_FULL", `${this.#openCount} calls are open; await some of them, or raise openMax`);
    }
    // Calls that were given up are still to be answered.
    let heldCount = 0;
    for (const session of this.sessions) heldCount += session.heldCount;
    if (heldCount >= 2 * openMax) {
      throw new GearError("QUEUE_FULL", `the servers owe answers to ${heldCount} calls, most of them given up`);
    }
    this.#openCount += 1;
    if (this.#openCount === 1) for (const { line } of this.sessions) line.keepAlive(true);
  }

  /** One open call less. An idle client does not keep the process alive. */
  over(): void {
    this.#openCount -= 1;
    if (this.#openCount > 0 || this.#isIdleLookDue) return;
    this.#isIdleLookDue = true;
    setImmediate(() => {
      this.#isIdleLookDue = false;
      if (this.#openCount === 0) for (const { line } of this.sessions) line.keepAlive(false);
    });
  }

  /** Sends `request` to a server, or lets it wait for one; fails it where the client was closed by whoever heard of the loss. */
  route(request: Request): void {
    if (this.#isClosed) {
      request.fail(closedError());
      return;
    }
    const session = this.#pick(request);
    if (session !== undefined) session.ask(request);
    else {
      this.#waiting.push({ request, sinceMs: performance.now() });
      this.#arm();
    }
  }

  /** Servers that can be asked now, or all of them if each has just failed; `server`: that one alone. */
  reachable(server: string | undefined): readonly Session[] {
    if (server !== undefined) {
      const named = this.sessions.filter(({ name }) => name === server);
      if (named.length > 0) return named;
      throw invalid(`server: ${server} is none of ${this.sessions.map(({ name }) => name).join(", ")}`);
    }
    const nowMs = performance.now();
    const found = this.sessions.filter(
      ({ isReady, retryAtMs }) => isReady || retryAtMs === undefined || retryAtMs <= nowMs,
    );
    return found.length > 0 ? found : this.sessions;
  }

  /** Ends all connections and resolves when they are gone, within 2 s; everything open fails with CLOSED. */
  close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    const error = closedError();
    for (const { request } of this.#waiting.takeAll()) request.fail(error);
    for (const session of this.sessions) session.close(error);
    return new Promise((resolve) => {
      this.#onGone.push(resolve);
      this.#tellGone();
    });
  }

  #tellGone(): void {
    if (this.sessions.some(({ line }) => line.isBusy)) return;
    for (const tell of this.#onGone.splice(0)) tell();
  }

  sessionOpened(session: Session): void {
    session.retryAtMs = undefined;
    this.#lastErrors.delete(session);
    this.#look();
    tell(this.#options.onEvent, { kind: "connected", server: session.name });
  }

  sessionLost(session: Session, error: GearError, { unsent, jobs }: Left): void {
    if (this.#isClosed) {
      for (const request of [...unsent, ...jobs]) request.fail(error);
      this.#tellGone();
      return;
    }
    const isTold = session.retryAtMs !== undefined;
    const waitMs = session.line.retry.nextMs();
    session.retryAtMs = performance.now() + waitMs;
    this.#lastErrors.set(session, error);
    for (const request of unsent) this.route(request);
    for (const job of jobs) job.lost(error);
    this.#look();
    const retryInMs = this.#waiting.length > 0 ? waitMs : undefined;
    if (!isTold) tell(this.#options.onEvent, { kind: "disconnected", server: session.name, error, retryInMs });
  }

  sessionRefused(session: Session, request: Request, error: GearError): void {
    request.refusals = [...request.refusals, { session, error }];
    if (this.#isClosed || request.refusals.length >= this.sessions.length) request.fail(firstRefusal(request) ?? error);
    else this.route(request);
  }

  /** The ready session that comes first in the order and has not refused; connects what should be tried. */
  #pick({ turn, refusals }: Request): Session | undefined {
    const { sessions } = this;
    const count = sessions.length;
    for (let index = 0; index < count; index++) {
      const session = sessions[(turn + index) % count] as Session;
      if (refusals.length > 0 && refusals.some((refusal) => refusal.session === session)) continue;
      const { line, retryAtMs } = session;
      if (session.isReady) return session;
      if (retryAtMs === undefined) {
        line.connect();
        return undefined;
      }
      if (!line.isBusy && performance.now() >= retryAtMs) line.connect();
    }
    return undefined;
  }

  /** Looks at all that wait: whether there is a server now, and whether their time is over. */
  #look(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const nowMs = performance.now();
    const { serverWaitMs } = this.#options;
    for (const { request, sinceMs } of this.#waiting.takeAll()) {
      if (request.isOver) continue;
      const session = this.#pick(request);
      const isTooLate = serverWaitMs === 0 ? !this.#isTrying(sinceMs) : nowMs - sinceMs >= serverWaitMs;
      if (session !== undefined) session.ask(request);
      else if (isTooLate) request.fail(firstRefusal(request) ?? this.#noServer());
      else this.#waiting.push({ request, sinceMs });
    }
    this.#arm();
  }

  /** Without a time to wait, each server that is being tried is still waited for, once. */
  #isTrying(sinceMs: number): boolean {
    return this.sessions.some(({ line, lostAtMs }) => line.isBusy && lostAtMs < sinceMs);
  }

  /** Sets the timer for the next look, if anything waits. */
  #arm(): void {
    const first = this.#waiting.first;
    if (first === undefined || this.#timer !== undefined) return;
    const { serverWaitMs } = this.#options;
    // The end of a try is a look.
    const isTried = serverWaitMs === 0 && this.#isTrying(first.sinceMs);
    let nextMs = isTried ? Number.POSITIVE_INFINITY : first.sinceMs + Math.max(1, serverWaitMs);
    for (const { line, retryAtMs } of this.sessions) {
      if (!line.isBusy && retryAtMs !== undefined) nextMs = Math.min(nextMs, retryAtMs);
    }
    if (nextMs === Number.POSITIVE_INFINITY) return;
    this.#timer = setTimeout(() => this.#look(), Math.max(1, Math.ceil(nextMs - performance.now())));
  }

  #noServer(): GearError {
    const reasons = this.sessions.map((session) => this.#lastErrors.get(session));
    const texts = this.sessions.map(({ name }, index) => reasons[index]?.message ?? `${name} has not answered yet`);
    const causes = reasons.filter((reason) => reason !== undefined);
    const cause = causes.length > 1 ? new AggregateError(causes, "one of each server") : causes[0];
    return new GearError("NO_SERVER", `no job server can be reached: ${texts.join("; ")}`, { cause });
  }
}

function closedError(): GearError {
  return new GearError("CLOSED", "the client was closed");
}

/** With order `unique` every client must have the same order, however its servers are listed. */
function inOrder(addresses: readonly ServerAddress[], order: ServerOrder): readonly ServerAddress[] {
  if (order === "random") return shuffled(addresses);
  if (order === "unique") return addresses.toSorted((one, other) => (one.name < other.name ? -1 : 1));
  return addresses;
}

function firstRefusal(request: Request): GearError | undefined {
  return request.refusals[0]?.error;
}

function shuffled<Item>(items: readonly Item[]): readonly Item[] {
  return items
    .map((item) => ({ item, rank: Math.random() }))
    .sort((one, other) => one.rank - other.rank)
    .map(({ item }) => item);
}

/** How much of a workload that is its own unique counts for the choice of its server, bytes. */
const HASHED_BYTES_MAX = 4_096;

/**
 * Every client must come to the same server for the same unique. FNV-1a, 32 bit (source: Fowler, Noll and Vo), and then the last
 * steps of MurmurHash3 (source: Austin Appleby), because FNV's lowest bits depend on the lowest bits of each byte alone.
 */
function hashOf(text: string, data: Uint8Array | undefined): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  const end = Math.min(data?.length ?? 0, HASHED_BYTES_MAX);
  for (let index = 0; index < end; index++) hash = Math.imul(hash ^ (data?.[index] ?? 0), 0x01000193);
  return mixed(hash);
}

function mixed(value: number): number {
  let hash = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
