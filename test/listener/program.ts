/**
 * A process that has listeners and does with their wires what it is told, on the runtime that runs it.
 *
 * Reads one JSON request per line from stdin and answers each with one JSON line; ends when stdin does. What happens on the wires is
 * kept, and told by the request `look`.
 */
import { createInterface } from "node:readline";
import { openListener } from "../../src/server/listener.ts";
import type { Listener, ListenerOptions, Wire, WireEvents } from "../../src/server/wire.ts";
import { patternAt } from "./pattern.ts";

/** What is told about one connection. */
export interface WireLook {
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** What happened, in order; `received` stands once for many in a row, as does `drained`. */
  readonly events: readonly string[];
  readonly receivedBytes: number;
  /** Every byte received was that of the pattern at its place. */
  readonly isPattern: boolean;
  /** Bytes that the wire took of those to send. */
  readonly takenBytes: number;
  /** An event came while a call of the wire had not returned. */
  readonly hadEventInCall: boolean;
}

/** One request; `id` names a connection by the order in which they came, from 0. */
export type Request =
  | { readonly do: "listen"; readonly address: ListenerOptions["address"]; readonly backlog?: number }
  | { readonly do: "close"; readonly listener: number }
  | { readonly do: "count" }
  /** From now on, new connections begin paused. */
  | { readonly do: "pauseNew" }
  /** From now on, every connection gets back what it sends, and FIN after its own. */
  | { readonly do: "echo" }
  | { readonly do: "look" | "pause" | "resume" | "finish" | "destroy"; readonly id: number }
  /** Writes pattern bytes, `pieceBytes` at a time, and goes on at every `drained` until `bytes` are taken. */
  | { readonly do: "send"; readonly id: number; readonly bytes: number; readonly pieceBytes: number };

/** The bytes of an echo that wait for `drained`. */
interface Waiting {
  readonly chunk: Uint8Array;
  from: number;
}

class Told implements WireEvents {
  readonly wire: Wire;
  readonly #events: string[] = [];
  readonly #echo: Waiting[] = [];
  #receivedBytes = 0;
  #isPattern = true;
  #takenBytes = 0;
  #sendBytes = 0;
  #pieceBytes = 1;
  #isInCall = false;
  #hadEventInCall = false;

  constructor(wire: Wire) {
    this.wire = wire;
    if (isPausing) this.call(() => wire.pause());
  }

  call(act: () => void): void {
    this.#isInCall = true;
    act();
    this.#isInCall = false;
  }

  received(chunk: Uint8Array): void {
    this.#note("received");
    const expected = patternAt(this.#receivedBytes, chunk.length);
    this.#isPattern &&= Buffer.compare(chunk, expected) === 0;
    this.#receivedBytes += chunk.length;
    if (!isEchoing) return;
    this.#echo.push({ chunk, from: 0 });
    this.#sendEcho();
  }

  drained(): void {
    this.#note("drained");
    if (isEchoing) this.#sendEcho();
    else this.#send();
  }

  finished(): void {
    this.#note("finished");
    if (isEchoing) this.#sendEcho();
  }

  closed(): void {
    this.#note("closed");
  }

  send(bytes: number, pieceBytes: number): void {
    this.#sendBytes += bytes;
    this.#pieceBytes = pieceBytes;
    this.#send();
  }

  look(): WireLook {
    return {
      remoteAddress: this.wire.remoteAddress,
      remotePort: this.wire.remotePort,
      events: this.#events,
      receivedBytes: this.#receivedBytes,
      isPattern: this.#isPattern,
      takenBytes: this.#takenBytes,
      hadEventInCall: this.#hadEventInCall,
    };
  }

  #note(event: string): void {
    this.#hadEventInCall ||= this.#isInCall;
    if (this.#events.at(-1) !== event) this.#events.push(event);
  }

  #send(): void {
    while (this.#takenBytes < this.#sendBytes) {
      const bytes = patternAt(this.#takenBytes, Math.min(this.#pieceBytes, this.#sendBytes - this.#takenBytes));
      let taken = 0;
      this.call(() => {
        taken = this.wire.write(bytes, 0, bytes.length);
      });
      this.#takenBytes += taken;
      if (taken === 0) return;
    }
  }

  #sendEcho(): void {
    for (let first = this.#echo[0]; first !== undefined; first = this.#echo[0]) {
      const taken = this.wire.write(first.chunk, first.from, first.chunk.length);
      first.from += taken;
      this.#takenBytes += taken;
      if (first.from === first.chunk.length) this.#echo.shift();
      else if (taken === 0) return;
    }
    if (this.#events.includes("finished")) this.wire.finish();
  }
}

const listeners: Listener[] = [];
const connections: Told[] = [];
let isPausing = false;
let isEchoing = false;

function accept(wire: Wire): WireEvents {
  const told = new Told(wire);
  connections.push(told);
  return told;
}

async function listen(address: ListenerOptions["address"], backlog: number): Promise<unknown> {
  try {
    const listener = await openListener({ address, backlog, keepAliveMs: 15_000, accept });
    listeners.push(listener);
    return { listener: listeners.length - 1, port: listener.port };
  } catch (error) {
    return { code: error instanceof Error && "code" in error ? error.code : String(error) };
  }
}

async function answer(request: Request): Promise<unknown> {
  if (request.do === "listen") return listen(request.address, request.backlog ?? 512);
  if (request.do === "close") {
    // On Node it resolves only when every connection is closed, too.
    void listeners[request.listener]?.close();
    return {};
  }
  if (request.do === "count") return { count: connections.length };
  if (request.do === "pauseNew") isPausing = true;
  else if (request.do === "echo") isEchoing = true;
  else {
    const told = connections[request.id];
    if (told === undefined) return { missing: request.id };
    if (request.do === "look") return told.look();
    if (request.do === "send") told.send(request.bytes, request.pieceBytes);
    else {
      const { do: act } = request;
      told.call(() => told.wire[act]());
    }
  }
  return {};
}

createInterface({ input: process.stdin })
  .on("line", (line) => {
    const say = (reply: unknown) => process.stdout.write(`${JSON.stringify(reply)}\n`);
    answer(JSON.parse(line) as Request).then(say, (error: unknown) => say({ error: String(error) }));
  })
  .on("close", () => process.exit(0));
