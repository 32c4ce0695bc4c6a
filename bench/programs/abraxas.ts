/** The npm package `abraxas` under load: callbacks rather than streams, and `maxJobs` for the concurrency. */
import type { Adapter } from "./library.ts";

type Done<Value> = (error: Error | null, value: Value) => void;

interface AbraxasClient {
  submitJob(name: string, options: object, workload: Buffer, done: Done<Buffer>): void;
  submitJobBg(name: string, options: object, workload: Buffer, done: Done<string>): void;
  registerWorker(name: string, handler: (job: { payload: Buffer }) => Buffer): void;
}

interface Abraxas {
  readonly Client: {
    connect(options: object, onConnect: (error: Error | null, client: AbraxasClient) => void): AbraxasClient;
  };
}

/** One connection for a client, one for a worker. */
export const abraxas: Adapter = async (load) => {
  const { Client } = (await load("abraxas")) as Abraxas;
  const connected = (options: object) =>
    new Promise<AbraxasClient>((resolve, reject) => {
      const client = Client.connect({ host: "127.0.0.1", ...options }, (error) => {
        if (error === null || error === undefined) resolve(client);
        else reject(error);
      });
    });
  const called = <Value>(call: (done: Done<Value>) => void) =>
    new Promise<Value>((resolve, reject) => {
      call((error, value) => (error === null || error === undefined ? resolve(value) : reject(error)));
    });
  return {
    client: async (place) => {
      const client = await connected({ port: place.port });
      return {
        run: (workload) => called((done) => client.submitJob(place.function, {}, workload, done)),
        submitBackground: (workload) => called((done) => client.submitJobBg(place.function, {}, workload, done)),
      };
    },
    work: async (place, concurrency, onJob) => {
      const client = await connected({ port: place.port, maxJobs: concurrency });
      client.registerWorker(place.function, (job) => {
        onJob();
        return job.payload;
      });
    },
  };
};
