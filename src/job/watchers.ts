/** Who watches which job, kept on both sides and counted. */
import type { Connection } from "./connection.ts";
import type { Job } from "./job.ts";

/** The watchers of all jobs. */
export class Watchers {
  /** Watchers of all jobs together; one that joined twice counts twice. */
  count = 0;

  add(connection: Connection, job: Job): void {
    if (job.watchers === undefined) job.watchers = [connection];
    else job.watchers.push(connection);
    connection.watched.add(job);
    this.count++;
  }

  /** Takes every place of this connection away from the job. The connection's own set is left to the caller. */
  remove(connection: Connection, job: Job): void {
    if (job.watchers === undefined) return;
    const left = job.watchers.filter((watcher) => watcher !== connection);
    this.count -= job.watchers.length - left.length;
    job.watchers = left;
  }

  /** The job is over. */
  clear(job: Job): void {
    if (job.watchers === undefined) return;
    for (const watcher of job.watchers) watcher.watched.delete(job);
    this.count -= job.watchers.length;
    job.watchers = undefined;
  }
}
