/** The choices with which a job table is made. */
import type { WakeUpSettings } from "./wake-ups.ts";

/** How the table behaves where gearmands differ. */
export interface JobTableSettings extends WakeUpSettings {
  /** The serial of the first job; each next one is one more. */
  readonly firstSerial: number;
  /** A priority counts over all functions of a worker (gearmand 2.0), or only within one (1.1). */
  readonly priorityScope: "worker" | "function";
  /** The functions of a worker are served in turn; else the newest one is drained first. */
  readonly isRoundRobin: boolean;
  /** To how many workers a job may be given before a lost one ends it; Infinity for no limit. */
  readonly assignmentsMax: number;
  /** Functions remembered; beyond it the oldest idle one is forgotten, and where none is idle a new one is refused. */
  readonly functionsMax: number;
  /** All jobs together with what the table needs for each, bytes; beyond it a submit is refused. Infinity for no limit. */
  readonly memoryBytesMax: number;
}
