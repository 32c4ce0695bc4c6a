/** Finds TCP ports that nobody uses, away from the range from which the kernel takes ports for outgoing connections. */
import { createServer } from "node:net";

const PORT_MIN = 10_240;
const PORT_MAX = 32_000;
const TRIES_MAX = 100;

/** Ports handed out by this process, so that two servers that start at the same time do not get the same one. */
const handedOut = new Set<number>();

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen({ port, host: "127.0.0.1", exclusive: true }, () => probe.close(() => resolve(true)));
  });
}

/**
 * A port of 127.0.0.1 on which nobody listens now.
 *
 * Another process may take it before it is used: whoever starts a server with it must try again with a new one when the
 * server ends at once (`startServer` does).
 */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    const port = PORT_MIN + Math.floor(Math.random() * (PORT_MAX - PORT_MIN));
    if (handedOut.has(port)) continue;
    handedOut.add(port);
    if (await canListen(port)) return port;
  }
  throw new Error(`no free port in ${TRIES_MAX} tries between ${PORT_MIN} and ${PORT_MAX}`);
}
