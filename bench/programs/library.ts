/** What a client library must do under load; each library has an adapter of this form. */

/** Where the jobs go. */
export interface Place {
  readonly port: number;
  /** The function's name. */
  readonly function: string;
}

/** A client of a library. */
export interface LibraryClient {
  /** A foreground job; resolves with its result. */
  run(workload: Buffer): Promise<Uint8Array>;
  /** A background job; resolves when the server has it. */
  submitBackground(workload: Buffer): Promise<unknown>;
}

/** A library under test. */
export interface Library {
  client(place: Place): Promise<LibraryClient>;
  /** Starts to give workloads back, this many at once, and calls `onJob` for each. */
  work(place: Place, concurrency: number, onJob: () => void): Promise<void>;
}

/** Makes a library's adapter. `load` brings a package of npm that is compared, or our own library under the name `ours`. */
export type Adapter = (load: (name: string) => Promise<unknown>) => Promise<Library>;
