/** Counts calls or jobs within a window of time that begins after a warm-up. */
import type { LoadResult } from "../program-run.ts";

/** The window. */
export interface Span {
  readonly warmMs: number;
  readonly measureMs: number;
}

/** How long calls may take that are under way when the window ends, ms. */
const GRACE_MS = 5_000;

function resultOf(latenciesMs: readonly number[], span: Span): LoadResult {
  const sorted = Float64Array.from(latenciesMs).sort();
  const at = (share: number) => (sorted[Math.min(Math.floor(sorted.length * share), sorted.length - 1)] ?? 0) * 1000;
  const seconds = span.measureMs / 1000;
  return { count: sorted.length, seconds, perSecond: sorted.length / seconds, medianUs: at(0.5), p99Us: at(0.99) };
}

/** Keeps `inFlight` calls under way, and says how many ended within the window. Throws when calls never end. */
export async function timedCalls(call: () => Promise<unknown>, inFlight: number, span: Span): Promise<LoadResult> {
  const fromMs = performance.now() + span.warmMs;
  const endMs = fromMs + span.measureMs;
  const latenciesMs: number[] = [];
  let laneCount = inFlight;
  const lane = async () => {
    for (let startMs = performance.now(); startMs < endMs; ) {
      await call();
      const nowMs = performance.now();
      if (nowMs >= fromMs && nowMs <= endMs) latenciesMs.push(nowMs - startMs);
      startMs = nowMs;
    }
    laneCount -= 1;
  };
  const late = new Promise<never>((_resolve, reject) => {
    const fail = () => reject(new Error(`${laneCount} of ${inFlight} calls never ended`));
    setTimeout(fail, endMs + GRACE_MS - performance.now()).unref();
  });
  await Promise.race([Promise.all(Array.from({ length: inFlight }, lane)), late]);
  return resultOf(latenciesMs, span);
}

/** Counts jobs within the window, or until `jobCountMax` of them are over, whichever is first. */
export class CountedJobs {
  readonly result: Promise<LoadResult>;
  readonly #jobCountMax: number;
  #count = 0;
  #countBefore = 0;
  #fromMs = 0;
  #resolve: (result: LoadResult) => void = () => {};
  #reject: (error: Error) => void = () => {};

  constructor(jobCountMax: number, span: Span) {
    this.#jobCountMax = jobCountMax;
    this.result = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    setTimeout(() => {
      this.#fromMs = performance.now();
      this.#countBefore = this.#count;
    }, span.warmMs);
    setTimeout(() => this.#end(), span.warmMs + span.measureMs);
  }

  readonly onJob = (): void => {
    this.#count += 1;
    if (this.#count === this.#jobCountMax) this.#end();
  };

  #end(): void {
    const count = this.#count - this.#countBefore;
    const seconds = (performance.now() - this.#fromMs) / 1000;
    if (this.#fromMs === 0) this.#reject(new Error("all jobs were over before the warm-up was"));
    else this.#resolve({ count, seconds, perSecond: count / seconds });
  }
}
