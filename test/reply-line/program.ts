/**
 * Plays at random on the runtime that runs it, and ends with status 0 if all was well.
 *
 * Its argument is a list of PlayOptions as JSON; it prints how many submits were refused in all.
 */
import { type PlayOptions, playOnce } from "./play.ts";

let refusedCount = 0;
for (const options of JSON.parse(process.argv[2] ?? "[]") as PlayOptions[]) refusedCount += await playOnce(options);
console.log(refusedCount);
process.exit(0);
