/** Opens a listener with the runtime at hand. */
import type { Listener, ListenerOptions } from "./wire.ts";

/** Rejects with the runtime's own error (EADDRINUSE, EACCES …) when the address cannot be had. */
export async function openListener(options: ListenerOptions): Promise<Listener> {
  if (process.versions["bun"] !== undefined) {
    const { listenOnBun } = await import("./listener-bun.ts");
    return listenOnBun(options);
  }
  const { listenOnNode } = await import("./listener-node.ts");
  return await listenOnNode(options);
}
