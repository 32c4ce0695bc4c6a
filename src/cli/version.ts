/** The version of this package, and the runtime that runs it. */
import { readFileSync } from "node:fs";

/** The version in package.json. */
export function packageVersion(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  const parsed: unknown = JSON.parse(text);
  const version = typeof parsed === "object" && parsed !== null && "version" in parsed ? parsed.version : undefined;
  return typeof version === "string" ? version : "unknown";
}

/** The runtime as people write it, e.g. `Bun 1.4.5` or `Node 26.1.0`. */
export function runtimeName(): string {
  const bun = process.versions["bun"];
  return bun === undefined ? `Node ${process.versions.node}` : `Bun ${bun}`;
}
