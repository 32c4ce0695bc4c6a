/** The addresses that a host stands for: itself, or all those of a name. */
import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { GearError } from "../base/errors.ts";
import type { ListenAddress } from "../base/listen-address.ts";

/** Every address of `host`, IPv4 and IPv6. Throws GearError LISTEN_FAILED when it is a name that nobody knows. */
export async function hostAddresses(host: string, port: number): Promise<readonly ListenAddress[]> {
  const found = isIP(host) === 0 ? await addressesOf(host) : [host];
  const hasIpv4 = found.some((address) => isIP(address) === 4);
  return found.map((address) => ({
    kind: "tcp",
    host: address,
    port,
    isIpv6Only: isIP(address) === 6,
    // A name such as localhost may have an IPv6 address where the machine has none.
    isOptional: hasIpv4 && isIP(address) === 6,
  }));
}

async function addressesOf(host: string): Promise<readonly string[]> {
  try {
    const found = await lookup(host, { all: true });
    return [...new Set(found.map(({ address }) => address))];
  } catch (error) {
    throw new GearError("LISTEN_FAILED", `cannot listen on ${host}: this machine knows no address of that name`, {
      cause: error,
    });
  }
}
