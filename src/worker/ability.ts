/** A function that a worker can do: its name on the wire, its codecs and its handler. */
import { checkMs, checkNames, invalid } from "../base/checks.ts";
import { bytes, type Codec } from "../base/codec.ts";
import { wireName } from "../base/job-function.ts";
import { LIMITS } from "../base/limits.ts";
import { PACKETS } from "../protocol/packets.ts";
import type { AnyFunction, FunctionOptions, Handler } from "./worker-options.ts";

const FUNCTION_NAMES: ReadonlySet<string> = new Set(["timeoutMs"]);

/** A packet that tells a server what the worker can do: type and arguments. */
export interface Registration {
  readonly type: number;
  readonly head: string;
}

/** A function that was registered. */
export interface Ability {
  readonly name: string;
  /** The name as the wire has it, one char per byte. */
  readonly wire: string;
  readonly workload: Codec<unknown>;
  readonly result: Codec<unknown>;
  readonly handler: Handler<unknown, unknown>;
  /** 0: none. */
  readonly timeoutMs: number;
  /** What registers it with a server that does not know of it. */
  readonly packet: Registration;
}

const NO_RESULT = new Uint8Array(0);

/** The result of a function that is named by a string alone. */
const bytesOrNothing: Codec<unknown> = {
  name: bytes.name,
  encode: (value) => (value === undefined ? NO_RESULT : bytes.encode(value as string)),
  decode: bytes.decode,
};

/** Throws GearError INVALID_ARGUMENT for anything that is not what the types say. */
export function ability(fn: string | AnyFunction, handler: unknown, options: FunctionOptions): Ability {
  const wire = wireOf(fn);
  if (typeof handler !== "function") throw invalid("the handler is a function of a job");
  checkNames(options, FUNCTION_NAMES, "options of a function");
  const { timeoutMs = 0 } = options;
  if (timeoutMs !== 0) checkMs(timeoutMs, "timeoutMs", LIMITS.workerTimeoutMsMin);
  return {
    name: typeof fn === "string" ? fn : fn.name,
    wire,
    workload: typeof fn === "string" ? (bytes as Codec<unknown>) : fn.workload,
    result: typeof fn === "string" ? bytesOrNothing : fn.result,
    handler: handler as Handler<unknown, unknown>,
    timeoutMs,
    packet: timeoutMs === 0 ? { type: PACKETS.CAN_DO.type, head: wire } : withTimeLimit(wire, timeoutMs),
  };
}

function withTimeLimit(wire: string, timeoutMs: number): Registration {
  return { type: PACKETS.CAN_DO_TIMEOUT.type, head: `${wire}\0${timeoutMs}` };
}

/**
 * What a server that was told of `earlier` is sent so that it knows of `later`.
 *
 * CAN_DO alone leaves the time limit as it is (gearmand 2.0), and CAN_DO_TIMEOUT of 0 is a limit of no time to the Perl server,
 * which CAN_DO takes away: so both are sent, in this order.
 */
export function registrations(later: Ability, earlier: Ability | undefined): readonly Registration[] {
  if (earlier?.packet.head === later.packet.head) return [];
  if (earlier === undefined || later.timeoutMs > 0) return [later.packet];
  return [withTimeLimit(later.wire, 0), later.packet];
}

/** The wire name of a function; throws GearError INVALID_ARGUMENT. */
export function wireOf(fn: string | AnyFunction): string {
  if (typeof fn === "object" && fn !== null) {
    if (typeof fn.workload?.decode !== "function" || typeof fn.result?.encode !== "function") {
      throw invalid("a function is a name, or what defineFunction made");
    }
    return wireName(fn.name, "a function's name");
  }
  return wireName(fn, "a function's name");
}
