/** A load between two relays that lose its connections at random moments. */
import type { ServerOrder } from "../../src/index.ts";
import { Chance } from "../fuzz/chance.ts";
import { type ServerOptions, type ServerProcess, startServer } from "../harness/server-process.ts";
import { pause, until } from "../harness/until.ts";
import { Wire } from "../harness/wire.ts";
import { ChaosRelay, WAYS, type Way } from "./chaos-relay.ts";
import { FUNCTION_NAME, type LoadKind } from "./job-spec.ts";
import { LoadProcess } from "./load-process.ts";
import type { LoadReport } from "./tally.ts";
import { shortfalls } from "./verdict.ts";

/** What is played. */
export interface LossesOptions {
  /** What runs the load's program, and its path. */
  readonly command: readonly string[];
  readonly server: ServerOptions;
  readonly seed: number;
  readonly kind: LoadKind;
  /** Jobs that must end, calls that must be aborted, calls that must be timed out: half of them before anything is lost. */
  readonly goals: { readonly settled: number; readonly aborted: number; readonly timedOut: number };
  /** Connections that are lost. */
  readonly losses: number;
  /** One call in so many is given up. */
  readonly giveUpOneIn: number;
  /** Longest time between two losses, ms. */
  readonly lossEveryMs: number;
  /** How long a call may hang, and a worker be away, once nothing is lost any more, ms; default 20,000. */
  readonly hangLimitMs?: number;
}

/** What was seen. */
export interface LossesReport {
  readonly report: LoadReport;
  readonly losses: Readonly<Record<Way | "all at once", number>>;
  readonly lossCount: number;
  /** What is not as it must be. */
  readonly shortfalls: readonly string[];
  /** Reports of the phases in turn, for a look at memory. */
  readonly phases: readonly LoadReport[];
}

const ORDERS: readonly ServerOrder[] = ["listed", "rotate"];
const CONCURRENCIES: readonly number[] = [1, 64];
const CALLS_AT_ONCE = 40;
/** Once in so many losses all connections of a relay are lost and it refuses new ones for a while. */
const SHUT_ONE_IN = 20;
const SHUT_MS_MAX = 300;
const HANG_LIMIT_MS = 20_000;

/** How many workers a server says it has for the function of the load. */
async function workerCount(server: ServerProcess): Promise<number> {
  await using admin = await Wire.connect(server);
  const row = (await admin.ask("status")).split("\n").find((line) => line.startsWith(`${FUNCTION_NAME}\t`));
  return Number(row?.split("\t")[3] ?? 0);
}

/** One play. */
export class LossesRun {
  readonly #options: LossesOptions;
  readonly #chance: Chance;
  readonly #losses: Record<Way | "all at once", number>;
  #lossCount = 0;

  constructor(options: LossesOptions) {
    this.#options = options;
    this.#chance = new Chance(options.seed);
    const none = Object.fromEntries(WAYS.map((way) => [way, 0])) as Record<Way, number>;
    this.#losses = { ...none, "all at once": 0 };
  }

  /** Plays calm, with losses, and calm again. */
  async run(): Promise<LossesReport> {
    const { command, server, seed, kind, goals, giveUpOneIn, hangLimitMs = HANG_LIMIT_MS } = this.#options;
    await using one = await startServer(server);
    await using two = await startServer(server);
    const servers = [one, two];
    await using first = await new ChaosRelay(one.port, this.#chance.fork()).open();
    await using second = await new ChaosRelay(two.port, this.#chance.fork()).open();
    const relays = [first, second];
    await using load = new LoadProcess(command, {
      servers: relays.map(({ address }) => address),
      seed,
      kind,
      orders: ORDERS,
      concurrencies: CONCURRENCIES,
      callsAtOnce: CALLS_AT_ONCE,
      giveUpOneIn,
      keepsDeadUniques: server.form === "real",
      hangLimitMs,
    });
    const [settled, aborted, timedOut] = [goals.settled / 2, goals.aborted / 2, goals.timedOut / 2];
    const phases = [await load.play({ isCalm: true, goals: { settled, aborted, timedOut }, isEndless: false })];
    const stormy = load.play({ isCalm: false, goals, isEndless: true });
    await Promise.race([this.#lose(relays), stormy]);
    load.enough();
    phases.push(await stormy);
    const unregistered = await notRegistered(servers, hangLimitMs);
    const { report, end } = await load.close();
    phases.push(report);
    const found = [...shortfalls(report, end), ...unregistered, ...this.#missed(report)];
    const left = relays.reduce((sum, { connectionCount }) => sum + connectionCount, 0);
    if (left > 0) found.push(`${left} connections are left`);
    return { report, losses: this.#losses, lossCount: this.#lossCount, shortfalls: found, phases };
  }

  /** A play that did not do what it was for shows nothing. */
  #missed(report: LoadReport): readonly string[] {
    const { goals, losses } = this.#options;
    const found: string[] = [];
    for (const name of ["settled", "aborted", "timedOut"] as const) {
      if (report[name] < goals[name]) found.push(`only ${report[name]} of ${goals[name]} calls are ${name}`);
    }
    if (this.#lossCount < losses) found.push(`only ${this.#lossCount} of ${losses} connections were lost`);
    return found;
  }

  async #lose(relays: readonly ChaosRelay[]): Promise<void> {
    while (this.#lossCount < this.#options.losses) {
      await pause(this.#chance.below(this.#options.lossEveryMs));
      const relay = this.#chance.of(relays);
      // The first loss leaves no server, so that every play has calls that wait for one.
      const isFirst = this.#lossCount === 0;
      if (isFirst || this.#chance.oneIn(SHUT_ONE_IN)) {
        const shut = isFirst || this.#chance.oneIn(2) ? relays : [relay];
        for (const one of shut) this.#count("all at once", await one.shut());
        await pause(isFirst ? SHUT_MS_MAX : this.#chance.below(SHUT_MS_MAX));
        for (const one of shut) await one.open();
      } else {
        const way = relay.lose();
        if (way !== undefined) this.#count(way, 1);
      }
    }
  }

  #count(way: Way | "all at once", count: number): void {
    this.#losses[way] += count;
    this.#lossCount += count;
  }
}

/** Which servers do not have all workers back, in words. */
export async function notRegistered(
  servers: readonly ServerProcess[],
  limitMs: number = HANG_LIMIT_MS,
): Promise<readonly string[]> {
  const found: string[] = [];
  for (const [index, server] of servers.entries()) {
    const what = `server ${index + 1} has its ${CONCURRENCIES.length} workers again`;
    const isThere = async (): Promise<boolean> => (await workerCount(server)) === CONCURRENCIES.length;
    await until(isThere, { what, limitMs }).catch((error: Error) => found.push(error.message));
  }
  return found;
}
