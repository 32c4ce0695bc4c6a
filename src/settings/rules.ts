/** What settings mean together: the addresses to listen on, and combinations that cannot be. */
import { totalmem } from "node:os";
import { LIMITS, outHardBytes } from "../base/limits.ts";
import { isLoopback, type ListenAddress, showListenAddress } from "../base/listen-address.ts";
import type { Mistake } from "./setting.ts";
import type { Settings } from "./table.ts";
import { showSize } from "./units.ts";

/** The addresses to listen on, with their ports. */
export function listenAddresses(settings: Settings): readonly ListenAddress[] {
  const { port } = settings;
  if (settings.listen === undefined) {
    return [
      { kind: "tcp", host: "127.0.0.1", port },
      { kind: "tcp", host: "::1", port, isIpv6Only: true, isOptional: true },
    ];
  }
  return settings.listen.map((address) =>
    address.kind === "unix"
      ? address
      : { kind: "tcp", host: address.host, port: address.port ?? port, isIpv6Only: address.host.includes(":") },
  );
}

/** A quarter of the memory that this machine, or the container, has; bytes. */
export function quarterOfMemoryBytes(): number {
  // Without a container's limit the runtimes answer 0, undefined or more than the machine has.
  const limitBytes = process.constrainedMemory() || totalmem();
  return Math.floor(Math.min(limitBytes, totalmem()) / 4);
}

/** Combinations of values, each good alone, that cannot be. */
export function mistakesTogether(settings: Settings): readonly Mistake[] {
  const mistakes: Mistake[] = [];
  const seen = new Set<string>();
  for (const address of listenAddresses(settings)) {
    const text = showListenAddress(address);
    if (!isLoopback(address) && !settings.isInsecure) {
      mistakes.push({
        where: `--listen ${text}`,
        what: "other machines could reach this address, and there are no accounts yet",
        fix: "add --insecure if your network keeps strangers out, or listen on 127.0.0.1",
      });
    }
    if (seen.has(text) && !text.endsWith(":0")) {
      mistakes.push({ where: `--listen ${text}`, what: "it is given more than once", fix: "write it once" });
    }
    seen.add(text);
  }
  const bufferBytesMin = outHardBytes(settings.bodyBytesMax);
  if (settings.bufferBytesMax <= bufferBytesMin) {
    mistakes.push({
      where: "--buffer-memory",
      what: `${showSize(settings.bufferBytesMax)} has no room for a packet of ${showSize(settings.bodyBytesMax)} (--body-max) and ${showSize(LIMITS.outHighBytes)} before it`,
      fix: `write more than ${Math.ceil(bufferBytesMin / 2 ** 20)}MiB, or a smaller --body-max`,
    });
  }
  return mistakes;
}
