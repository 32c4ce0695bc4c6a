/** Numbers as gearmand reads them. */

/** As C's atoi into 32 unsigned bits: leading blanks, a sign, digits; the rest is ignored. */
export function decimalStart(word: string): number {
  return Number(/^\s*[+-]?\d+/.exec(word)?.[0] ?? 0) >>> 0;
}
