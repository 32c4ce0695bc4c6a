/** A client that sends requests at random and checks that replies come in their order, and a worker that keeps count. */
import type { PacketName } from "../../src/protocol/packets.ts";
import { pause } from "../harness/until.ts";
import type { Wire } from "../harness/wire.ts";
import { encodePacket, splitArguments, type WirePacket } from "../harness/wire-bytes.ts";

/** Functions that the players use. */
const FUNCTIONS: readonly string[] = ["f", "g"];
const UNIQUES = ["", "", "", "u1", "u2", "-"];
const SUBMITS: readonly PacketName[] = ["SUBMIT_JOB_BG", "SUBMIT_JOB_HIGH_BG", "SUBMIT_JOB_LOW_BG", "SUBMIT_JOB"];
const QUIET_LIMIT_MS = 10_000;

/** What the next reply must be. */
type Expected =
  | { readonly kind: "exactly"; readonly name: PacketName; readonly args: readonly string[] }
  | { readonly kind: "created"; readonly workload: string; readonly isForeground: boolean };

/** One connection that submits and asks; throws as soon as a reply is not the one that is due. */
export class PlayingClient {
  /** Handles that JOB_CREATED named, with how often a foreground submit got them. */
  readonly created = new Map<string, number>();
  /** Workloads of submits that were answered with ERROR. */
  readonly refusedWorkloads: string[] = [];
  /** WORK_COMPLETEs by handle. */
  readonly completes = new Map<string, number>();
  readonly #wire: Wire;
  readonly #name: string;
  readonly #random: () => number;
  readonly #expected: Expected[] = [];
  /** How far each job's packets have come: data "1", data "2", complete. */
  readonly #stages = new Map<string, number>();

  constructor(wire: Wire, name: string, random: () => number) {
    this.#wire = wire;
    this.#name = name;
    this.#random = random;
  }

  /** Replies that are still due. */
  get dueCount(): number {
    return this.#expected.length;
  }

  /** Foreground submits that were acknowledged and whose WORK_COMPLETE is still due. */
  get openCount(): number {
    let count = 0;
    for (const [handle, times] of this.created) count += times - (this.completes.get(handle) ?? 0);
    return count;
  }

  /** Sends `count` requests, some at once, some later. */
  async send(count: number): Promise<void> {
    for (let number = 0; number < count; number += 1) {
      this.#wire.write(this.#request(`${this.#name}.${number}`));
      if (this.#random() < 0.3) await pause(this.#random() * 3);
    }
  }

  /** Reads until every reply that is due has come, and every job that it watches is over. */
  async settle(): Promise<void> {
    while (this.dueCount > 0 || this.openCount > 0) await this.readOne();
  }

  /** Reads one packet and checks it. */
  async readOne(): Promise<void> {
    const item = await this.#wire.next(QUIET_LIMIT_MS);
    if (item.kind !== "packet") throw new Error(`${this.#name}: ${item.kind} came, ${this.dueCount} replies are due`);
    if (item.name.startsWith("WORK_")) this.#takeWork(item);
    else this.#takeReply(item);
  }

  #request(mark: string): Buffer {
    const choice = this.#random();
    const pick = <Value>(values: readonly Value[]) => values[Math.floor(this.#random() * values.length)] as Value;
    if (choice < 0.6) {
      const name = pick(SUBMITS);
      this.#expected.push({ kind: "created", workload: mark, isForeground: name === "SUBMIT_JOB" });
      return encodePacket(name, [pick(FUNCTIONS), pick(UNIQUES), mark]);
    }
    if (choice < 0.8) return this.#exactly("ECHO_REQ", [mark], { name: "ECHO_RES", args: [mark] });
    const zeros = ["0", "0", "0", "0"];
    if (choice < 0.95) return this.#exactly("GET_STATUS", [mark], { name: "STATUS_RES", args: [mark, ...zeros] });
    return this.#exactly("OPTION_REQ", ["exceptions"], { name: "OPTION_RES", args: ["exceptions"] });
  }

  #exactly(name: PacketName, args: string[], reply: { name: PacketName; args: string[] }): Buffer {
    this.#expected.push({ kind: "exactly", ...reply });
    return encodePacket(name, args);
  }

  #takeReply(packet: WirePacket): void {
    const due = this.#expected.shift();
    const args = splitArguments(packet);
    const got = `${packet.name} ${args.join(" ")}`;
    if (due === undefined) throw new Error(`${this.#name}: nothing was due, ${got} came`);
    if (due.kind === "exactly") {
      const wanted = `${due.name} ${due.args.join(" ")}`;
      if (got !== wanted) throw new Error(`${this.#name}: ${wanted} was due, ${got} came`);
      return;
    }
    const [handle = ""] = args;
    if (packet.name === "ERROR" && handle === "QUEUE_ERROR") this.refusedWorkloads.push(due.workload);
    else if (packet.name !== "JOB_CREATED") throw new Error(`${this.#name}: JOB_CREATED was due, ${got} came`);
    else this.created.set(handle, (this.created.get(handle) ?? 0) + (due.isForeground ? 1 : 0));
  }

  #takeWork(packet: WirePacket): void {
    const [handle = "", data = ""] = splitArguments(packet);
    if (!this.created.has(handle)) throw new Error(`${this.#name}: ${packet.name} of ${handle} before its JOB_CREATED`);
    const stage = packet.name === "WORK_COMPLETE" ? 3 : Number(data);
    if (stage < (this.#stages.get(handle) ?? 0))
      throw new Error(`${this.#name}: ${packet.name} of ${handle} came late`);
    this.#stages.set(handle, stage);
    if (stage === 3) this.completes.set(handle, (this.completes.get(handle) ?? 0) + 1);
  }
}

/** A healthy worker: runs every job at once, with two pieces of data. */
export class PlayingWorker {
  /** How often it ran each handle. */
  readonly runs = new Map<string, number>();
  readonly workloads: string[] = [];
  readonly #wire: Wire;

  constructor(wire: Wire) {
    this.#wire = wire;
  }

  /** Works until the connection ends. */
  async work(): Promise<void> {
    for (const name of FUNCTIONS) this.#wire.send("CAN_DO", name);
    this.#wire.send("GRAB_JOB");
    for (;;) {
      const item = await this.#wire.next(2 * QUIET_LIMIT_MS);
      if (item.kind !== "packet") return;
      if (item.name === "NO_JOB") this.#wire.send("PRE_SLEEP");
      else if (item.name === "NOOP") this.#wire.send("GRAB_JOB");
      else if (item.name === "JOB_ASSIGN") this.#run(splitArguments(item));
      else throw new Error(`a worker got ${item.name}`);
    }
  }

  #run([handle = "", , workload = ""]: string[]): void {
    this.runs.set(handle, (this.runs.get(handle) ?? 0) + 1);
    this.workloads.push(workload);
    this.#wire.sendTogether(["WORK_DATA", handle, "1"], ["WORK_DATA", handle, "2"]);
    this.#wire.sendTogether(["WORK_COMPLETE", handle, workload], ["GRAB_JOB"]);
  }
}
