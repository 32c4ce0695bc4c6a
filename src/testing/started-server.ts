/** The seam inside `gearwright/testing`: a job server that runs, in this process or in a child. */

/** What both ways to start one give. */
export interface StartedServer {
  /** Where it listens, on 127.0.0.1. */
  readonly port: number;
  /** Closes every connection and ends it; called once. */
  stop(): Promise<void>;
}

/** What the module with the job server in it exports; it is loaded when one is started. */
export interface ServerModule {
  /** Starts a job server on `port` of 127.0.0.1; 0: a free one. Rejects with ADDRESS_IN_USE or LISTEN_FAILED. */
  openTestServer(port: number): Promise<StartedServer>;
}

/** The one line that the child writes: where it listens, or why it does not. */
export type ChildReport = { readonly port: number } | { readonly code: string; readonly text: string };
