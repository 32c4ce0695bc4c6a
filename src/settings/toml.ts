/** The parser of settings files, loaded only where a file may be named: it takes as much memory as 2,500 idle workers. */

import type { TomlParser } from "./given.ts";
import { environmentName } from "./setting.ts";
import { SETTINGS } from "./table.ts";

/** The parser, or undefined where neither the flags nor the environment can name a file. */
export async function tomlParser(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Promise<TomlParser | undefined> {
  const isInEnvironment = environment[environmentName(SETTINGS.config)] !== undefined;
  const isNamed = isInEnvironment || args.some((word) => word.startsWith(SETTINGS.config.flag));
  return isNamed ? (await import("smol-toml")).parse : undefined;
}
