/** The calls of one client of a load: of every kind, given up at random, each checked to hear of its own job and of no other. */
import { type Client, GearError, type JobOptions, type Update } from "../../src/index.ts";
import type { Chance } from "../fuzz/chance.ts";
import { drawGiveUp, type GiveUp } from "./give-up.ts";
import { drawSpec, FUNCTION_NAME, type JobSpec, type LoadKind, resultOf, wordOf, workloadOf } from "./job-spec.ts";
import type { RunCounts } from "./load-worker.ts";
import type { CallState, Tally } from "./tally.ts";

/** What a caller is made with. */
export interface CallerOptions {
  readonly name: string;
  readonly client: Client;
  /** The client is closed while calls go on, which may therefore end with CLOSED. */
  readonly isVisitor: boolean;
  readonly kind: LoadKind;
  readonly tally: Tally;
  readonly runs: RunCounts;
  readonly chance: Chance;
  /** One call in so many is given up. */
  readonly giveUpOneIn: number;
  /** As in LoadOptions. */
  readonly keepsDeadUniques: boolean;
  /** A signal that never aborts. */
  readonly signal: AbortSignal;
  /** The number of the next job, for all callers of the load. */
  readonly nextNumber: () => number;
  /** Whether the client has a connection. */
  readonly hasServer: () => boolean;
}

/** What may happen to a call besides its job's end. */
interface Lawful {
  readonly spec: JobSpec;
  readonly giveUp: GiveUp;
  /** Codes with which it may fail while connections are lost. */
  readonly codes?: readonly string[];
}

/** A call that goes on. */
export interface OpenCall {
  readonly name: string;
  state: CallState;
  /** What its job has told since it was last submitted. */
  words: number;
  isOver: boolean;
}

const QUESTION_CODES: readonly string[] = ["CONNECTION_LOST", "NO_SERVER"];
const MAP_ITEMS = 12;
const MAP_IN_FLIGHT = 5;
const NOT: GiveUp = { kind: "not", options: {}, isAtOnce: false, arm: () => {}, lift: () => {} };

/** Makes calls, one at a time for each `callOnce` that runs. */
export class Caller {
  readonly open = new Set<OpenCall>();
  /** Background jobs that were taken while no connection was lost, and that nobody may lose. */
  readonly promised: string[] = [];
  readonly #options: CallerOptions;
  readonly #client: Client;
  readonly #tally: Tally;
  readonly #chance: Chance;

  constructor(options: CallerOptions) {
    this.#options = options;
    this.#client = options.client;
    this.#tally = options.tally;
    this.#chance = options.chance;
  }

  /** Makes one call of a kind at random and resolves when it is over; never rejects. */
  async callOnce(): Promise<void> {
    const { kind, keepsDeadUniques } = this.#options;
    const draw = kind === "fast" ? 0 : this.#chance.below(20);
    if (draw < 8) await this.#run("run", {});
    else if (draw < 14) await this.#submit();
    else if (draw < 15) await this.#run("run once", { isResubmitting: false });
    else if (draw < 16 && (this.#tally.isCalm || !keepsDeadUniques)) await this.#pair();
    else if (draw < 17) await this.#background();
    else if (draw < 18) await this.#map();
    else if (draw < 19) await this.#ask();
    else await this.#echo();
  }

  #begin(name: string): OpenCall {
    const call: OpenCall = { name, state: "not taken", words: 0, isOver: false };
    this.open.add(call);
    return call;
  }

  #end(call: OpenCall): void {
    call.isOver = true;
    this.open.delete(call);
    this.#tally.counts.settled += 1;
  }

  #spec(prefix = ""): JobSpec {
    const id = `${prefix}${this.#options.nextNumber()}`;
    if (prefix === "") this.#options.runs.forget(id);
    return drawSpec(id, this.#options.kind, this.#chance);
  }

  #giveUp(): GiveUp {
    const { giveUpOneIn, signal } = this.#options;
    return drawGiveUp({ chance: this.#chance, oneIn: giveUpOneIn, signal });
  }

  /** Hears updates, and that they are the job's own, each once and in order. */
  #hear(call: OpenCall, spec: JobSpec): (update: Update) => void {
    const { name } = this.#options;
    return (update) => {
      if (call.isOver) this.#tally.fault("twice", `${call.name} ${spec.id}: ${update.kind} after its end`);
      if (update.kind === "resubmitted") {
        this.#tally.counts.resubmitted += 1;
        this.#tally.took(name, update.server);
        if (this.#tally.isCalm) this.#tally.fault("twice", `${spec.id} was submitted again although nothing was lost`);
        return;
      }
      call.state = "running";
      if (update.kind !== "data") return;
      const word = Buffer.from(update.data).toString();
      if (!word.endsWith(` of ${spec.id}.`)) this.#tally.fault("wrong", `${spec.id} heard: ${word}`);
      if (this.#tally.isCalm && word !== wordOf(spec, call.words)) {
        this.#tally.fault("twice", `${spec.id} heard its word ${call.words} as: ${word}`);
      }
      call.words += 1;
    };
  }

  /** Judges how a call ended; true: with its result. */
  async #judge(call: OpenCall, made: Promise<unknown>, lawful: Lawful): Promise<boolean> {
    const { spec, giveUp } = lawful;
    const wasCalm = this.#tally.isCalm;
    let hasResult = false;
    try {
      this.#succeeded(spec, await made);
      hasResult = true;
      if (wasCalm && this.#tally.isCalm && call.words < spec.updates && !spec.id.startsWith("p")) {
        this.#tally.fault("missing", `${spec.id} heard ${call.words} of ${spec.updates} words`);
      }
    } catch (error) {
      this.#failed(call, error, lawful);
    }
    giveUp.lift();
    return hasResult;
  }

  #succeeded(spec: JobSpec, result: unknown): void {
    const isRight = spec.end === "ok" && result instanceof Uint8Array && resultOf(spec).equals(result);
    if (isRight) this.#tally.counts.done += 1;
    else {
      const text = result instanceof Uint8Array ? Buffer.from(result).toString("latin1", 0, 40) : String(result);
      this.#tally.fault("wrong", `${spec.id} (${spec.end}) ended with the result ${JSON.stringify(text)}`);
    }
  }

  #failed(call: OpenCall, error: unknown, { spec, giveUp, codes = [] }: Lawful): void {
    const tally = this.#tally;
    const code = error instanceof GearError ? error.code : "";
    const isGivenUp =
      (code === "ABORTED" && giveUp.kind === "abort") || (code === "TIMED_OUT" && giveUp.kind === "timeout");
    if (isGivenUp) {
      const lost = call.state === "not taken" && !this.#options.hasServer() ? "no server" : call.state;
      tally.givenUp[giveUp.isAtOnce ? "at once" : lost] += 1;
      if (code === "ABORTED") tally.counts.aborted += 1;
      else tally.counts.timedOut += 1;
    } else if (code === "JOB_FAILED" && spec.end === "fail") tally.counts.done += 1;
    else if (code === "JOB_EXCEPTION" && spec.end === "throw") {
      if (String(error).includes(wordOf(spec, "exception"))) tally.counts.done += 1;
      else tally.fault("wrong", `${spec.id} heard the exception ${String(error)}`);
    } else if (code === "CLOSED" && this.#options.isVisitor) tally.counts.closed += 1;
    else if (codes.includes(code) && !tally.isCalm) tally.counts.outcomeUnknown += 1;
    else tally.fault("unexpected", `${call.name} ${spec.id} (${spec.end}): ${code} ${String(error)}`);
  }

  async #run(name: string, more: JobOptions): Promise<void> {
    const [call, spec, giveUp] = [this.#begin(name), this.#spec(), this.#giveUp()];
    const options = { ...giveUp.options, ...more, onUpdate: this.#hear(call, spec) };
    const made = this.#client.run(FUNCTION_NAME, workloadOf(spec), options);
    giveUp.arm();
    await this.#judge(call, made, {
      spec,
      giveUp,
      codes: more.isResubmitting === false ? ["CONNECTION_LOST"] : [],
    });
    this.#end(call);
  }

  /** Waits for the handle, reads the updates beside, and for the result. */
  async #submit(): Promise<void> {
    const [call, spec, giveUp] = [this.#begin("submit"), this.#spec(), this.#giveUp()];
    const made = this.#client.submit(FUNCTION_NAME, workloadOf(spec), giveUp.options);
    giveUp.arm();
    const whole = async (): Promise<Uint8Array> => {
      const job = await made;
      call.state = "taken";
      this.#tally.took(this.#options.name, job.server);
      const hear = this.#hear(call, spec);
      for await (const update of job.updates()) hear(update);
      return await job.result;
    };
    await this.#judge(call, whole(), { spec, giveUp });
    this.#end(call);
  }

  /** Two jobs of one unique at once, which are one for the server: both hear of it. */
  async #pair(): Promise<void> {
    const spec = { ...this.#spec("p"), updates: 0 };
    const one = async (): Promise<void> => {
      const [call, giveUp] = [this.#begin("one of two"), this.#giveUp()];
      const options = { ...giveUp.options, unique: `pair-${spec.id}` };
      const made = this.#client.run(FUNCTION_NAME, workloadOf(spec), options);
      giveUp.arm();
      await this.#judge(call, made, { spec, giveUp });
      this.#end(call);
    };
    await Promise.all([one(), one()]);
  }

  async #background(): Promise<void> {
    const [call, giveUp] = [this.#begin("background"), this.#giveUp()];
    const spec: JobSpec = { ...this.#spec(), end: "ok", updates: 0 };
    const wasCalm = this.#tally.isCalm;
    const made = this.#client.submitBackground(FUNCTION_NAME, workloadOf(spec), giveUp.options).then((handle) => {
      if (wasCalm && handle !== "") this.promised.push(spec.id);
      return resultOf(spec);
    });
    giveUp.arm();
    await this.#judge(call, made, { spec, giveUp, codes: ["CONNECTION_LOST"] });
    this.#end(call);
  }

  /** Many jobs; their results come in order. The call ends as the first that does not end well. */
  async #map(): Promise<void> {
    const [call, giveUp] = [this.#begin("map"), this.#giveUp()];
    const specs = Array.from({ length: MAP_ITEMS }, () => ({ ...this.#spec(), updates: 0 }));
    const options = { ...giveUp.options, inFlightMax: MAP_IN_FLIGHT };
    const results = this.#client.map(FUNCTION_NAME, specs.map(workloadOf), options);
    const stopAt = this.#chance.oneIn(3) ? this.#chance.below(MAP_ITEMS) : MAP_ITEMS;
    giveUp.arm();
    for (const [index, spec] of specs.entries()) {
      const next = results.next().then(({ value }) => value);
      const hasResult = await this.#judge(call, next, { spec, giveUp: { ...giveUp, lift: () => {} } });
      if (index === stopAt || !hasResult) break;
    }
    await results.return?.();
    giveUp.lift();
    this.#end(call);
  }

  async #ask(): Promise<void> {
    const [call, giveUp] = [this.#begin("status"), this.#giveUp()];
    const spec = this.#spec("q");
    const made = this.#client.status(`H:nowhere:${spec.id}`, giveUp.options).then(({ isKnown }) => {
      return isKnown ? undefined : resultOf({ ...spec, end: "ok" });
    });
    giveUp.arm();
    await this.#judge(call, made, { spec: { ...spec, end: "ok", updates: 0 }, giveUp, codes: QUESTION_CODES });
    this.#end(call);
  }

  async #echo(): Promise<void> {
    const [call, giveUp] = [this.#begin("echo"), this.#giveUp()];
    const spec: JobSpec = { ...this.#spec("e"), end: "ok", updates: 0 };
    const made = this.#client.echo(resultOf(spec), giveUp.options);
    giveUp.arm();
    await this.#judge(call, made, { spec, giveUp, codes: QUESTION_CODES });
    this.#end(call);
  }

  /** A plain job that must end well. */
  async callLast(): Promise<void> {
    const [call, spec] = [this.#begin("the last"), this.#spec()];
    const plain: JobSpec = { ...spec, end: "ok", updates: 0 };
    const made = this.#client.run(FUNCTION_NAME, workloadOf(plain));
    await this.#judge(call, made, { spec: plain, giveUp: NOT });
    this.#end(call);
  }
}
