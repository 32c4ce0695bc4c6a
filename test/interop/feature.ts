/** The rows of the matrix, and what a cell of it is. */
import type { ServerProcess } from "../harness/server-process.ts";

/** What is tried with every peer, in the order of the rows, with the words that the document has for it. */
export const FEATURES = {
  foreground: "foreground jobs",
  background: "background jobs",
  priority: "high and low priority",
  unique: "coalescing by unique",
  status: "status by handle",
  uniqueStatus: "status by unique",
  statusStream: "status stream",
  dataStream: "data stream",
  warningStream: "warning stream",
  exception: "exceptions",
  failure: "failure",
  timeout: "timeout",
  mebibyte: "1 MiB there and back",
  large: "32 MiB there and back",
  nuls: "NULs and all other bytes",
  reduce: "reduce jobs",
  epoch: "epoch jobs",
  echo: "echo",
  clientId: "client id",
  admin: "admin commands",
} as const;

/** A row. */
export type Feature = keyof typeof FEATURES;

/** What a trial needs: a server of its own and the running peer. */
export interface Trial<Peer> {
  readonly server: ServerProcess;
  readonly peer: Peer;
}

/** A trial, which throws when something is not as it should be, or what the peer lacks, as the document's cell says it. */
export type Cell<Peer> = ((trial: Trial<Peer>) => Promise<void>) | { readonly lacks: string };

/** Cells of one peer in one role. */
export type Cells<Peer> = Readonly<Record<Feature, Cell<Peer>>>;
