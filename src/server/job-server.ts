/** The job server: its listeners, its core, and how both are stopped. */
import { hostname } from "node:os";
import { GearError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import { type ListenAddress, showListenAddress } from "../base/listen-address.ts";
import type { JobStore } from "../store/job-store.ts";
import { type GearmandHttp, openGearmandHttp } from "./gearmand-http.ts";
import { openListener } from "./listener.ts";
import { ServerCore } from "./server-core.ts";
import type { JobServer, ServerOptions, StopMode } from "./server-options.ts";
import type { Listener } from "./wire.ts";

/** Longest prefix of a handle, bytes: a colon and 16 digits follow. */
const PREFIX_BYTES_MAX = LIMITS.handleBytesMax - 17;
const HASH_CHARS = 6;
/** A handle's serial starts at the wall clock in ms times this, so it does not repeat after a restart. */
const SERIALS_PER_MS = 4096;

/** What tests hand in besides the options. */
export interface ServerParts {
  /** Where durable jobs go; without one no job is durable. */
  readonly store?: JobStore;
  /** How long the store may take for an add, ms; default LIMITS.commitMsMax. */
  readonly commitMsMax?: number;
}

/**
 * Starts a job server and resolves when every address is open.
 *
 * Rejects with GearError ADDRESS_IN_USE or LISTEN_FAILED; what was opened until then is closed again.
 */
export async function startJobServer(options: ServerOptions, parts: ServerParts = {}): Promise<JobServer> {
  const server = new RunningServer(options, parts);
  await server.open();
  return server;
}

class RunningServer implements JobServer {
  addresses: readonly ListenAddress[] = [];
  httpAddress: ListenAddress | undefined = undefined;
  readonly ended: Promise<void>;
  readonly #options: ServerOptions;
  readonly #core: ServerCore;
  readonly #listeners: Listener[] = [];
  #http: GearmandHttp | undefined = undefined;
  #settleEnded: () => void = () => {};
  #isStopped = false;
  #isDraining = false;
  #graceTimer: ReturnType<typeof setTimeout> | undefined = undefined;

  constructor(options: ServerOptions, parts: ServerParts) {
    this.#options = options;
    this.ended = new Promise((resolve) => {
      this.#settleEnded = resolve;
    });
    this.#core = new ServerCore(options, {
      handlePrefix: fitPrefix(options.handlePrefix ?? `H:${hostname()}`),
      firstSerial: options.clock.wallMs() * SERIALS_PER_MS,
      store: parts.store,
      commitMsMax: parts.commitMsMax ?? LIMITS.commitMsMax,
      onShutdown: (mode) => void setImmediate(() => void this.stop(mode)),
    });
  }

  async open(): Promise<void> {
    const opened: ListenAddress[] = [];
    for (const address of this.#options.listen) {
      const place = await this.#listen(address, () =>
        openListener({
          address,
          backlog: this.#options.backlog,
          keepAliveMs: LIMITS.keepAliveMs,
          accept: (wire) => this.#core.accept(wire),
        }),
      );
      if (place !== undefined) opened.push(place);
    }
    this.addresses = opened;
    const { httpListen } = this.#options;
    if (httpListen === undefined) return;
    this.httpAddress = await this.#listen(httpListen, async () => {
      this.#http = await openGearmandHttp(this.#core, httpListen);
      return this.#http;
    });
  }

  /** Opens one address; undefined: it is optional and this machine lacks it. */
  async #listen(address: ListenAddress, openOne: () => Promise<Listener>): Promise<ListenAddress | undefined> {
    try {
      const listener = await openOne();
      // `shutdown` may have come over an address that was open already.
      if (this.#core.isStopping || this.#isDraining) void listener.close();
      else this.#listeners.push(listener);
      return address.kind === "tcp" ? { ...address, port: listener.port } : address;
    } catch (error) {
      if (address.kind === "tcp" && address.isOptional === true && isMissingAddress(error)) return undefined;
      await this.stop("now");
      throw listenError(address, error);
    }
  }

  async stop(mode: StopMode): Promise<void> {
    if (this.#isStopped) return await this.ended;
    this.#core.isStopping = mode !== "drain";
    this.#isDraining = mode === "drain";
    for (const listener of this.#listeners.splice(0)) void listener.close();
    if (mode === "now" || !this.#hasWorkLeft()) this.#end();
    else this.#waitForWork();
    return await this.ended;
  }

  /** A worker has a job in hand, or a reply is not out; while draining, a queued job counts too. */
  #hasWorkLeft(): boolean {
    if (this.#isDraining && this.#core.table.counts().jobs > 0) return true;
    return this.#core.sessions.some(
      (session) => session !== undefined && (session.connection.held.length > 0 || session.hasUnsent),
    );
  }

  /** Looks every few ms whether the last job in hand is over and all is sent; the grace is the limit. */
  #waitForWork(): void {
    if (this.#graceTimer !== undefined) return;
    const startedAtMs = this.#options.clock.nowMs();
    const look = (): void => {
      const isOver = !this.#isDraining && this.#options.clock.nowMs() - startedAtMs >= this.#options.graceMs;
      if (isOver || !this.#hasWorkLeft()) this.#end();
      else this.#graceTimer = setTimeout(look, 20);
    };
    this.#graceTimer = setTimeout(look, 20);
  }

  #end(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    clearTimeout(this.#graceTimer);
    // One more turn, so that the last replies are on their way.
    setImmediate(() => {
      this.#core.close();
      this.#http?.destroy();
      this.#settleEnded();
    });
  }
}

/** A prefix that is too long is cut, and ends in six characters of its hash. */
function fitPrefix(prefix: string): string {
  const bytes = Buffer.from(prefix, "utf8")
    .toString("latin1")
    .replace(/[\0\s]/g, "_");
  if (bytes.length <= PREFIX_BYTES_MAX) return bytes;
  const { createHash } = process.getBuiltinModule("node:crypto");
  const hash = createHash("sha256").update(prefix).digest("hex").slice(0, HASH_CHARS);
  return bytes.slice(0, PREFIX_BYTES_MAX - HASH_CHARS) + hash;
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

function isMissingAddress(error: unknown): boolean {
  return ["EADDRNOTAVAIL", "EAFNOSUPPORT", "EPROTONOSUPPORT"].includes(codeOf(error));
}

function listenError(address: ListenAddress, error: unknown): GearError {
  const place = showListenAddress(address);
  if (codeOf(error) === "EADDRINUSE") {
    const remedy =
      address.kind === "tcp"
        ? "stop what listens there, or choose another port"
        : "stop what listens there, remove it if it is no socket, or choose another path";
    const message = `${place} is in use already: ${remedy}`;
    return new GearError("ADDRESS_IN_USE", message, { cause: error });
  }
  const reason = error instanceof Error ? error.message : String(error);
  return new GearError("LISTEN_FAILED", `cannot listen on ${place}: ${reason}`, { cause: error });
}
