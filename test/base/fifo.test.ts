/** The first-in, first-out list against a plain array. */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { Fifo } from "../../src/base/fifo.ts";

type Step =
  | { readonly kind: "push"; readonly count: number }
  | { readonly kind: "shift"; readonly count: number }
  | { readonly kind: "replace" | "all" };

// More than 1,024 at once, so that what was taken is also cut off in the middle.
const counts = fc.oneof(fc.nat(4), fc.integer({ min: 900, max: 1_500 }));
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant("push" as const), count: counts }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant("shift" as const), count: counts }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("replace" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("all" as const) }) },
);

test("a Fifo gives what an array gives, whatever is done in whatever order", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const fifo = new Fifo<number>();
      const plain: number[] = [];
      let next = 0;
      for (const one of steps) {
        if (one.kind === "push") {
          for (let index = 0; index < one.count; index++) {
            fifo.push(next);
            plain.push(next);
            next += 1;
          }
        } else if (one.kind === "shift") {
          for (let index = 0; index < one.count; index++) if (fifo.shift() !== plain.shift()) return false;
        } else if (one.kind === "replace") {
          fifo.replaceLast(-next);
          if (plain.length > 0) plain[plain.length - 1] = -next;
        } else if (fifo.takeAll().join() !== plain.splice(0).join()) return false;
        if (fifo.length !== plain.length || fifo.first !== plain[0] || fifo.last !== plain.at(-1)) return false;
      }
      return fifo.takeAll().join() === plain.join();
    }),
    { numRuns: 200 },
  );
});

test("an empty Fifo has nothing to give, also after it was full", () => {
  const fifo = new Fifo<string>();
  fifo.replaceLast("x");
  expect([fifo.length, fifo.first, fifo.last, fifo.shift(), fifo.takeAll()]).toEqual([
    0,
    undefined,
    undefined,
    undefined,
    [],
  ]);
  fifo.push("a");
  expect([fifo.shift(), fifo.shift(), fifo.length, fifo.last]).toEqual(["a", undefined, 0, undefined]);
});
