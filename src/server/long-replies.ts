/** Lists for people, written a slice at a time: a list of a million jobs stops neither the wire nor the memory of the server. */
import { writeText } from "./replies.ts";
import type { ServerCore } from "./server-core.ts";
import type { Session } from "./session.ts";

/** Pieces of a list, most of them whole lines, that are made at once. */
const SLICE_PIECES = 500;
/** A slice of so many chars is long enough. */
const SLICE_CHARS = 64 * 1024;

interface LongReply {
  readonly session: Session;
  readonly ticket: number;
  readonly lines: Iterator<string>;
}

/** The lists of one server that are under way. */
export class LongReplies {
  readonly #core: ServerCore;
  #open: LongReply[] = [];

  constructor(core: ServerCore) {
    this.#core = core;
  }

  /** Replies with these lines; a short list goes out at once, a long one stands in the reply line until its end. */
  start(session: Session, lines: Iterator<string>): void {
    const { text, isLast } = slice(lines);
    if (isLast) {
      writeText(session.reply(), text);
      return;
    }
    const ticket = session.holdReply();
    session.extendReply(ticket, (out) => writeText(out, text));
    this.#open.push({ session, ticket, lines });
    this.#core.beginTurn();
  }

  /** At the end of a turn: one more slice for everyone who reads. */
  turn(): void {
    if (this.#open.length === 0) return;
    this.#open = this.#open.filter((reply) => !this.#advance(reply));
  }

  /** Whether the next turn must come by itself. */
  get isPending(): boolean {
    return this.#open.some(({ session, ticket }) => session.canExtend(ticket));
  }

  /** Answers whether the list is over. */
  #advance({ session, ticket, lines }: LongReply): boolean {
    if (session.isClosed) return true;
    // What stands behind a list goes out only after it, so that alone must never hold it up.
    if (!session.canExtend(ticket)) return false;
    const { text, isLast } = slice(lines);
    if (isLast) session.answerReply(ticket, undefined, (out) => writeText(out, text));
    else session.extendReply(ticket, (out) => writeText(out, text));
    return isLast;
  }
}

function slice(lines: Iterator<string>): { readonly text: string; readonly isLast: boolean } {
  let text = "";
  for (let count = 0; count < SLICE_PIECES && text.length < SLICE_CHARS; count++) {
    const { value, done } = lines.next();
    if (done === true) return { text, isLast: true };
    text += value;
  }
  return { text, isLast: false };
}
