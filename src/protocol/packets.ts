/**
 * The table of Gearman's binary packets: codec, docs, tests and fuzzers are made from it.
 *
 * Every argument but the last ends with NUL, and the last runs to the end of the packet.
 *
 * ```text
 *  0      4      8        12
 *  +------+------+--------+--------------------------+
 *  |\0REQ | type | length | argument \0 argument ... |   numbers are unsigned 32 bit, big endian
 *  +------+------+--------+--------------------------+
 * ```
 */

/** Who sends a packet: the client, the worker, both of them, or the job server. */
type Sender = "client" | "worker" | "both" | "server";

interface PacketRow {
  readonly type: number;
  readonly from: Sender;
  readonly args: readonly string[];
}

/** Every packet of the protocol by name; types 1 to 42 without 5, which was never given a meaning. */
// biome-ignore format: a table
export const PACKETS = {
  CAN_DO:                       { type: 1,  from: "worker", args: ["function"] },
  CANT_DO:                      { type: 2,  from: "worker", args: ["function"] },
  RESET_ABILITIES:              { type: 3,  from: "worker", args: [] },
  PRE_SLEEP:                    { type: 4,  from: "worker", args: [] },
  NOOP:                         { type: 6,  from: "server", args: [] },
  SUBMIT_JOB:                   { type: 7,  from: "client", args: ["function", "unique", "workload"] },
  JOB_CREATED:                  { type: 8,  from: "server", args: ["handle"] },
  GRAB_JOB:                     { type: 9,  from: "worker", args: [] },
  NO_JOB:                       { type: 10, from: "server", args: [] },
  JOB_ASSIGN:                   { type: 11, from: "server", args: ["handle", "function", "workload"] },
  WORK_STATUS:                  { type: 12, from: "worker", args: ["handle", "numerator", "denominator"] },
  WORK_COMPLETE:                { type: 13, from: "worker", args: ["handle", "data"] },
  WORK_FAIL:                    { type: 14, from: "worker", args: ["handle"] },
  GET_STATUS:                   { type: 15, from: "client", args: ["handle"] },
  ECHO_REQ:                     { type: 16, from: "both",   args: ["data"] },
  ECHO_RES:                     { type: 17, from: "server", args: ["data"] },
  SUBMIT_JOB_BG:                { type: 18, from: "client", args: ["function", "unique", "workload"] },
  ERROR:                        { type: 19, from: "server", args: ["code", "text"] },
  STATUS_RES:                   { type: 20, from: "server", args: ["handle", "known", "running", "numerator", "denominator"] },
  SUBMIT_JOB_HIGH:              { type: 21, from: "client", args: ["function", "unique", "workload"] },
  SET_CLIENT_ID:                { type: 22, from: "worker", args: ["id"] },
  CAN_DO_TIMEOUT:               { type: 23, from: "worker", args: ["function", "timeout"] },
  ALL_YOURS:                    { type: 24, from: "worker", args: [] },
  WORK_EXCEPTION:               { type: 25, from: "worker", args: ["handle", "data"] },
  OPTION_REQ:                   { type: 26, from: "both",   args: ["option"] },
  OPTION_RES:                   { type: 27, from: "server", args: ["option"] },
  WORK_DATA:                    { type: 28, from: "worker", args: ["handle", "data"] },
  WORK_WARNING:                 { type: 29, from: "worker", args: ["handle", "data"] },
  GRAB_JOB_UNIQ:                { type: 30, from: "worker", args: [] },
  JOB_ASSIGN_UNIQ:              { type: 31, from: "server", args: ["handle", "function", "unique", "workload"] },
  SUBMIT_JOB_HIGH_BG:           { type: 32, from: "client", args: ["function", "unique", "workload"] },
  SUBMIT_JOB_LOW:               { type: 33, from: "client", args: ["function", "unique", "workload"] },
  SUBMIT_JOB_LOW_BG:            { type: 34, from: "client", args: ["function", "unique", "workload"] },
  SUBMIT_JOB_SCHED:             { type: 35, from: "client", args: ["function", "unique", "minute", "hour", "day of month", "month", "day of week", "workload"] },
  SUBMIT_JOB_EPOCH:             { type: 36, from: "client", args: ["function", "unique", "epoch", "workload"] },
  SUBMIT_REDUCE_JOB:            { type: 37, from: "client", args: ["function", "unique", "reducer", "aggregator", "workload"] },
  SUBMIT_REDUCE_JOB_BACKGROUND: { type: 38, from: "client", args: ["function", "unique", "reducer", "aggregator", "workload"] },
  GRAB_JOB_ALL:                 { type: 39, from: "worker", args: [] },
  JOB_ASSIGN_ALL:               { type: 40, from: "server", args: ["handle", "function", "unique", "reducer", "workload"] },
  GET_STATUS_UNIQUE:            { type: 41, from: "client", args: ["unique"] },
  STATUS_RES_UNIQUE:            { type: 42, from: "server", args: ["unique", "known", "running", "numerator", "denominator", "clients"] },
} as const satisfies Record<string, PacketRow>;

/** The name of a packet. */
export type PacketName = keyof typeof PACKETS;

/** A packet that is not in the table still has a type: 5 has a place on the wire but no name. */
export const PACKET_TYPE_MAX = 42;

/** Names by type; undefined for 0 and 5. */
export const PACKET_NAMES: readonly (PacketName | undefined)[] = (() => {
  const names: (PacketName | undefined)[] = new Array(PACKET_TYPE_MAX + 1).fill(undefined);
  for (const [name, row] of Object.entries(PACKETS)) names[row.type] = name as PacketName;
  return names;
})();

/** How many arguments a packet of each type has, by type; 0 for types without a name. */
export const ARGUMENT_COUNTS: Uint8Array = Uint8Array.from(PACKET_NAMES, (name) =>
  name === undefined ? 0 : PACKETS[name].args.length,
);

/** 1 for types whose last argument is data that may have any length, by type. */
export const ENDS_IN_DATA: Uint8Array = Uint8Array.from(PACKET_NAMES, (name) => {
  const last: string | undefined = name === undefined ? undefined : PACKETS[name].args.at(-1);
  return last === "workload" || last === "data" ? 1 : 0;
});

/** Bytes of a packet's header. */
export const HEADER_BYTES = 12;
