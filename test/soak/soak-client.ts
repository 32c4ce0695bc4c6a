/** A client of the soak: submits every kind of job, and counts what must still come of them. */
import { PACKETS, type PacketName } from "../../src/protocol/packets.ts";
import type { Chance } from "../fuzz/chance.ts";
import { SoakLine } from "./soak-line.ts";

/** Submits without JOB_CREATED, and foreground jobs without an end, that a client may have at once. */
const OPEN_MAX = 400;
/** Uniques of which jobs join each other. */
const UNIQUES = 60;
const UNIQUE_EVERY = 5;
const DASH_EVERY = 50;
/** One background job in so many is cancelled at once. */
const CANCEL_EVERY = 50;
const EPOCH_AHEAD_SECONDS = 2;

const WORKLOAD = "sixty-four bytes of work ".padEnd(64, ".");
const { JOB_CREATED, WORK_COMPLETE, WORK_FAIL, ERROR } = PACKETS;

/** Kinds of submit; each stands as often as it is wanted in a hundred. */
const KINDS: readonly PacketName[] = (
  [
    ["SUBMIT_JOB", 40],
    ["SUBMIT_JOB_HIGH", 10],
    ["SUBMIT_JOB_LOW", 10],
    ["SUBMIT_JOB_BG", 20],
    ["SUBMIT_JOB_HIGH_BG", 7],
    ["SUBMIT_JOB_LOW_BG", 7],
    ["SUBMIT_JOB_EPOCH", 2],
    ["SUBMIT_REDUCE_JOB", 2],
    ["SUBMIT_REDUCE_JOB_BACKGROUND", 2],
  ] as const
).flatMap(([name, count]) => Array<PacketName>(count).fill(name));

const FOREGROUND: ReadonlySet<PacketName> = new Set([
  "SUBMIT_JOB",
  "SUBMIT_JOB_HIGH",
  "SUBMIT_JOB_LOW",
  "SUBMIT_REDUCE_JOB",
] as const);

/** What all clients have done so far. */
export interface SubmitCounts {
  submitted: number;
  cancelled: number;
  errors: number;
}

/** What a client is made of. */
export interface SoakClientOptions {
  readonly port: number;
  readonly functions: readonly string[];
  readonly chance: Chance;
  readonly counts: SubmitCounts;
  /** Whether one more job may be submitted now. */
  readonly maySubmit: () => boolean;
  /** The server closed its connection. */
  readonly lost: () => void;
}

/** One client on one connection. */
export class SoakClient {
  readonly #line: SoakLine;
  readonly #options: SoakClientOptions;
  /** Submits that wait for JOB_CREATED, in order: true for foreground. */
  #created: boolean[] = [];
  #createdFrom = 0;
  /** Foreground jobs that have not ended. */
  #openCount = 0;

  constructor(options: SoakClientOptions) {
    this.#options = options;
    this.#line = new SoakLine(options.port, {
      packet: (type, body) => this.#take(type, body),
      text: () => {},
      lost: options.lost,
    });
    this.submit();
  }

  /** Submits and foreground jobs of which something must still come. */
  get openCount(): number {
    return this.#openCount + this.#created.length - this.#createdFrom;
  }

  /** Leaves without waiting for anything. */
  destroy(): void {
    this.#line.destroy();
  }

  /** Submits as many jobs as it may. */
  submit(): void {
    while (this.openCount < OPEN_MAX && this.#options.maySubmit()) this.#one();
  }

  #one(): void {
    const { chance, functions, counts } = this.#options;
    const kind = chance.of(KINDS);
    let functionName = chance.of(functions);
    let unique = "";
    if (chance.oneIn(UNIQUE_EVERY)) {
      const number = chance.below(UNIQUES);
      unique = `unique-${number}`;
      functionName = functions[number] ?? functionName;
    } else if (chance.oneIn(DASH_EVERY)) unique = "-";
    counts.submitted += 1;
    if (kind === "SUBMIT_JOB_EPOCH") {
      const dueAt = Math.floor(Date.now() / 1000) + chance.below(EPOCH_AHEAD_SECONDS + 1);
      this.#line.send(kind, functionName, unique, String(dueAt), WORKLOAD);
    } else if (kind === "SUBMIT_REDUCE_JOB" || kind === "SUBMIT_REDUCE_JOB_BACKGROUND") {
      this.#line.send(kind, functionName, unique, "reducer", "", WORKLOAD);
    } else this.#line.send(kind, functionName, unique, WORKLOAD);
    this.#created.push(FOREGROUND.has(kind));
  }

  #take(type: number, body: Buffer): void {
    if (type === JOB_CREATED.type) this.#wasCreated(body);
    else if (type === WORK_COMPLETE.type || type === WORK_FAIL.type) this.#openCount -= 1;
    else if (type === ERROR.type) {
      this.#options.counts.errors += 1;
      this.#createdFrom += 1;
    } else return;
    this.submit();
  }

  #wasCreated(body: Buffer): void {
    const isForeground = this.#created[this.#createdFrom] === true;
    this.#createdFrom += 1;
    if (this.#createdFrom > OPEN_MAX) {
      this.#created = this.#created.slice(this.#createdFrom);
      this.#createdFrom = 0;
    }
    if (isForeground) this.#openCount += 1;
    else if (this.#options.chance.oneIn(CANCEL_EVERY)) {
      this.#options.counts.cancelled += 1;
      this.#line.sendText(`cancel job ${body.toString("latin1")}`);
    }
  }
}
