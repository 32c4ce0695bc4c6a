/** Something asked of a job server: what is sent, and who hears the answer. */
import type { GearError } from "../base/errors.ts";
import type { PacketReader } from "../protocol/packet-reader.ts";
import type { Session } from "./session.ts";

/** A packet that is answered by one packet, in the order in which they were sent. */
export interface Request {
  /** Type of the packet that is sent. */
  readonly type: number;
  /** Its arguments but the last, each with its NUL. */
  readonly head: string;
  /** Its last argument; must stay as it is until the request is over, because it may be sent again. */
  readonly data: Uint8Array;
  /** Types of packets that answer it; ERROR always does. */
  readonly answers: readonly number[];
  /** Where the order of servers begins for it; set once. */
  readonly turn: number;
  /** Whether it is for one server alone, and not to be sent to another. */
  readonly isPinned: boolean;
  /** Servers that could not queue it, and what they said. */
  refusals: readonly { readonly session: Session; readonly error: GearError }[];
  /** True once nobody waits for it any more; its answer is then read and dropped. */
  readonly isOver: boolean;
  /** The answer. */
  answered(session: Session, reader: PacketReader): void;
  /** Its connection was lost after it was sent. True: it is to be sent again; false: it has failed. */
  unanswered(error: GearError): boolean;
  /** It ends without an answer: ERROR, no server, closed. */
  fail(error: GearError): void;
}
