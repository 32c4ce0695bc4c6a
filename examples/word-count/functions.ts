/** The function that client and worker share, with its types. */
import { defineFunction, json, text } from "../../src/index.ts";

/** How often each word occurs. */
export type WordCounts = Record<string, number>;

/** Counts the words of a text. */
export const countWords = defineFunction("count-words", { workload: text, result: json<WordCounts>() });
