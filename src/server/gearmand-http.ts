/** gearmand's HTTP module (`gearmand --protocol=http`): its listener and its open connections. */

import { LIMITS } from "../base/limits.ts";
import type { ListenAddress } from "../base/listen-address.ts";
import { HttpExchange } from "./gearmand-http-exchange.ts";
import { openListener } from "./listener.ts";
import type { ServerCore } from "./server-core.ts";
import type { Listener } from "./wire.ts";

/** The open HTTP module. */
export interface GearmandHttp extends Listener {
  /** Ends the open connections. */
  destroy(): void;
}

/** Opens the HTTP module on one address. Rejects with the runtime's own error when it cannot be had. */
export async function openGearmandHttp(core: ServerCore, address: ListenAddress): Promise<GearmandHttp> {
  const open = new Set<HttpExchange>();
  const listener = await openListener({
    address,
    backlog: core.options.backlog,
    keepAliveMs: LIMITS.keepAliveMs,
    accept: (wire) => {
      const exchange = new HttpExchange({ core, wire, onClosed: (closed) => open.delete(closed) });
      open.add(exchange);
      return exchange;
    },
  });
  return {
    port: listener.port,
    close: () => listener.close(),
    destroy: () => {
      for (const exchange of [...open]) exchange.destroy();
    },
  };
}
