/** Where time comes from; handed in everywhere, so that tests and the simulation own it. */

/** Monotonic and wall time. */
export interface Clock {
  /** Monotonic time, ms with fractions; only differences mean anything. */
  nowMs(): number;
  /** Wall time, ms since 1970. */
  wallMs(): number;
}

/** The machine's clock. */
export const systemClock: Clock = {
  nowMs: () => performance.now(),
  wallMs: () => Date.now(),
};
