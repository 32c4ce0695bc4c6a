/** The seam between the two runtimes: one open socket as the server sees it. */

/** One open socket. */
export interface Wire {
  /** The peer's IP address; "-" for a unix socket. */
  readonly remoteAddress: string;
  /** The peer's port; 0 for a unix socket. */
  readonly remotePort: number;
  /** The runtime still refers to bytes that `write` took: their memory must not be used again. */
  readonly isHolding: boolean;
  /** Hands over `bytes` from `start` to `end` and answers how many were taken; what is left may be written after `drained`. */
  write(bytes: Uint8Array, start: number, end: number): number;
  /** Stops `received` until `resume`; what the kernel has delivered already may still come. */
  pause(): void;
  resume(): void;
  /** Sends FIN behind what was taken; the peer may still send. */
  finish(): void;
  /** Closes both directions at once. */
  destroy(): void;
}

/** What happens on a socket. After `closed` nothing more comes. */
export interface WireEvents {
  /** `chunk` belongs to the receiver. */
  received(chunk: Uint8Array): void;
  /** More bytes will be taken. */
  drained(): void;
  /** The peer's FIN has come. */
  finished(): void;
  closed(): void;
}

/** What listens on one address. */
export interface Listener {
  /** The port that the kernel gave; 0 for a unix socket. */
  readonly port: number;
  /** Takes no more connections. Open ones stay. */
  close(): Promise<void>;
}

/** Where to listen, and who takes the connections. */
export interface ListenerOptions {
  readonly address:
    | { readonly kind: "tcp"; readonly host: string; readonly port: number; readonly isIpv6Only?: boolean }
    | { readonly kind: "unix"; readonly path: string };
  readonly backlog: number;
  /** Silence before the first TCP keepalive probe, ms. */
  readonly keepAliveMs: number;
  readonly accept: (wire: Wire) => WireEvents;
}
