/** Checks of what callers hand in; each throws GearError INVALID_ARGUMENT with what is wrong and what would be right. */
import { GearError } from "./errors.ts";

/** Longest time of a timer, ms. Source: the runtimes keep it in 31 bits. */
const TIMER_MS_MAX: number = 2 ** 31 - 1;

/** What a number must be. */
export interface WholeRange {
  /** What the error calls it. */
  readonly name: string;
  readonly min: number;
  readonly max: number;
}

/** A whole number within the range. */
export function checkWhole(value: unknown, { name, min, max }: WholeRange): void {
  if (typeof value === "number" && Number.isInteger(value) && value >= min && value <= max) return;
  throw invalid(`${name} is a whole number from ${min} to ${max}, not ${shown(value)}`);
}

/** A whole number of ms from `min` to 2^31 − 1. */
export function checkMs(value: unknown, name: string, min: number): void {
  checkWhole(value, { name, min, max: TIMER_MS_MAX });
}

/** An object that has no other names than these. `what`: as in "options of a worker". */
export function checkNames(options: unknown, names: ReadonlySet<string>, what: string): void {
  if (typeof options !== "object" || options === null) throw invalid(`${what} are an object, not ${shown(options)}`);
  for (const name in options) {
    if (!names.has(name)) throw invalid(`${what}: ${name} is unknown; there are ${[...names].join(", ")}`);
  }
}

/** True, false, or nothing. */
export function checkSwitch(value: unknown, name: string): void {
  if (value === undefined || typeof value === "boolean") return;
  throw invalid(`${name} is true or false, not ${shown(value)}`);
}

/** A function, or nothing. */
export function checkListener(listener: unknown, name: string): void {
  if (listener === undefined || typeof listener === "function") return;
  throw invalid(`${name} is a function, not ${shown(listener)}`);
}

/** An AbortSignal, or nothing. */
export function checkSignal(signal: unknown): void {
  if (signal !== undefined && !(signal instanceof AbortSignal)) throw invalid("signal is an AbortSignal");
}

/** An error of code INVALID_ARGUMENT. */
export function invalid(text: string): GearError {
  return new GearError("INVALID_ARGUMENT", text);
}

function shown(value: unknown): string {
  return value !== null && (typeof value === "object" || typeof value === "function") ? typeof value : String(value);
}
