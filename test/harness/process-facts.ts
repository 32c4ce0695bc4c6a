/** Facts about a running process, read from /proc (Linux). */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** The state LISTEN in /proc/net/tcp. */
const LISTEN_STATE = "0A";

/** Resident memory of a process, bytes; throws where there is no /proc or no such process. Source: VmRSS. */
export function residentBytes(pid: number): number {
  const match = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
  if (match?.[1] === undefined) throw new Error(`process ${pid} has no VmRSS`);
  return Number(match[1]) * 1024;
}

function listeningInodes(port: number): Set<string> {
  const inodes = new Set<string>();
  const portHex = port.toString(16).toUpperCase().padStart(4, "0");
  for (const table of ["/proc/net/tcp", "/proc/net/tcp6"]) {
    let text: string;
    try {
      text = readFileSync(table, "latin1");
    } catch {
      continue;
    }
    for (const line of text.split("\n")) {
      const fields = line.trim().split(/\s+/);
      if (fields[1]?.endsWith(`:${portHex}`) && fields[3] === LISTEN_STATE && fields[9]) inodes.add(fields[9]);
    }
  }
  return inodes;
}

/** Whether this process itself listens on the TCP port; undefined where the machine does not tell (no /proc). */
export function listensOn(pid: number, port: number): boolean | undefined {
  try {
    const inodes = listeningInodes(port);
    for (const entry of readdirSync(`/proc/${pid}/fd`)) {
      let target: string;
      try {
        target = readlinkSync(`/proc/${pid}/fd/${entry}`);
      } catch {
        continue;
      }
      const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1];
      if (inode !== undefined && inodes.has(inode)) return true;
    }
    return false;
  } catch {
    return process.platform === "linux" ? false : undefined;
  }
}
