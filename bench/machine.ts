/** What a report says of the machine it was made on. */
import { cpus, release, totalmem } from "node:os";

const GIGABYTE = 1e9;

/** The day, processors, memory, kernel and the runner's Bun. */
export function machine(): string {
  const processors = cpus();
  const model = processors[0]?.model ?? "unknown processor";
  const memory = `${(totalmem() / GIGABYTE).toFixed(0)} GB`;
  const day = new Date().toISOString().slice(0, 10);
  const bun = process.versions.bun ?? "not used by the runner";
  return `${day}; ${processors.length} × ${model}, ${memory}, Linux ${release()}; Bun ${bun}`;
}
