/** Fuzzes a live server: mutated packets, lawful packets in unlawful order and noise, with real jobs beside them. */
import type { PacketName } from "../../src/protocol/packets.ts";
import type { ServerProcess } from "../harness/server-process.ts";
import { type RoundTrips, SteadyPeers } from "../harness/steady-peers.ts";
import { pause } from "../harness/until.ts";
import { encodePacket } from "../harness/wire-bytes.ts";
import { Chance } from "./chance.ts";
import { FuzzLine } from "./fuzz-line.ts";
import { type MadePacket, PacketMaker } from "./packet-maker.ts";

const LAWFUL_LINES = 50;
const MUTANT_LINES = 20;
const NOISE_LINES = 4;
const REAL_PAIRS = 10;
const BATCH_PACKETS = 60;
const NOISE_BATCH = 10;
/** Batches until a line is closed and opened again. */
const BATCHES_MAX = 40;
/** Of a lawful line's batch, so many packets finish jobs in hand or ask for more. */
const OWN_WORK_PACKETS = 8;
/** How long an answer may take on a machine that is busy with the fuzzer, ms. */
const ANSWER_LIMIT_MS = 30_000;
const PACE_EVERY_MS = 5;
const MEMORY_EVERY_MS = 250;
/** Handles of other connections to choose from. */
const SHARED_HANDLES = 500;

/** What a run is to do; it goes on until both are reached. */
export interface FuzzOptions {
  readonly seed: number;
  readonly seconds: number;
  readonly packets: number;
  /** Not faster than this, so that memory is that of a steady load; Infinity: as fast as it goes. */
  readonly packetsPerSecond: number;
  /** So long it goes as fast as it can at first, so that the runtime's heap has its size before memory is compared; default 0. */
  readonly rushSeconds?: number;
}

/** What a run saw. */
export interface FuzzReport {
  readonly counts: { readonly lawful: number; readonly mutated: number; readonly noise: number };
  /** Packets that reached their handler, by type. */
  readonly handled: ReadonlyMap<PacketName, number>;
  /** Resident memory of the server over time. */
  readonly memory: readonly { readonly atMs: number; readonly bytes: number }[];
  readonly durationMs: number;
  /** Real jobs beside it. */
  readonly real: readonly RoundTrips[];
  /** What went wrong; empty if nothing did. */
  readonly faults: readonly string[];
}

/** One run. */
export class FuzzRun {
  readonly #server: ServerProcess;
  readonly #options: FuzzOptions;
  readonly #chance: Chance;
  readonly #names: readonly string[];
  readonly #shared: string[] = [];
  readonly #counts = { lawful: 0, mutated: 0, noise: 0 };
  readonly #handled = new Map<PacketName, number>();
  readonly #memory: { atMs: number; bytes: number }[] = [];
  readonly #faults: string[] = [];
  readonly #startedAtMs = performance.now();
  /** Packets before the pace began. */
  #rushed = 0;
  #isOver = false;

  constructor(server: ServerProcess, options: FuzzOptions) {
    this.#server = server;
    this.#options = options;
    this.#chance = new Chance(options.seed);
    this.#names = PacketMaker.mutatedNames(this.#chance);
  }

  /** Runs to the end, or until the server ends. */
  async run(): Promise<FuzzReport> {
    const pairs = await Promise.all(
      Array.from({ length: REAL_PAIRS }, (_, index) =>
        SteadyPeers.start(this.#server, { name: `real-${index}`, limitMs: ANSWER_LIMIT_MS }),
      ),
    );
    const loops = [
      ...Array.from({ length: LAWFUL_LINES }, () => this.#lawfulLoop(this.#chance.fork())),
      ...Array.from({ length: MUTANT_LINES }, () => this.#mutantLoop(this.#chance.fork())),
      ...Array.from({ length: NOISE_LINES }, () => this.#noiseLoop(this.#chance.fork())),
      this.#watch(),
    ];
    await Promise.all(loops);
    const ended = await Promise.allSettled(pairs.map((pair) => pair.stop()));
    for (const end of ended) if (end.status === "rejected") this.#fault(`a real job went wrong: ${String(end.reason)}`);
    return {
      counts: this.#counts,
      handled: this.#handled,
      memory: this.#memory,
      durationMs: performance.now() - this.#startedAtMs,
      real: pairs.map((pair) => pair.roundTrips),
      faults: this.#faults,
    };
  }

  #fault(what: string): void {
    if (!this.#faults.includes(what)) this.#faults.push(what);
  }

  get #packetCount(): number {
    return this.#counts.lawful + this.#counts.mutated + this.#counts.noise;
  }

  /** Waits while the run is ahead of its pace. */
  async #keepPace(): Promise<void> {
    while (!this.#isOver) {
      const { packetsPerSecond, rushSeconds = 0 } = this.#options;
      const seconds = (performance.now() - this.#startedAtMs) / 1000;
      if (seconds < rushSeconds) {
        this.#rushed = this.#packetCount;
        return;
      }
      if (this.#packetCount - this.#rushed <= (seconds - rushSeconds) * packetsPerSecond) return;
      await pause(PACE_EVERY_MS);
    }
  }

  /** Looks at memory, at the server's life and at the end of the run. */
  async #watch(): Promise<void> {
    while (!this.#isOver) {
      const atMs = performance.now() - this.#startedAtMs;
      const bytes = this.#residentBytes();
      if (bytes !== undefined) this.#memory.push({ atMs, bytes });
      else {
        this.#fault(`the server ended with ${await this.#server.exited}: ${this.#server.output.slice(-500)}`);
        this.#isOver = true;
      }
      if (atMs >= this.#options.seconds * 1000 && this.#packetCount >= this.#options.packets) this.#isOver = true;
      if (!this.#isOver) await pause(MEMORY_EVERY_MS);
    }
  }

  /** Undefined when the server has ended, even if that has not been told yet. */
  #residentBytes(): number | undefined {
    try {
      return this.#server.rssBytes();
    } catch {
      return undefined;
    }
  }

  #note(packets: readonly MadePacket[]): void {
    for (const { name } of packets) this.#handled.set(name, (this.#handled.get(name) ?? 0) + 1);
  }

  #maker(chance: Chance, line: FuzzLine): PacketMaker {
    const handle = () => {
      const pool = [line.held, line.created, this.#shared][chance.below(3)] ?? [];
      return pool.length === 0 ? "H:nobody:1" : chance.of(pool);
    };
    return new PacketMaker(chance, this.#names, handle);
  }

  #share(line: FuzzLine, chance: Chance): void {
    const handle = line.created.at(-1);
    if (handle === undefined) return;
    if (this.#shared.length < SHARED_HANDLES) this.#shared.push(handle);
    else this.#shared[chance.below(SHARED_HANDLES)] = handle;
  }

  /** Lawful packets in any order: none of them may end the connection. */
  async #lawfulLoop(chance: Chance): Promise<void> {
    while (!this.#isOver) {
      const line = new FuzzLine(this.#server.port, false);
      const maker = this.#maker(chance, line);
      const batches = 1 + chance.below(BATCHES_MAX);
      for (let batch = 0; batch < batches && !this.#isOver; batch += 1) {
        await this.#keepPace();
        const made = Array.from({ length: BATCH_PACKETS }, () => maker.lawful());
        made.push(...ownWork(line));
        this.#counts.lawful += made.length;
        const end = await line.send(
          made.map(({ bytes }) => bytes),
          ANSWER_LIMIT_MS,
        );
        if (end === "handled") this.#note(made);
        else if (!this.#isOver) this.#fault(`after lawful packets the connection was ${end}`);
        this.#share(line, chance);
        if (end !== "handled") break;
      }
      await line.tidy(ANSWER_LIMIT_MS);
      line.destroy();
    }
  }

  /** Mutated arguments; now and then the last packet is one that must end the connection. */
  async #mutantLoop(chance: Chance): Promise<void> {
    while (!this.#isOver) {
      const line = new FuzzLine(this.#server.port, false);
      const maker = this.#maker(chance, line);
      const batches = 1 + chance.below(BATCHES_MAX);
      for (let batch = 0; batch < batches && !this.#isOver; batch += 1) {
        await this.#keepPace();
        const made = Array.from({ length: BATCH_PACKETS * 4 }, () => maker.mutated());
        this.#counts.mutated += made.length;
        const end = await line.send(
          made.map(({ bytes }) => bytes),
          ANSWER_LIMIT_MS,
        );
        if (end === "handled") this.#note(made);
        else if (!this.#isOver) this.#fault(`after mutated arguments the connection was ${end}`);
        if (end !== "handled") break;
      }
      await line.tidy(ANSWER_LIMIT_MS);
      this.#counts.noise += 1;
      const deadly = maker.deadly();
      const isEnded = await line.sendDeadly(deadly, ANSWER_LIMIT_MS);
      if (!isEnded && !this.#isOver) this.#fault(`the connection lives on after ${deadly.toString("hex", 0, 40)}`);
      line.destroy();
    }
  }

  async #noiseLoop(chance: Chance): Promise<void> {
    while (!this.#isOver) {
      const line = new FuzzLine(this.#server.port, true);
      const maker = this.#maker(chance, line);
      for (let sent = 0; sent < NOISE_BATCH && !line.isClosed && !this.#isOver; sent += 1) {
        await this.#keepPace();
        this.#counts.noise += 1;
        await line.sendNoise(maker.noise());
      }
      line.destroy();
    }
  }
}

/** Lawful lines finish what they were given, so that jobs of fuzzed functions end too. */
function ownWork(line: FuzzLine): readonly MadePacket[] {
  const handles = line.held.splice(0, OWN_WORK_PACKETS);
  return handles.map((handle) => ({ name: "WORK_COMPLETE", bytes: encodePacket("WORK_COMPLETE", [handle, "done"]) }));
}
