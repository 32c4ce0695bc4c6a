/**
 * What a child of `gearwright/testing` runs: a job server that lives for as long as its standard input is open.
 *
 * Its one argument is the port; it writes one line, a ChildReport. The input closes when the parent asks for the end, and also
 * when the parent is gone, however it went.
 */
import { openTestServer } from "./open-test-server.ts";
import type { ChildReport } from "./started-server.ts";

function report(line: ChildReport, then: () => void = () => {}): void {
  process.stdout.write(`${JSON.stringify(line)}\n`, then);
}

const end = (): never => process.exit(0);
process.stdin.on("end", end).on("close", end).on("error", end).resume();
// A terminal's interrupt goes to the parent too, which may still want the server while it ends.
process.on("SIGINT", () => {});

openTestServer(Number(process.argv[2])).then(
  ({ port }) => report({ port }),
  (error: unknown) => {
    const code = error instanceof Error && "code" in error ? String(error.code) : "LISTEN_FAILED";
    report({ code, text: error instanceof Error ? error.message : String(error) }, () => process.exit(1));
  },
);
