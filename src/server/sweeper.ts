/** Looks now and then at the connections that something is the matter with: half a packet, unsent bytes, not read on. */
import { LIMITS } from "../base/limits.ts";
import { PACKETS } from "../protocol/packets.ts";
import { writeEmpty } from "./replies.ts";
import type { ServerCore } from "./server-core.ts";
import type { Session } from "./session.ts";

/** How long a peer may keep a connection open after our FIN, ms. */
export const LINGER_MS = 2_000;

/** Most bytes that a runtime hands over at once: Bun's read buffer. */
const CHUNK_BYTES_MAX = 512 * 1024;

/** Runs only while there is something to look at. */
export class Sweeper {
  readonly #core: ServerCore;
  /** Sessions with an incomplete packet or line. */
  readonly #midItem = new Set<Session>();
  /** Sessions with bytes that their sockets did not take. */
  readonly #blocked = new Set<Session>();
  /** Sessions to which FIN was sent, and when. */
  readonly #lingering = new Map<Session, number>();
  #timer: ReturnType<typeof setTimeout> | undefined = undefined;
  #isClosed = false;

  constructor(core: ServerCore) {
    this.#core = core;
  }

  /** The session has read something, or runs no more of it. */
  noteRead(session: Session): void {
    if (session.isMidItem && !session.isClosed) {
      if (!this.#midItem.has(session)) this.#midItem.add(session);
    } else if (this.#midItem.size === 0 || !this.#midItem.delete(session)) {
      if (session.isHeld) this.#watch(session);
      return;
    }
    this.#watch(session);
  }

  noteBlocked(session: Session, isBlocked: boolean): void {
    if (isBlocked) {
      this.#blocked.add(session);
      this.#arm();
    } else if (this.#blocked.size > 0) this.#blocked.delete(session);
  }

  linger(session: Session): void {
    this.#lingering.set(session, this.#core.nowMs);
    this.#arm();
  }

  forget(session: Session): void {
    this.#midItem.delete(session);
    this.#blocked.delete(session);
    this.#lingering.delete(session);
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  #watch(session: Session): void {
    session.count();
    this.#arm();
  }

  #arm(): void {
    if (this.#timer !== undefined || this.#isClosed) return;
    this.#timer = setTimeout(() => this.#sweep(), LIMITS.pausedPeekMs / 2);
  }

  #sweep(): void {
    this.#timer = undefined;
    const core = this.#core;
    core.beginTurn();
    const { nowMs } = core;
    for (const session of this.#midItem) {
      if (session.isHeld) session.receivedAtMs = nowMs;
      else if (nowMs - session.receivedAtMs >= core.options.idleMs) core.doom(session, "its packet never came whole");
    }
    for (const session of this.#blocked) {
      const sinceMs = session.blockedSinceMs;
      if (sinceMs !== undefined && nowMs - sinceMs >= LIMITS.stallMs) core.doom(session, "it has stopped reading");
    }
    for (const [session, sinceMs] of this.#lingering) if (nowMs - sinceMs >= LINGER_MS) session.destroy();
    this.#peek();
    if (this.#midItem.size + this.#blocked.size + this.#lingering.size + core.held.size > 0) this.#arm();
  }

  /**
   * Neither runtime sees the end of a connection that it does not read, so one chunk is read where
   * memory is left for it. A worker whose socket is full of
   * unread data sends its FIN behind them: it gets a NOOP, to which a closed socket answers RST. Workers skip a NOOP they did not
   * wait for.
   */
  #peek(): void {
    const { held, budget } = this.#core;
    let chunksLeft = Math.floor(budget.freeBytes / (2 * CHUNK_BYTES_MAX));
    const heldBytesMax = budget.isTight ? 0 : LIMITS.largeBodyBytes;
    for (const session of [...held]) {
      if (session.hasSlowWatcher) writeEmpty(session.noopOut(), PACKETS.NOOP.type);
      if (chunksLeft <= 0 || session.heldBytes > heldBytesMax) continue;
      chunksLeft--;
      // Behind those that have not been looked at for longer.
      held.delete(session);
      held.add(session);
      session.wire.resume();
    }
  }
}
