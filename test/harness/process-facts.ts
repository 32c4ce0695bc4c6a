/** Facts about a running process, read from /proc (Linux). */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { readFile } from "node:fs/promises";

/** The state LISTEN in /proc/net/tcp. */
const LISTEN_STATE = "0A";

/** Resident memory of a process, bytes; throws where there is no /proc or no such process. Source: VmRSS. */
export function residentBytes(pid: number): number {
  const match = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
  if (match?.[1] === undefined) throw new Error(`process ${pid} has no VmRSS`);
  return Number(match[1]) * 1024;
}

/** Inodes of the sockets that a process has. */
function socketInodes(pid: number): ReadonlySet<string> {
  const inodes = new Set<string>();
  for (const entry of readdirSync(`/proc/${pid}/fd`)) {
    try {
      const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${entry}`))?.[1];
      if (inode !== undefined) inodes.add(inode);
    } catch {
      // Closed meanwhile.
    }
  }
  return inodes;
}

/** Inodes of the sockets that listen on a port. The tables are megabytes after a test with many connections, so reading them holds up nobody. */
async function listeningInodes(port: number): Promise<readonly string[]> {
  const portHex = port.toString(16).toUpperCase().padStart(4, "0");
  const row = new RegExp(`:${portHex} 0+:0000 ${LISTEN_STATE} \\S+ \\S+ \\S+ +\\d+ +\\d+ (\\d+) `, "g");
  const texts = await Promise.all(
    ["/proc/net/tcp", "/proc/net/tcp6"].map((table) => readFile(table, "latin1").catch(() => "")),
  );
  return texts.flatMap((text) => [...text.matchAll(row)].map(([, inode = ""]) => inode));
}

/** Whether this process itself listens on the TCP port; undefined where the machine does not tell (no /proc). */
export async function listensOn(pid: number, port: number): Promise<boolean | undefined> {
  try {
    const own = socketInodes(pid);
    return own.size > 0 && (await listeningInodes(port)).some((inode) => own.has(inode));
  } catch {
    return process.platform === "linux" ? false : undefined;
  }
}
