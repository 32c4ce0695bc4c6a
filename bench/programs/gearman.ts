/**
 * The npm package `gearman` under load.
 *
 * It hands packets out and in and leaves the rest to its user, so what belongs to a job is put together here: JOB_CREATED answers
 * submits in order, results are found by handle, and the worker grabs again after each job (its README sleeps instead, which
 * costs a round trip more) and has as many grabs under way as its concurrency is. It leaves Nagle's algorithm on, and has no
 * switch for it; for its worker it is switched off from outside.
 */
import type { Adapter, LibraryClient, Place } from "./library.ts";
import { sendAtOnce } from "./send-at-once.ts";

interface Assigned {
  readonly handle: string;
  readonly payload: Buffer;
}

interface Connection {
  connect(onConnect: () => void): void;
  on(event: "JOB_CREATED", listener: (handle: string) => void): void;
  on(event: "WORK_COMPLETE" | "JOB_ASSIGN", listener: (job: Assigned) => void): void;
  on(event: "NOOP" | "NO_JOB", listener: () => void): void;
  on(event: "error", listener: (error: Error) => void): void;
  submitJob(name: string, workload: Buffer, options?: { background: boolean }): void;
  addFunction(name: string): void;
  grabJob(): void;
  preSleep(): void;
  sendWorkComplete(handle: string, result: Buffer): void;
}

type Open = (host: string, port: number) => Connection;

function connected(open: Open, place: Place): Promise<Connection> {
  return new Promise((resolve, reject) => {
    const connection = open("127.0.0.1", place.port);
    connection.on("error", reject);
    connection.connect(() => resolve(connection));
  });
}

function clientOf(connection: Connection, place: Place): LibraryClient {
  const created: ((handle: string) => void)[] = [];
  const running = new Map<string, (result: Buffer) => void>();
  connection.on("JOB_CREATED", (handle) => created.shift()?.(handle));
  connection.on("WORK_COMPLETE", ({ handle, payload }) => {
    running.get(handle)?.(payload);
    running.delete(handle);
  });
  return {
    run: (workload) =>
      new Promise((resolve) => {
        created.push((handle) => running.set(handle, resolve));
        connection.submitJob(place.function, workload);
      }),
    submitBackground: (workload) =>
      new Promise((resolve) => {
        created.push(resolve);
        connection.submitJob(place.function, workload, { background: true });
      }),
  };
}

function startWorker(connection: Connection, concurrency: number, onJob: () => void): void {
  let grabbing = 0;
  const grab = () => {
    grabbing += 1;
    connection.grabJob();
  };
  connection.on("NOOP", () => {
    while (grabbing < concurrency) grab();
  });
  connection.on("NO_JOB", () => {
    grabbing -= 1;
    if (grabbing === 0) connection.preSleep();
  });
  connection.on("JOB_ASSIGN", ({ handle, payload }) => {
    grabbing -= 1;
    onJob();
    connection.sendWorkComplete(handle, payload);
    grab();
  });
}

/** One connection for a client, one for a worker. */
export const gearman: Adapter = async (load) => {
  const open = (await load("gearman")) as Open;
  return {
    client: async (place) => clientOf(await connected(open, place), place),
    work: async (place, concurrency, onJob) => {
      sendAtOnce();
      const connection = await connected(open, place);
      startWorker(connection, concurrency, onJob);
      connection.addFunction(place.function);
      connection.preSleep();
    },
  };
};
