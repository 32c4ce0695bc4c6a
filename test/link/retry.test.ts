/** The waits before a lost server is tried again. */
import { expect, test } from "bun:test";
import { LIMITS } from "../../src/base/limits.ts";
import { Retry } from "../../src/link/retry.ts";

test("the waits double from the least to the greatest, less up to a half, and begin anew after a reset", () => {
  for (let round = 0; round < 200; round++) {
    const retry = new Retry();
    for (const tries of [60, 3, 1_200]) {
      for (let index = 0; index < tries; index++) {
        const fullMs = Math.min(LIMITS.retryMsMax, LIMITS.retryMsMin * 2 ** Math.min(index, 20));
        const waitMs = retry.nextMs();
        expect(waitMs).toBeGreaterThanOrEqual(fullMs / 2);
        expect(waitMs).toBeLessThanOrEqual(fullMs);
        expect(Number.isInteger(waitMs)).toBe(true);
      }
      retry.reset();
    }
  }
});

test("no two clients wait in step", () => {
  const waits = new Set(
    Array.from({ length: 50 }, () => {
      const retry = new Retry();
      for (let index = 0; index < 6; index++) retry.nextMs();
      return retry.nextMs();
    }),
  );
  expect(waits.size).toBeGreaterThan(20);
});
