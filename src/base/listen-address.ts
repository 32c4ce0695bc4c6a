/** Where a listener stands: how an address is written, read and shown. */
import { isIP, isIPv6 } from "node:net";

/** Where a listener stands. `port` 0 asks the kernel for a free one; the running server says which it gave. */
export type ListenAddress =
  | {
      readonly kind: "tcp";
      /** An IP address or a name. */
      readonly host: string;
      /** 0 to 65535. */
      readonly port: number;
      /** True: an IPv6 listener that leaves IPv4 of the same port alone. Default: false. */
      readonly isIpv6Only?: boolean;
      /** True: it is no error when this machine does not have the address (used for the default `::1`). Default: false. */
      readonly isOptional?: boolean;
    }
  | {
      readonly kind: "unix";
      /** Path of the socket; a stale socket file that nobody listens on is replaced. */
      readonly path: string;
    };

/** The address as people write it: `127.0.0.1:4730`, `[::1]:4730`, `unix:/run/gearwright.sock`. */
export function showListenAddress(address: ListenAddress): string {
  if (address.kind === "unix") return `unix:${address.path}`;
  return `${isIPv6(address.host) ? `[${address.host}]` : address.host}:${address.port}`;
}

/** Whether only programs on this machine can reach it. */
export function isLoopback(address: ListenAddress): boolean {
  if (address.kind === "unix") return true;
  const host = address.host.toLowerCase();
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}

/** Longest path of a unix socket, bytes. Source: unix(7), 108 with the NUL. */
const UNIX_PATH_BYTES_MAX = 107;

/** What `parseListenAddress` found; `port` undefined: none was written. */
export type ListenText =
  | { readonly kind: "tcp"; readonly host: string; readonly port: number | undefined }
  | { readonly kind: "unix"; readonly path: string };

/** Reads `host`, `host:port`, `[v6]:port`, `[v6]`, `v6` or `unix:/path`; a sentence about the mistake if it is none of them. */
export function parseListenAddress(text: string): ListenText | string {
  if (text.startsWith("unix:")) {
    const path = text.slice("unix:".length);
    if (!path.startsWith("/")) return "the path of a unix socket begins with a slash: unix:/path";
    if (Buffer.byteLength(path) > UNIX_PATH_BYTES_MAX) {
      return `the path of a unix socket has at most ${UNIX_PATH_BYTES_MAX} bytes`;
    }
    return { kind: "unix", path };
  }
  if (isIPv6(text)) return { kind: "tcp", host: text, port: undefined };
  const match = /^(?:\[([^\]]*)\]|([^:[\]/\s]+))(?::(.*))?$/.exec(text);
  if (match === null) return "an address is host, host:port, [IPv6]:port or unix:/path";
  const [, bracketed, plain, portText] = match;
  if (bracketed !== undefined && !isIPv6(bracketed)) return `[${bracketed}] is not an IPv6 address`;
  if (portText === undefined) return { kind: "tcp", host: bracketed ?? plain ?? "", port: undefined };
  const port = parsePort(portText);
  if (port === undefined) return `"${portText}" is not a port, which is a number from 0 to 65535`;
  return { kind: "tcp", host: bracketed ?? plain ?? "", port };
}

/** A port from 0 to 65535, or undefined. */
export function parsePort(text: string): number | undefined {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : -1;
  return port >= 0 && port <= 65_535 ? port : undefined;
}
