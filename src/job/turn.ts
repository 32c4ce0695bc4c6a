/** Which of a worker's functions is served next. */
import type { Ability, Connection } from "./connection.ts";
import { PRIORITIES } from "./job.ts";

/** The ability to serve next when a priority counts over all functions. */
export function bestOverall(connection: Connection): Ability | undefined {
  for (const priority of PRIORITIES) {
    for (let ability = connection.firstTurn; ability !== undefined; ability = ability.nextTurn) {
      if (ability.functionQueue.firstOf(priority) !== undefined) return ability;
    }
  }
  return undefined;
}

/** The ability to serve next when a priority counts only within a function. */
export function firstWithJobs(connection: Connection): Ability | undefined {
  let ability = connection.firstTurn;
  while (ability !== undefined && ability.functionQueue.assignableCount === 0) ability = ability.nextTurn;
  return ability;
}
