/** Makes the packets of the fuzzer from the table of packets: lawful ones, ones with mutated arguments, and noise. */
import { PACKETS, type PacketName } from "../../src/protocol/packets.ts";
import { encodePacket } from "../harness/wire-bytes.ts";
import type { Chance } from "./chance.ts";

/** A packet with the name by which it is counted. */
export interface MadePacket {
  readonly name: PacketName;
  readonly bytes: Buffer;
}

const FUNCTIONS = Array.from({ length: 20 }, (_, index) => `fuzz-${index}`);
const UNIQUES = ["", "", "-", ...Array.from({ length: 40 }, (_, index) => `unique-${index}`)];
/** Different mutated function names; the server remembers each, and must not be asked to remember ever more. */
const MUTATED_NAMES_MAX = 500;
/** Lengths at which codecs break. */
const LENGTHS = [0, 1, 2, 3, 62, 63, 64, 65, 66, 126, 127, 128, 129, 255, 256, 257, 511, 512, 1000, 2000];
const NUMBERS = [
  "0",
  "-1",
  "1",
  "1000",
  "4294967295",
  "4294967296",
  "9007199254740993",
  "1e3",
  "NaN",
  "99999999999999999999",
  " 7",
];
/** Arguments of a mutated packet without its data stay below the server's limit of 8,192 bytes. */
const ARGUMENTS_BYTES_MAX = 8_000;
const WORKLOAD_BYTES_MAX = 300;
const TEXT_WORDS = [
  "status",
  "workers",
  "show",
  "jobs",
  "unique",
  "prioritystatus",
  "maxqueue",
  "create",
  "drop",
  "function",
  "cancel",
  "job",
];

/** Packets that a client or a worker may send. */
const REQUEST_NAMES: readonly PacketName[] = (Object.keys(PACKETS) as PacketName[]).filter(
  (name) => PACKETS[name].from !== "server",
);

const ALL_NAMES = Object.keys(PACKETS) as PacketName[];
const SERVER_NAMES = ALL_NAMES.filter((name) => PACKETS[name].from === "server");
/** One mutated packet in so many is of a type that only the server sends. */
const SERVER_TYPE_EVERY = 3;

/** Makes packets for one connection. */
export class PacketMaker {
  readonly #chance: Chance;
  readonly #mutatedNames: readonly string[];
  /** Handles that this or another connection has heard of. */
  readonly #handle: () => string;

  constructor(chance: Chance, mutatedNames: readonly string[], handle: () => string) {
    this.#chance = chance;
    this.#mutatedNames = mutatedNames;
    this.#handle = handle;
  }

  /** Names that stand for all mutated function names of a run. */
  static mutatedNames(chance: Chance): readonly string[] {
    return Array.from({ length: MUTATED_NAMES_MAX }, () => chance.bytes(chance.of(LENGTHS), false));
  }

  /** A packet that a well-behaved peer could have sent at some time, though not now. */
  lawful(): MadePacket {
    const name = this.#chance.of(REQUEST_NAMES);
    return {
      name,
      bytes: encodePacket(
        name,
        PACKETS[name].args.map((arg) => this.#lawfulArgument(arg)),
      ),
    };
  }

  /** A right header and the right count of arguments, of which at least one is not what the server expects. */
  mutated(): MadePacket {
    const isServers = this.#chance.oneIn(SERVER_TYPE_EVERY);
    const name = this.#chance.of(isServers ? SERVER_NAMES : REQUEST_NAMES);
    const { args } = PACKETS[name];
    const victim = this.#chance.below(args.length);
    const made: string[] = args.map((arg, index) => {
      const isLast = index === args.length - 1;
      return index === victim || this.#chance.oneIn(3) ? this.#mutatedArgument(arg, isLast) : this.#lawfulArgument(arg);
    });
    const bytes = made.reduce((sum, arg) => sum + arg.length + 1, 0);
    if (bytes > ARGUMENTS_BYTES_MAX) return this.mutated();
    return {
      name,
      bytes: encodePacket(name, args.length === 0 ? [this.#chance.bytes(this.#chance.of(LENGTHS), true)] : made),
    };
  }

  /** What must end the connection: too few arguments, arguments or a body over the limit, a bad header. */
  deadly(): Buffer {
    const chance = this.#chance;
    const name = chance.of(REQUEST_NAMES.filter((one) => PACKETS[one].args.length > 1));
    const kind = chance.below(6);
    if (kind === 0) return encodePacket(name, [chance.bytes(chance.of(LENGTHS), false)]);
    if (kind === 1) return encodePacket(name, [chance.bytes(9000, false), "", "", "", "", "", "", ""]);
    if (kind === 2) return encodePacket(String(43 + chance.below(1000)), ["x"]);
    if (kind === 3) return Buffer.from(`\0${chance.bytes(3, false)}${chance.bytes(20, true)}`, "latin1");
    const header = encodePacket("SUBMIT_JOB", []);
    header.writeUInt32BE(kind === 4 ? 0xffffffff : 65 * 1024 * 1024, 8);
    return header;
  }

  /** Anything: text lines, wrong magic, random bytes, the first half of something. The connection may or may not end. */
  noise(): Buffer {
    const chance = this.#chance;
    const kind = chance.below(6);
    if (kind === 0) return Buffer.from(chance.bytes(chance.of(LENGTHS), true), "latin1");
    if (kind === 1) {
      const packet = this.lawful().bytes;
      packet.write("RES", 1, "latin1");
      return packet;
    }
    if (kind === 2) return this.mutated().bytes.subarray(0, 1 + chance.below(30));
    if (kind === 3) return Buffer.from(`${chance.bytes(9000, false).replaceAll("\n", " ")}\n`, "latin1");
    const words = Array.from({ length: 1 + chance.below(6) }, () => this.#word());
    return Buffer.from(`${words.join(" ")}${chance.oneIn(2) ? "\r" : ""}\n`, "latin1");
  }

  #word(): string {
    if (this.#chance.oneIn(5)) return this.#chance.of(NUMBERS);
    if (this.#chance.oneIn(5)) return `noise-${this.#chance.below(50)}`;
    return this.#chance.oneIn(6) ? this.#handle() : this.#chance.of(TEXT_WORDS);
  }

  #lawfulArgument(arg: string): string {
    const chance = this.#chance;
    if (arg === "function" || arg === "reducer" || arg === "aggregator") return chance.of(FUNCTIONS);
    if (arg === "unique") return chance.of(UNIQUES);
    if (arg === "handle") return this.#handle();
    if (arg === "option") return "exceptions";
    if (arg === "id") return `id-${chance.below(100)}`;
    if (arg === "epoch") return String(chance.oneIn(2) ? 1 : Math.floor(Date.now() / 1000) + chance.below(3));
    if (arg === "workload" || arg === "data") return chance.bytes(chance.below(WORKLOAD_BYTES_MAX), true);
    return String(chance.below(5000));
  }

  #mutatedArgument(arg: string, isLast: boolean): string {
    const chance = this.#chance;
    if (arg === "function") return chance.of(this.#mutatedNames);
    const kind = chance.below(4);
    if (kind === 0) return chance.of(NUMBERS);
    const lawful = this.#lawfulArgument(arg).replaceAll("\0", isLast ? "\0" : "0");
    if (kind === 1 && lawful.length > 0) {
      const at = chance.below(lawful.length);
      return `${lawful.slice(0, at)}${chance.bytes(1, false)}${lawful.slice(at + 1)}`;
    }
    if (kind === 2) return lawful + lawful;
    return chance.bytes(chance.of(LENGTHS), isLast);
  }
}
