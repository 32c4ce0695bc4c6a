/** Opens a listener with the runtime at hand. */
import { removeStaleSocket } from "./stale-socket.ts";
import type { Listener, ListenerOptions } from "./wire.ts";

/**
 * Rejects with the runtime's own error (EADDRINUSE, EACCES …) when the address cannot be had.
 *
 * A socket file on which nobody listens is replaced; the listener's own is removed when it closes.
 */
export async function openListener(options: ListenerOptions): Promise<Listener> {
  try {
    return await listen(options);
  } catch (error) {
    const isTaken = error instanceof Error && "code" in error && error.code === "EADDRINUSE";
    const { address } = options;
    if (address.kind !== "unix" || !isTaken || !(await removeStaleSocket(address.path))) throw error;
    return await listen(options);
  }
}

async function listen(options: ListenerOptions): Promise<Listener> {
  if (process.versions["bun"] !== undefined) {
    const { listenOnBun } = await import("./listener-bun.ts");
    return listenOnBun(options);
  }
  const { listenOnNode } = await import("./listener-node.ts");
  return await listenOnNode(options);
}
