/** The map by handle: the same as a Map under any play, small again when it is empty. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { HandleMap } from "../../src/link/handle-map.ts";

const STEPS = fc.array(
  fc.record({
    what: fc.oneof({ weight: 3, arbitrary: fc.constantFrom("set" as const) }, fc.constantFrom("delete" as const)),
    // Few numbers, so that handles come again; many of them hash alike in a small table.
    number: fc.integer({ min: 0, max: 300 }),
  }),
  { maxLength: 400 },
);

describe("a handle map", () => {
  test("is a Map under any play of sets and deletions", () => {
    fc.assert(
      fc.property(STEPS, fc.constantFrom("H:host:", "", "H:a-very-long-host-name:"), (steps, prefix) => {
        const fast = new HandleMap<number>();
        const slow = new Map<string, number>();
        for (const [index, { what, number }] of steps.entries()) {
          const handle = `${prefix}${number}`;
          if (what === "set") {
            fast.set(handle, index);
            slow.set(handle, index);
          } else {
            fast.delete(handle);
            slow.delete(handle);
          }
          expect(fast.size).toBe(slow.size);
        }
        for (let number = 0; number <= 300; number++) {
          expect(fast.get(`${prefix}${number}`)).toBe(slow.get(`${prefix}${number}`));
        }
        expect([...fast.values()].sort()).toEqual([...slow.values()].sort());
      }),
      { numRuns: 300 },
    );
  });

  test("keeps handles that are the same at their end apart", () => {
    const map = new HandleMap<string>();
    for (const host of ["a", "b", "c"]) map.set(`H:${host}:123456789012`, host);
    map.delete("H:b:123456789012");
    expect(["a", "b", "c"].map((host) => map.get(`H:${host}:123456789012`))).toEqual(["a", undefined, "c"]);
  });

  test("holds many, and none after they are deleted or cleared", () => {
    const map = new HandleMap<number>();
    for (let number = 0; number < 20_000; number++) map.set(`H:host:${number}`, number);
    for (let number = 0; number < 20_000; number += 2) map.delete(`H:host:${number}`);
    expect(map.size).toBe(10_000);
    for (let number = 0; number < 20_000; number++) {
      expect(map.get(`H:host:${number}`)).toBe(number % 2 === 0 ? undefined : number);
    }
    map.clear();
    expect([map.size, map.values().length, map.get("H:host:1")]).toEqual([0, 0, undefined]);
  });
});
