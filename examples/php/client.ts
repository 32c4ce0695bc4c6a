/** Asks a worker in PHP which of some words is most like another one. */
import { Client, defineFunction, json } from "../../src/index.ts";

/** A word, and the words to compare it with. */
interface Comparison {
  readonly word: string;
  readonly among: readonly string[];
}

const similarity = defineFunction("similarity", {
  workload: json<Comparison>(),
  result: json<Record<string, number>>(),
});

const servers = (process.env["GEARMAN_SERVERS"] ?? "127.0.0.1:4730").split(",");
const [word = "gearman", ...given] = process.argv.slice(2);
const among = given.length > 0 ? given : ["manager", "german", "gearbox"];

const client = new Client({ servers });
const percents = await client.run(
  similarity,
  { word, among },
  {
    onUpdate: (update) => {
      if (update.kind === "status") console.error(`${update.numerator} of ${update.denominator}`);
    },
  },
);
await client.close();
for (const [other, percent] of Object.entries(percents)) console.log(`${String(percent).padStart(3)} % ${other}`);
