/** A core without sockets: sessions on wires of memory. */

import type { PacketName } from "../../src/protocol/packets.ts";
import { ServerCore } from "../../src/server/server-core.ts";
import type { ServerOptions } from "../../src/server/server-options.ts";
import type { Session } from "../../src/server/session.ts";
import type { JobStore } from "../../src/store/job-store.ts";
import { encodePacket, splitArguments, WireReader } from "../harness/wire-bytes.ts";
import { SERVER_OPTIONS } from "../reply-line/late-server.ts";
import { TakingWire } from "./taking-wire.ts";

/** A core with the usual options but for `options`. */
export function coreOf(options: Partial<ServerOptions>, store?: JobStore): ServerCore {
  return new ServerCore(
    { ...SERVER_OPTIONS, ...options },
    { handlePrefix: "H:test", firstSerial: 1, store, commitMsMax: 1000, onShutdown: () => {} },
  );
}

/** Resolves when the turn of the event loop, and what it began, is over. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
}

/** A session and the peer's view of it. */
export class Line {
  readonly wire: TakingWire;
  readonly session: Session;
  #readBytes = 0;
  readonly #reader = new WireReader();

  constructor(core: ServerCore, wire = new TakingWire()) {
    this.wire = wire;
    this.session = core.accept(this.wire);
  }

  send(name: PacketName, ...args: (string | Uint8Array)[]): void {
    this.session.received(encodePacket(name, args));
  }

  /** The packets that have come since the last call, one line each. */
  take(): string[] {
    const { written } = this.wire;
    this.#reader.add(written.subarray(this.#readBytes));
    this.#readBytes = written.length;
    const lines: string[] = [];
    for (let item = this.#reader.take(); item !== undefined; item = this.#reader.take()) {
      lines.push(item.kind === "text" ? item.text : [item.name, ...splitArguments(item)].join(" "));
    }
    return lines;
  }
}
