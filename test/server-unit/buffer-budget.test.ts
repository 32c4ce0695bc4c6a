/** The buffer memory: who gets it, in which order, and that nobody waits for ever. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type BudgetUser, BufferBudget } from "../../src/server/buffer-budget.ts";

const RUNS = 1_000;
const BYTES_MAX = 100;

class User implements BudgetUser {
  readonly bytes: number;
  isGranted = false;

  constructor(bytes: number) {
    this.bytes = bytes;
  }

  granted(): void {
    expect(this.isGranted).toBe(false);
    this.isGranted = true;
  }
}

const step = fc.record({
  kind: fc.constantFrom("reserve" as const, "give back" as const, "leave" as const, "more" as const, "less" as const),
  bytes: fc.integer({ min: 1, max: 60 }),
  which: fc.nat(),
});

describe("BufferBudget", () => {
  test("reservations are granted in order, as soon as there is room, and always where nobody has one", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100, size: "max" }), (steps) => {
        const budget = new BufferBudget(BYTES_MAX);
        /** Users with a reservation or waiting for one, in order of asking. */
        let users: User[] = [];
        let otherBytes = 0;
        for (const { kind, bytes, which } of steps) {
          const user = users[which % Math.max(1, users.length)];
          if (kind === "reserve") {
            const asking = new User(bytes);
            users.push(asking);
            if (budget.reserve(asking, bytes)) asking.isGranted = true;
          } else if (kind === "more" || kind === "less") {
            const change = kind === "more" ? bytes : -Math.min(bytes, otherBytes);
            otherBytes += change;
            budget.change(change);
          } else if (user?.isGranted === (kind === "give back") && user !== undefined) {
            users = users.filter((other) => other !== user);
            if (kind === "leave") budget.forget(user);
            else budget.giveBack(user.bytes);
          }
          const granted = users.filter((other) => other.isGranted);
          const waiting = users.filter((other) => !other.isGranted);
          const usedBytes = granted.reduce((sum, other) => sum + other.bytes, otherBytes);
          expect(budget.usedBytes).toBe(usedBytes);
          expect(budget.isExceeded).toBe(usedBytes > BYTES_MAX);
          expect(budget.isTight).toBe(usedBytes > BYTES_MAX / 8);
          expect(users.slice(0, granted.length)).toEqual(granted);
          const first = waiting[0];
          if (first === undefined) continue;
          expect(granted.length).toBeGreaterThan(0);
          expect(usedBytes + first.bytes).toBeGreaterThan(BYTES_MAX);
        }
      }),
      { numRuns: RUNS },
    );
  });
});
