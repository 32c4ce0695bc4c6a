/** The job servers that a client or worker was told of. */
import { GearError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import { parseListenAddress } from "../base/listen-address.ts";

/** Where a job server is. */
export interface ServerAddress {
  /** As it was given; what events, errors and jobs call it. */
  readonly name: string;
  /** What `node:net` connects to. */
  readonly place: { readonly host: string; readonly port: number } | { readonly path: string };
}

/** The port of a server that was given without one. Source: IANA. */
const DEFAULT_PORT = 4730;

const DEFAULT_SERVERS: readonly string[] = [`127.0.0.1:${DEFAULT_PORT}`];

/**
 * Reads `host`, `host:port`, `[IPv6]:port` and `unix:/path`; `undefined` is the server of this machine.
 *
 * Throws GearError INVALID_ARGUMENT for no server, more than LIMITS.serversMax, one that is written wrongly, and one given twice.
 */
export function serverAddresses(servers: readonly string[] = DEFAULT_SERVERS): readonly ServerAddress[] {
  if (!Array.isArray(servers) || servers.length === 0 || servers.length > LIMITS.serversMax) {
    throw new GearError("INVALID_ARGUMENT", `servers: 1 to ${LIMITS.serversMax} are expected, as ["127.0.0.1:4730"]`);
  }
  const addresses = servers.map((name: unknown) => serverAddress(name));
  const keys = new Set(addresses.map(({ place }) => JSON.stringify(place)));
  if (keys.size < addresses.length) {
    throw new GearError("INVALID_ARGUMENT", `servers: one is given twice in ${servers.join(", ")}`);
  }
  return addresses;
}

function serverAddress(name: unknown): ServerAddress {
  if (typeof name !== "string") throw new GearError("INVALID_ARGUMENT", "servers: each is a string, host:port");
  // Some runtimes throw for it only when they connect.
  if (name.includes("\0")) throw new GearError("INVALID_ARGUMENT", "servers: an address must not hold a NUL");
  const found = parseListenAddress(name);
  if (typeof found === "string") throw new GearError("INVALID_ARGUMENT", `servers: "${name}": ${found}`);
  if (found.kind === "unix") return { name, place: { path: found.path } };
  const port = found.port ?? DEFAULT_PORT;
  if (port === 0) throw new GearError("INVALID_ARGUMENT", `servers: "${name}": a server's port is 1 to 65535`);
  return { name, place: { host: found.host, port } };
}
