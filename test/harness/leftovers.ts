/**
 * Ends the processes that a test left behind, however the test run itself ended.
 *
 * `bun test` runs no exit handlers, and nothing can run in a process that was killed. So a small shell waits beside us: it is
 * told of every process that starts and ends, and when its input closes, because we are gone, it kills what is left.
 */
import { type ChildProcess, spawn } from "node:child_process";

const WATCH = `
  trap '' INT TERM HUP
  kept=
  while read -r sign pid folder; do
    rest=
    for entry in $kept; do [ "\${entry%%:*}" = "$pid" ] || rest="$rest $entry"; done
    kept=$rest
    [ "$sign" = + ] && kept="$kept $pid:$folder"
  done
  for entry in $kept; do kill -9 "\${entry%%:*}"; rm -rf "\${entry#*:}"; done
`;

let watch: ChildProcess | undefined;

function tell(line: string): void {
  if (watch === undefined) {
    watch = spawn("/bin/sh", ["-c", WATCH], { stdio: ["pipe", "ignore", "ignore"], detached: true });
    watch.unref();
    watch.stdin?.on("error", () => {});
  }
  watch.stdin?.write(`${line}\n`);
}

/** From now on, `pid` is killed and `folder` (a path without blanks) removed when this process ends. */
export function killAtEnd(pid: number, folder: string): void {
  tell(`+ ${pid} ${folder}`);
}

/** `pid` has ended by itself. */
export function hasEnded(pid: number): void {
  tell(`- ${pid}`);
}
