/** The table of packets in docs/protocol.md, made from PACKETS. */
import { PACKETS } from "../../src/protocol/packets.ts";

const SENDERS = { client: "client", worker: "worker", both: "client, worker", server: "job server" } as const;
const MAGICS = { client: "REQ", worker: "REQ", both: "REQ", server: "RES" } as const;

/** Sent by a worker, and then by the job server to whoever waits for the job. */
const RELAYED = /^WORK_/;

/** Markdown, a row per packet by type; an argument with a plus sign is data that may have any length and any bytes. */
export function protocolTable(): string {
  const rows = Object.entries(PACKETS).map(([name, row]) => {
    const isRelayed = RELAYED.test(name);
    const magic = isRelayed ? "REQ, RES" : MAGICS[row.from];
    const sender = isRelayed ? `${SENDERS[row.from]}, job server` : SENDERS[row.from];
    const args = row.args.map((arg) => (arg === "workload" || arg === "data" ? `+${arg}` : arg));
    return `| ${row.type} | ${name} | ${magic} | ${sender} | ${args.join(", ") || "none"} |`;
  });
  return ["| type | packet | magic | sent by | arguments |", "| ---: | --- | --- | --- | --- |", ...rows].join("\n");
}
