/** A worker of the soak: completes most jobs, fails some, and forgets a few until their time is over. */
import { PACKETS } from "../../src/protocol/packets.ts";
import type { Chance } from "../fuzz/chance.ts";
import { SoakLine } from "./soak-line.ts";

/** One job in so many is forgotten by a worker with a timeout. */
const FORGET_EVERY = 2_000;
const FAIL_EVERY = 100;
const EXCEPTION_EVERY = 200;
const TALK_EVERY = 50;
const TIMEOUT_MS = 1_000;

const { NOOP, NO_JOB, JOB_ASSIGN, JOB_ASSIGN_UNIQ, JOB_ASSIGN_ALL } = PACKETS;
const GRABS = ["GRAB_JOB", "GRAB_JOB_UNIQ", "GRAB_JOB_ALL"] as const;

/** What all workers have done so far. */
export interface WorkCounts {
  worked: number;
  forgotten: number;
  failed: number;
}

/** What a worker is made of. */
export interface SoakWorkerOptions {
  readonly port: number;
  readonly functions: readonly string[];
  readonly hasTimeout: boolean;
  /** GRAB_JOBs that it sends before it has an answer, at least 1. */
  readonly grabsAhead: number;
  readonly chance: Chance;
  readonly counts: WorkCounts;
  /** The server closed its connection. */
  readonly lost: () => void;
}

/** One worker on one connection. */
export class SoakWorker {
  readonly #line: SoakLine;
  readonly #options: SoakWorkerOptions;
  readonly #grab: (typeof GRABS)[number];
  /** GRAB_JOBs without an answer. */
  #asked = 0;

  constructor(options: SoakWorkerOptions) {
    this.#options = options;
    this.#grab = options.chance.of(GRABS);
    this.#line = new SoakLine(options.port, {
      packet: (type, body) => this.#take(type, body),
      text: () => {},
      lost: options.lost,
    });
    for (const name of options.functions) {
      if (options.hasTimeout) this.#line.send("CAN_DO_TIMEOUT", name, String(TIMEOUT_MS));
      else this.#line.send("CAN_DO", name);
    }
    this.#ask();
  }

  /** Dies with whatever it has in hand. */
  destroy(): void {
    this.#line.destroy();
  }

  /** Asks for as many jobs at once as this worker does. */
  #ask(): void {
    while (this.#asked < this.#options.grabsAhead) {
      this.#asked += 1;
      this.#line.send(this.#grab);
    }
  }

  #take(type: number, body: Buffer): void {
    if (type === NOOP.type) this.#ask();
    else if (type === NO_JOB.type) {
      this.#asked -= 1;
      if (this.#asked === 0) this.#line.send("PRE_SLEEP");
    } else if (type === JOB_ASSIGN.type || type === JOB_ASSIGN_UNIQ.type || type === JOB_ASSIGN_ALL.type)
      this.#work(body);
  }

  #work(body: Buffer): void {
    const { chance, counts, hasTimeout } = this.#options;
    const handle = body.toString("latin1", 0, body.indexOf(0));
    const line = this.#line;
    this.#asked -= 1;
    if (hasTimeout && chance.oneIn(FORGET_EVERY)) {
      counts.forgotten += 1;
      this.#ask();
      return;
    }
    if (chance.oneIn(TALK_EVERY)) {
      line.send("WORK_DATA", handle, "some data");
      line.send("WORK_STATUS", handle, "1", "2");
      line.send("WORK_WARNING", handle, "a warning");
    }
    counts.worked += 1;
    if (chance.oneIn(FAIL_EVERY)) {
      counts.failed += 1;
      line.send("WORK_FAIL", handle);
    } else if (chance.oneIn(EXCEPTION_EVERY)) {
      counts.failed += 1;
      line.send("WORK_EXCEPTION", handle, "an exception");
    } else line.send("WORK_COMPLETE", handle, "the result");
    this.#ask();
  }
}
