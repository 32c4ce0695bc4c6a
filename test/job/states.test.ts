/** The table of lawful steps. */
import { describe, expect, test } from "bun:test";
import { type JobEvent, type JobState, STEPS, stateAfter } from "../../src/job/states.ts";

const STATES = Object.keys(STEPS) as JobState[];
const EVENTS = [...new Set(STATES.flatMap((state) => Object.keys(STEPS[state])))] as JobEvent[];

describe("the states of a job", () => {
  test("follow the table where a step is lawful, and break an invariant where it is not", () => {
    for (const state of STATES) {
      const steps: Partial<Record<JobEvent, JobState>> = STEPS[state];
      for (const event of EVENTS) {
        const next = steps[event];
        if (next === undefined)
          expect(() => stateAfter(state, event)).toThrow(`a job that is ${state} cannot ${event}`);
        else expect(stateAfter(state, event)).toBe(next);
      }
    }
  });

  test("all come from pending, all can end, and over is the end", () => {
    const reached = new Set<JobState>(["pending"]);
    for (const state of reached) for (const next of Object.values(STEPS[state])) reached.add(next);
    expect([...reached].sort()).toEqual([...STATES].sort());
    for (const state of STATES) if (state !== "over") expect(Object.values<JobState>(STEPS[state])).toContain("over");
    expect(STEPS.over).toEqual({});
  });

  test("can be cancelled until over", () => {
    for (const state of STATES) if (state !== "over") expect(stateAfter(state, "cancel")).toBe("over");
  });
});
