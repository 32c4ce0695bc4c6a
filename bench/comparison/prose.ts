/** What a report says of how its figures were made, and of what is not alike between the peers. */
import { NPM_PEERS } from "./npm-peers.ts";

/** Of the job servers. */
export const SERVER_PROSE: readonly string[] = [
  "Gearman's job servers get their load from `bench/generators/gearbench.c`: one thread, raw packets, clients and workers in one " +
    "process. gearmand runs with its defaults but for `-t` and `--backlog=4096`, the Perl server with its defaults, ours as a user " +
    "starts it with the store in memory. Requests and responses run on one process of the server, after a warm-up; idle workers, " +
    "submits and drain on another one. Memory per queued job is VmRSS when up to 500,000 jobs are queued less VmRSS at the start, " +
    "divided by the jobs: who accepted fewer in the time has its fixed growth divided by fewer. gearmand finds jobs in a hash " +
    "table of 991 buckets, so its drain gets slower the more are queued; jobs here have no unique.",
  "Not alike: **beanstalkd** has no request and response. Its clients put a job, a worker reserves it, puts the workload into the " +
    "client's own reply tube and deletes the job, and the client reserves and deletes that reply: twice the commands " +
    "(`bench/generators/beanstalkbench.c`). Its submit and drain are put, and reserve with delete. **BullMQ** keeps most of its " +
    "logic in the client library, so its figures are those of Node processes beside Redis (without persistence): one submits " +
    "with `Queue.add` and `waitUntilFinished`, or `addBulk` of 500, and one works with a `Worker` of that concurrency; its idle " +
    "workers are 1,000 `Worker`s that share one connection and have one of their own each; memory is that of Redis alone.",
];

/** Of the client libraries, through the server that is named. */
export function libraryProse(server: string): readonly string[] {
  const versions = ["gearman", "gearmanode", "abraxas"].map((name) => `${name} ${NPM_PEERS[name] ?? ""}`).join(", ");
  return [
    `Through ${server}. npm: ${versions}, on the Node that npm ci brings; ours on the same Node as built for npm, and its source on ` +
      "Bun. A client keeps 1 or 64 calls in flight on one connection; on the other side is a worker of gearbench that asks for " +
      "one job at a time, or for up to 64 at once, so that the client is what counts. A background submit is over when " +
      "the server has answered; a worker gives back the workloads of jobs that were queued before it started. Foreground results " +
      "are checked for their length. Programs and adapters: `bench/programs/`.",
    "What was done for the peers: **gearman** hands out packets only, so its adapter matches answers to jobs and keeps as many " +
      "grabs under way as the concurrency is, which its README does not. **gearmanode** has workers of one job at a time: a " +
      "concurrency of 16 is 16 of them in one process; its logging is off. Both leave Nagle's algorithm on, and then a worker's " +
      "result and its next grab wait for one another, 40 ms a job; it is switched off for their workers from outside (left on, " +
      "each made 22 to 25 jobs/s). **abraxas** is used by callbacks, with `maxJobs`. **libgearman**'s plain calls and its worker do " +
      "one job at a time; the other column has 64 jobs added to each `run_tasks`, and its latency is that of a job in such a " +
      "batch. `gearman` and libgearman give each job a unique of its own, the others none.",
  ];
}
