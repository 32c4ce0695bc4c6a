/** Names are bytes inside, one char each; to people they are shown as UTF-8 where they are valid UTF-8. */

const decoder = new TextDecoder("utf-8", { fatal: true });

/** Function names, uniques and the like for logs and the command line; what is not UTF-8 stays one char per byte. */
export function showBytes(latin1: string): string {
  try {
    return decoder.decode(Uint8Array.from(latin1, (char) => char.charCodeAt(0)));
  } catch {
    return latin1;
  }
}
