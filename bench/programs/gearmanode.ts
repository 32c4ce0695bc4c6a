/**
 * The npm package `gearmanode` under load.
 *
 * A worker of it does one job at a time, so a concurrency of 16 is 16 workers in one process. Its loggers are silent: with the
 * current winston they would write a warning per line to stderr. It leaves Nagle's algorithm on, and has no switch for
 * it; for its workers it is switched off from outside.
 */
import type { Adapter } from "./library.ts";
import { sendAtOnce } from "./send-at-once.ts";

interface ClientJob {
  readonly response: Buffer;
  on(event: "complete" | "created" | "failed", listener: () => void): void;
  close(): void;
}

interface Gearmanode {
  client(options: { host: string; port: number }): {
    submitJob(name: string, workload: Buffer, options?: { background: boolean }): ClientJob | Error;
  };
  worker(options: { host: string; port: number }): {
    addFunction(name: string, handler: (job: { payload: Buffer; workComplete(result: Buffer): void }) => void): void;
  };
}

interface Winston {
  configure(options: { silent: boolean }): void;
  readonly loggers: { add(name: string, options: { silent: boolean; level: string }): void };
}

const LOGGERS = ["Client", "Worker", "Job", "JobServer", "LBStrategy", "protocol"];

function settled(job: ClientJob | Error, event: "complete" | "created", onEvent: (job: ClientJob) => void): void {
  if (job instanceof Error) throw job;
  job.on(event, () => onEvent(job));
}

/** One client with one connection; a worker per unit of concurrency. */
export const gearmanode: Adapter = async (load) => {
  const winston = (await load("winston")) as Winston;
  winston.configure({ silent: true });
  for (const name of LOGGERS) winston.loggers.add(name, { silent: true, level: "error" });
  const library = (await load("gearmanode")) as Gearmanode;
  return {
    client: async (place) => {
      const client = library.client({ host: "127.0.0.1", port: place.port });
      return {
        run: (workload) =>
          new Promise((resolve) => {
            settled(client.submitJob(place.function, workload), "complete", (job) => resolve(job.response));
          }),
        submitBackground: (workload) =>
          new Promise((resolve) => {
            settled(client.submitJob(place.function, workload, { background: true }), "created", (job) => {
              // Its client would keep the job for ever.
              job.close();
              resolve(undefined);
            });
          }),
      };
    },
    work: async (place, concurrency, onJob) => {
      sendAtOnce();
      for (let index = 0; index < concurrency; index += 1) {
        library.worker({ host: "127.0.0.1", port: place.port }).addFunction(place.function, (job) => {
          onJob();
          job.workComplete(job.payload);
        });
      }
    },
  };
};
