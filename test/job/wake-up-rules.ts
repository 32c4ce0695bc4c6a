/**
 * The rules of wake-ups, checked after every call.
 *
 * Who is woken is the table's choice. What it may choose, and when it must, is fixed: one NOOP per job and factor, credited to one
 * function, and no job without a NOOP under way while somebody sleeps who could do it.
 */
import { Mismatch, same } from "./mismatch.ts";
import type { Model } from "./model.ts";
import type { ModelConnection } from "./model-records.ts";

/** What was seen of the real table in one call. */
export interface SeenWakes {
  /** Connections that got NOOP, in order. */
  readonly wokenIds: readonly number[];
  /** The function that a connection's wake-up is credited to in the real table. */
  readonly creditOf: (id: number) => string | undefined;
  readonly nowMs: number;
}

/** Takes the NOOPs over into the model and throws a Mismatch where a rule is broken. */
export function checkWakes(model: Model, seen: SeenWakes): void {
  const credited = new Set<string>();
  for (const id of seen.wokenIds) credited.add(takeWake(model, id, seen));
  for (const each of model.connections) {
    same("wake-ups: credits", [each.id, seen.creditOf(each.id)], [each.id, each.credit?.functionName]);
  }
  for (const { name } of model.functions) {
    const wanted = assignable(model, name) * model.settings.wakeupsPerJob;
    const credits = creditsOf(model, name);
    if (credited.has(name) && credits > wanted) {
      const detail = `function "${name}" got credit ${credits} where ${wanted} is enough`;
      throw new Mismatch("wake-ups: NOOP only for a job not covered", detail);
    }
    if (credits >= wanted) continue;
    const left = model.workersOf(name).find(canBeWoken);
    if (left === undefined) continue;
    const detail = `function "${name}" has credit ${credits} of ${wanted}, and connection ${left.id} sleeps`;
    throw new Mismatch("wake-ups: every job covered or every sleeper woken", detail);
  }
}

function takeWake(model: Model, id: number, { creditOf, nowMs }: SeenWakes): string {
  const connection = model.connections.find((each) => each.id === id);
  if (connection === undefined || !canBeWoken(connection)) {
    const why = connection === undefined ? "is closed" : connection.isAsleep ? "has its NOOP" : "does not sleep";
    throw new Mismatch("wake-ups: NOOP only to a sleeper that has none", `connection ${id} ${why}`);
  }
  const functionName = creditOf(id);
  if (functionName === undefined || !connection.abilities.some((each) => each.functionName === functionName)) {
    throw new Mismatch("wake-ups: credits", `connection ${id} is woken for "${functionName}", which it cannot do`);
  }
  connection.hasNoop = true;
  connection.credit = { functionName, sinceMs: nowMs };
  return functionName;
}

function canBeWoken(connection: ModelConnection): boolean {
  return connection.isAsleep && !connection.hasNoop;
}

function assignable(model: Model, name: string): number {
  return model.line.filter((job) => job.request.functionName === name).length;
}

function creditsOf(model: Model, name: string): number {
  return model.connections.filter((each) => each.credit?.functionName === name).length;
}
