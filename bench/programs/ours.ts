/** Our own library under load: the built one on Node, the source on Bun. */
import type { Adapter } from "./library.ts";

interface Ours {
  readonly Client: new (options: {
    readonly servers: readonly string[];
  }) => {
    run(name: string, workload: Uint8Array): Promise<Uint8Array>;
    submitBackground(name: string, workload: Uint8Array): Promise<string>;
  };
  readonly Worker: new (options: {
    readonly servers: readonly string[];
    readonly concurrency: number;
  }) => {
    can(name: string, handler: (job: { readonly workload: Uint8Array }) => Uint8Array): unknown;
    run(): Promise<void>;
  };
}

/** As the README uses it; nothing is tuned. */
export const ours: Adapter = async (load) => {
  const { Client, Worker } = (await load("ours")) as Ours;
  return {
    client: async (place) => {
      const client = new Client({ servers: [`127.0.0.1:${place.port}`] });
      return {
        run: (workload) => client.run(place.function, workload),
        submitBackground: (workload) => client.submitBackground(place.function, workload),
      };
    },
    work: async (place, concurrency, onJob) => {
      const worker = new Worker({ servers: [`127.0.0.1:${place.port}`], concurrency });
      worker.can(place.function, (job) => {
        onJob();
        return job.workload;
      });
      worker.run().catch((error: unknown) => {
        throw error;
      });
    },
  };
};
