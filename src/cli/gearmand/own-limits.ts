/** The limits that gearmand has no flags for, taken from the environment variables of `gearwright serve`. */
import type { ServerOptions } from "../../server/server-options.ts";
import { readSettings } from "../../settings/read-settings.ts";
import { quarterOfMemoryBytes } from "../../settings/rules.ts";
import { showMistake } from "../../settings/setting.ts";

/** The variables that count for `gearwright gearmand`, too. */
const LIMIT_VARIABLES = [
  "GEARWRIGHT_BODY_MAX",
  "GEARWRIGHT_BUFFER_MEMORY",
  "GEARWRIGHT_MEMORY",
  "GEARWRIGHT_IDLE",
] as const;

type Limits = Pick<ServerOptions, "bodyBytesMax" | "bufferBytesMax" | "memoryBytesMax" | "idleMs">;

/** The limits, or one sentence for each mistake. */
export function limitsFromEnvironment(environment: Readonly<Record<string, string | undefined>>): {
  readonly limits: Limits | undefined;
  readonly mistakes: readonly string[];
} {
  const chosen = Object.fromEntries(LIMIT_VARIABLES.map((name) => [name, environment[name]]));
  const { settings, mistakes } = readSettings({ args: [], environment: chosen });
  if (settings === undefined) return { limits: undefined, mistakes: mistakes.map(showMistake) };
  const { bodyBytesMax, bufferBytesMax, idleMs } = settings;
  const memoryBytesMax = settings.memoryBytesMax ?? quarterOfMemoryBytes();
  return { limits: { bodyBytesMax, bufferBytesMax, memoryBytesMax, idleMs }, mistakes: [] };
}
