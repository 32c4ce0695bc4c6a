/** How a program under load ends when it could not do its load. */

/** Ends the process with exit status 1; stderr has the error in one line. */
export function failed(error: unknown): never {
  console.error(String(error));
  process.exit(1);
}
