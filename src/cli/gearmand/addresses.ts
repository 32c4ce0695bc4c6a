/** The addresses that gearmand would listen on. */
import { networkInterfaces } from "node:os";
import type { ListenAddress } from "../../base/listen-address.ts";
import { hostAddresses } from "../host-addresses.ts";

/** Without a host every address of this machine; else every address that the host stands for. Throws GearError LISTEN_FAILED. */
export async function gearmandAddresses(host: string | undefined, port: number): Promise<readonly ListenAddress[]> {
  if (host !== undefined) return await hostAddresses(host, port);
  return [
    { kind: "tcp", host: "0.0.0.0", port },
    { kind: "tcp", host: "::", port, isIpv6Only: true, isOptional: true },
  ];
}

/** The one address of the HTTP module: the given host, or every address through one listener. */
export function gearmandHttpAddress(host: string | undefined, port: number): ListenAddress {
  if (host !== undefined) return { kind: "tcp", host, port };
  const hasIpv6 = Object.values(networkInterfaces()).some((list) => list?.some(({ family }) => family === "IPv6"));
  return { kind: "tcp", host: hasIpv6 ? "::" : "0.0.0.0", port, isIpv6Only: false };
}
