/** What clients and workers tell of their connections. */
import type { GearError } from "./errors.ts";

/** Something happened to a connection to a job server; for logs and metrics. */
export type ServerEvent =
  | {
      /** The connection is open. */
      readonly kind: "connected";
      /** The server as it was given, e.g. `127.0.0.1:4730`. */
      readonly server: string;
    }
  | {
      /** An open connection ended, or one could not be opened; told once until it is open again. */
      readonly kind: "disconnected";
      readonly server: string;
      /** Code CONNECTION_LOST, NO_SERVER, PROTOCOL_ERROR or CLOSED. */
      readonly error: GearError;
      /** It is tried again after this time, ms; undefined: when it is wanted next, or never. */
      readonly retryInMs: number | undefined;
    };
