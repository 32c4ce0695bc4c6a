/** Counts the words of the files that are named: splits them, has the parts counted, and adds up what comes back. */
import { Client } from "../../src/index.ts";
import { countWords } from "./functions.ts";
import { partsOf } from "./split.ts";

/** Chars of a part: so many that the work is more than the sending, so few that all workers get some. */
const PART_CHARS = 32 * 1024;
/** Words that are shown. */
const SHOWN = 10;

const servers = (process.env["GEARMAN_SERVERS"] ?? "127.0.0.1:4730").split(",");
const paths = process.argv.slice(2);
const client = new Client({ servers });
const totals = new Map<string, number>();
let partCount = 0;
for await (const counts of client.map(countWords, partsOf(paths, PART_CHARS), { inFlightMax: 16 })) {
  partCount += 1;
  for (const [word, count] of Object.entries(counts)) totals.set(word, (totals.get(word) ?? 0) + count);
}
await client.close();

const sorted = [...totals].sort(
  ([one, oneCount], [other, otherCount]) => otherCount - oneCount || (one < other ? -1 : 1),
);
const words = sorted.reduce((sum, [, count]) => sum + count, 0);
console.log(`${words} words, ${totals.size} different ones, in ${paths.length} files (${partCount} jobs)`);
for (const [word, count] of sorted.slice(0, SHOWN)) console.log(`${String(count).padStart(8)} ${word}`);
