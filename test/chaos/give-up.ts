/** How a call of a load is given up: not, by a signal or by its time limit, at a random moment. */
import type { Chance } from "../fuzz/chance.ts";
import { uncounted } from "./balance.ts";

/** One call's way to be given up. */
export interface GiveUp {
  readonly kind: "not" | "abort" | "timeout";
  /** What the call is given. */
  readonly options: { readonly signal?: AbortSignal; readonly timeoutMs?: number };
  /** Whether it is given up before anything can have been sent. */
  readonly isAtOnce: boolean;
  /** To be called once the call is made. */
  arm(): void;
  /** To be called when it is over. */
  lift(): void;
}

/** Longest time until a call is given up, ms. */
const GIVE_UP_MS_MAX = 40;
/** A time limit that no call reaches, ms. */
const NEVER_MS = 900_000;

function ignore(): void {}

/** With the signal, with a time limit that is never reached, or plain. */
function notGivenUp({ chance, signal }: GiveUpOptions): GiveUp {
  const options = chance.of([{ signal }, { timeoutMs: NEVER_MS }, {}, {}]);
  return {
    kind: "not",
    options,
    isAtOnce: false,
    arm: ignore,
    lift: ignore,
  };
}

function byTime(chance: Chance): GiveUp {
  const timeoutMs = 1 + chance.below(GIVE_UP_MS_MAX);
  return { kind: "timeout", options: { timeoutMs }, isAtOnce: false, arm: ignore, lift: ignore };
}

function bySignal(chance: Chance): GiveUp {
  const controller = new AbortController();
  const way = chance.below(6);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const abort = (): void => controller.abort(new Error("enough"));
  const arm = (): void => {
    if (way === 0) abort();
    else if (way === 1) queueMicrotask(abort);
    else if (way === 2) setImmediate(abort);
    else timer = uncounted.setTimeout(abort, chance.below(GIVE_UP_MS_MAX));
  };
  const lift = (): void => uncounted.clearTimeout(timer);
  return { kind: "abort", options: { signal: controller.signal }, isAtOnce: way < 2, arm, lift };
}

/** What to draw a way from. */
export interface GiveUpOptions {
  readonly chance: Chance;
  /** One call in so many is given up. */
  readonly oneIn: number;
  /** A signal that never aborts, for some of those that are not given up. */
  readonly signal: AbortSignal;
}

/** Draws how a call is given up. */
export function drawGiveUp(options: GiveUpOptions): GiveUp {
  const { chance, oneIn } = options;
  if (!chance.oneIn(oneIn)) return notGivenUp(options);
  return chance.oneIn(2) ? byTime(chance) : bySignal(chance);
}
