/** The picture and the table of a job's states in docs/job-states.md, drawn from STEPS. */
import { type JobState, STEPS } from "../../src/job/states.ts";

const STATES = Object.keys(STEPS) as JobState[];

/** Markdown: a Mermaid diagram and a table of every lawful step. */
export function jobStates(): string {
  const arrows = STATES.flatMap((state) => drawn(state).map(([next, events]) => `  ${state} --> ${next}: ${events}`));
  const rows = STATES.flatMap((state) =>
    Object.entries(STEPS[state]).map(([event, next]) => `| ${state} | ${event} | ${next} |`),
  );
  return [
    "```mermaid",
    "stateDiagram-v2",
    "  [*] --> pending: submit",
    ...arrows,
    "  over --> [*]",
    "```",
    "",
    "| state | event | next state |",
    "| --- | --- | --- |",
    ...rows,
  ].join("\n");
}

/** One arrow per next state, with all events that lead there. */
function drawn(state: JobState): [string, string][] {
  const arrows = new Map<string, string[]>();
  for (const [event, next] of Object.entries<string>(STEPS[state])) {
    arrows.set(next, [...(arrows.get(next) ?? []), event]);
  }
  return [...arrows].map(([next, events]) => [next, events.join(", ")]);
}
