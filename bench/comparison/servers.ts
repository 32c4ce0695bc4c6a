/** The comparison of job servers: one round of all loads on one server. */

import type { Board } from "../board.ts";
import { LoadGenerator } from "../generator.ts";
import { isInstalled, SERVERS, type ServerName, startNamed } from "../servers.ts";
import { attempt, noteLatencies } from "./attempt.ts";
import { isPeerInstalled } from "./npm-peers.ts";
import { ECHO_SHAPES } from "./rows.ts";
import { bullmqLoads, generatedLoads, type ServerLoads } from "./server-loads.ts";

/** The servers in the order of their columns. */
export const SERVER_COLUMNS: readonly ServerName[] = [
  "ours-bun",
  "ours-node",
  "gearmand-t0",
  "gearmand-t4",
  "perl-server",
  "beanstalkd",
  "redis",
];

/** Queued at once where there is time for it. */
const QUEUED_JOBS = 500_000;
const WARM_UP_JOBS = 20_000;
const IDLE_WORKERS = 1_000;
const MEGABYTE = 1e6;
/** Part of a load's time that goes before the first one and is not counted. */
const WARM_SHARE = 0.3;

/** What a round needs. */
export interface ServerRound {
  readonly board: Board;
  /** Of each load. */
  readonly seconds: number;
  readonly say: (line: string) => void;
}

/** Runs rounds of the comparison; dispose it to remove what it compiled. */
export class ServerComparison implements Disposable {
  readonly #gearbench = new LoadGenerator("gearbench");
  readonly #beanstalkbench = new LoadGenerator("beanstalkbench");

  /** Why a column must be left out; undefined where it need not. */
  missing(name: ServerName): string | undefined {
    if (!isInstalled(name)) return `not installed (${SERVERS[name].debianPackage ?? "a runtime that npm ci brings"})`;
    const hasClient = name !== "redis" || (isPeerInstalled("bullmq") && isPeerInstalled("ioredis"));
    return hasClient ? undefined : "bullmq could not be installed from npm";
  }

  #loadsOf(name: ServerName): ServerLoads {
    if (name === "redis") return bullmqLoads();
    return generatedLoads(name === "beanstalkd" ? this.#beanstalkbench : this.#gearbench);
  }

  /** All loads on two new processes of the server. */
  async round(name: ServerName, round: ServerRound): Promise<void> {
    await this.#requests(name, round);
    await this.#queue(name, round);
  }

  /** Requests and responses, after a warm-up. */
  async #requests(name: ServerName, round: ServerRound): Promise<void> {
    const { board, seconds } = round;
    const loads = this.#loadsOf(name);
    await using server = await startNamed(name);
    const [, warm] = ECHO_SHAPES;
    if (warm !== undefined) await loads.echo(server.port, warm, seconds * WARM_SHARE).catch(() => {});
    for (const shape of ECHO_SHAPES) {
      const cell = { ...round, measure: shape.measure, column: name, title: SERVERS[name].title };
      const result = await attempt(cell, () => loads.echo(server.port, shape, seconds));
      noteLatencies(board, shape.measure, name, result);
    }
  }

  /** Idle workers, queued jobs and their drain. */
  async #queue(name: ServerName, round: ServerRound): Promise<void> {
    const { board, seconds } = round;
    const loads = this.#loadsOf(name);
    const cell = { ...round, column: name, title: SERVERS[name].title };
    await using server = await startNamed(name);
    const { port } = server;
    const startBytes = server.rssBytes();
    const held = await loads.idle(port, IDLE_WORKERS).catch((error: unknown) => {
      board.addNote(`${cell.title}: ${IDLE_WORKERS} idle workers: ${String(error)}`);
    });
    if (held !== undefined) {
      board.add("idleMegabytes", name, server.rssBytes() / MEGABYTE);
      await held.release().catch(() => {});
    }
    const warmUp = { jobs: WARM_UP_JOBS, seconds: seconds * WARM_SHARE };
    await loads.submit(port, warmUp).catch(() => {});
    await loads.drain(port, warmUp).catch(() => {});
    const queued = { jobs: QUEUED_JOBS, seconds };
    const submitted = await attempt({ ...cell, measure: "submit" }, () => loads.submit(port, queued));
    if (submitted === undefined) return;
    board.add("bytesPerJob", name, (server.rssBytes() - startBytes) / submitted.count);
    const amount = { jobs: submitted.count, seconds };
    await attempt({ ...cell, measure: "drain" }, () => loads.drain(port, amount));
  }

  [Symbol.dispose](): void {
    this.#gearbench[Symbol.dispose]();
    this.#beanstalkbench[Symbol.dispose]();
  }
}
