/** The addresses that gearmand would listen on. */
import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { networkInterfaces } from "node:os";
import { GearError } from "../../base/errors.ts";
import type { ListenAddress } from "../../base/listen-address.ts";

type TcpAddress = Extract<ListenAddress, { readonly kind: "tcp" }>;

/** Without a host every address of this machine; else every address that the host stands for. Throws GearError LISTEN_FAILED. */
export async function gearmandAddresses(host: string | undefined, port: number): Promise<readonly ListenAddress[]> {
  if (host === undefined) {
    return [
      { kind: "tcp", host: "0.0.0.0", port },
      { kind: "tcp", host: "::", port, isIpv6Only: true, isOptional: true },
    ];
  }
  if (isIP(host) !== 0) return [tcpAddress(host, port)];
  const found = await addressesOf(host);
  const hasIpv4 = found.some((address) => isIP(address) === 4);
  // A name such as localhost may have an IPv6 address where the machine has none.
  return found.map((address) => ({ ...tcpAddress(address, port), isOptional: hasIpv4 && isIP(address) === 6 }));
}

/** The one address of the HTTP module: the given host, or every address through one listener. */
export function gearmandHttpAddress(host: string | undefined, port: number): ListenAddress {
  if (host !== undefined) return { kind: "tcp", host, port };
  const hasIpv6 = Object.values(networkInterfaces()).some((list) => list?.some(({ family }) => family === "IPv6"));
  return { kind: "tcp", host: hasIpv6 ? "::" : "0.0.0.0", port, isIpv6Only: false };
}

function tcpAddress(host: string, port: number): TcpAddress {
  return { kind: "tcp", host, port, isIpv6Only: isIP(host) === 6 };
}

async function addressesOf(host: string): Promise<readonly string[]> {
  try {
    const found = await lookup(host, { all: true });
    return [...new Set(found.map(({ address }) => address))];
  } catch (error) {
    throw new GearError("LISTEN_FAILED", `--listen: ${host} is not a name that this machine knows`, { cause: error });
  }
}
