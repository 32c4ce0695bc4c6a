/** A load on servers that are killed and come back, straight, without a relay. */
import type { ServerOrder } from "../../src/index.ts";
import { Chance } from "../fuzz/chance.ts";
import type { ServerOptions } from "../harness/server-process.ts";
import { pause, until } from "../harness/until.ts";
import { LoadProcess } from "./load-process.ts";
import { notRegistered } from "./losses-run.ts";
import { ReturningServer } from "./returning-server.ts";
import type { LoadReport } from "./tally.ts";
import { shortfalls } from "./verdict.ts";

const CONCURRENCIES: readonly number[] = [1, 64];
const CALLS_AT_ONCE = 30;
/** One call in so many is given up. */
const HANG_LIMIT_MS = 20_000;
const GIVE_UP_ONE_IN = 10;
const WARM_UP_CALLS = 300;
/** Longest time between a server's return and its next death, and the other way round, ms. */
const ALIVE_MS_MAX = 700;
const DEAD_MS_MAX = 1_200;

/** What is played. */
export interface KillsOptions {
  /** What runs the load's program, and its path. */
  readonly command: readonly string[];
  readonly server: ServerOptions;
  readonly serverCount: number;
  readonly orders: readonly ServerOrder[];
  readonly seed: number;
}

/** Jobs that servers took, by number of the server. */
export type Taken = readonly number[];

/** Servers and a load, while they play. */
export class KillsRun {
  readonly servers: readonly ReturningServer[];
  readonly #load: LoadProcess;
  readonly #chance: Chance;

  private constructor(servers: readonly ReturningServer[], load: LoadProcess, seed: number) {
    this.servers = servers;
    this.#load = load;
    this.#chance = new Chance(seed);
  }

  /** Starts the servers and the load, lets `play` do with them what it wants, and resolves with what is not as it must be. */
  static async run(
    options: KillsOptions,
    play: (run: KillsRun) => Promise<void>,
  ): Promise<{ readonly report: LoadReport; readonly shortfalls: readonly string[] }> {
    const { command, server, serverCount, orders, seed } = options;
    await using stack = new AsyncDisposableStack();
    const servers: ReturningServer[] = [];
    for (let count = 0; count < serverCount; count += 1) {
      servers.push(stack.use(await ReturningServer.start(server)));
    }
    const load = stack.use(
      new LoadProcess(command, {
        servers: servers.map(({ address }) => address),
        seed,
        kind: "mixed",
        orders,
        concurrencies: CONCURRENCIES,
        callsAtOnce: CALLS_AT_ONCE,
        giveUpOneIn: GIVE_UP_ONE_IN,
        keepsDeadUniques: false,
        hangLimitMs: HANG_LIMIT_MS,
      }),
    );
    await load.play({ isCalm: true, goals: { settled: WARM_UP_CALLS }, isEndless: false });
    const stormy = load.play({ isCalm: false, goals: {}, isEndless: true });
    await Promise.race([play(new KillsRun(servers, load, seed)), stormy]);
    load.enough();
    await stormy;
    const unregistered = await notRegistered(servers.map(({ process }) => process));
    const { report, end } = await load.close();
    return { report, shortfalls: [...shortfalls(report, end), ...unregistered] };
  }

  /** Kills a server and lets it come back, `count` times; one at random each time. */
  async killAndReturn(count: number): Promise<void> {
    for (let kill = 0; kill < count; kill += 1) {
      const server = this.#chance.of(this.servers);
      await pause(this.#chance.below(ALIVE_MS_MAX));
      await server.kill();
      await pause(this.#chance.below(DEAD_MS_MAX));
      await server.comeBack();
      const unregistered = await notRegistered([server.process]);
      if (unregistered.length > 0) throw new Error(unregistered.join("; "));
    }
  }

  /** Jobs of a client that the servers have taken since the last time it was asked for. */
  async taken(client: ServerOrder): Promise<Taken> {
    const { taken } = await this.#load.look();
    return this.servers.map(({ address }) => taken[client]?.[address] ?? 0);
  }

  /** Resolves once a client's jobs go to these servers and to no others. */
  async goesTo(client: ServerOrder, wanted: readonly number[]): Promise<void> {
    let seen: Taken = [];
    const isSo = async (): Promise<boolean> => {
      seen = await this.taken(client);
      return seen.every((count, index) => (wanted.includes(index) ? count > 0 : count === 0));
    };
    const what = `jobs of ${client} go to ${wanted.map((index) => `server ${index + 1}`).join(" and ")} alone`;
    await until(isSo, { what }).catch((error: Error) => {
      throw new Error(`${error.message}; at last they went to: ${seen.join(", ")}`);
    });
    // What another server was sent before may be answered late.
    await this.nextServers(client, CALLS_AT_ONCE);
  }

  /** The servers to which the next `jobs` jobs of a client go. */
  async nextServers(client: ServerOrder, jobs: number): Promise<readonly number[]> {
    let sum: Taken = this.servers.map(() => 0);
    const look = async (): Promise<boolean> => {
      const more = await this.taken(client);
      sum = sum.map((count, index) => count + (more[index] ?? 0));
      return sum.reduce((one, other) => one + other, 0) >= jobs;
    };
    await until(look, { what: `${jobs} jobs of ${client} are taken` });
    return sum.flatMap((count, index) => (count > 0 ? [index] : []));
  }
}
