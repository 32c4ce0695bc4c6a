/** Faults planted in a copy of the client and worker libraries, and what a load must say of each. */
import type { PlantedFault } from "../harness/planted-copy.ts";

/** A fault, and how it is found. */
export interface ChaosFault extends PlantedFault {
  /** What one of the shortfalls says. */
  readonly found: RegExp;
  /** The same in words, for the docs. */
  readonly shown: string;
}

const SESSION = "src/client/session.ts";
const DISPATCH = "src/client/dispatch.ts";
const LIMIT = "src/client/call-limit.ts";
const JOB = "src/client/foreground-job.ts";
const LINE = "src/link/line.ts";
const WORKER_SESSION = "src/worker/session.ts";

/** Found by losses, aborts and timeouts. */
export const LOSS_FAULTS: readonly ChaosFault[] = [
  {
    name: "the answer to a submit that was given up is taken for the next one's",
    file: SESSION,
    from: /const request = this\.#asked\.first;/,
    to: `while (this.#asked.first?.isOver && this.#asked.first !== WITH_EXCEPTIONS) this.#asked.shift();
         const request = this.#asked.first;`,
    found: /^wrong: |for which nobody asked/,
    shown: "`wrong` or an answer for which nobody asked",
  },
  {
    name: "one result in twenty goes out with the handle of the job before",
    file: "src/worker/running-job.ts",
    from: /this\.#head = `\$\{options\.handle\}\\0`;/,
    to: `globalThis.begun = (globalThis.begun ?? 0) + 1;
         this.#head = globalThis.begun % 20 === 0 ? globalThis.before : \`\${options.handle}\\0\`;
         globalThis.before = this.#head;`,
    found: /^wrong: /,
    shown: "`wrong`",
  },
  {
    name: "every third job in hand does not hear that its connection was lost",
    file: DISPATCH,
    from: /for \(const job of jobs\) job\.lost\(error\);/,
    to: "for (const [index, job] of jobs.entries()) if (index % 3 !== 2) job.lost(error);",
    found: /^hanging: /,
    shown: "`hanging`",
  },
  {
    name: "a job that waited for a server is sent twice",
    file: DISPATCH,
    from: /if \(session !== undefined\) session\.ask\(request\);\n\s+else if/,
    to: "if (session !== undefined) { session.ask(request); session.ask(request); } else if",
    found: /^twice: /,
    shown: "`twice`",
  },
  {
    name: "a job that was given up hears on",
    file: JOB,
    from: /this\.#session\?\.detach\([^;]*\);/,
    to: "",
    found: /^twice: .* after its end/,
    shown: "`twice`: an update after the end",
  },
  {
    name: "a time limit's timer outlives its call",
    file: LIMIT,
    from: /this\.#abort = undefined;\n\s+clearTimeout\(this\.#timer\);/,
    to: "this.#abort = undefined;",
    found: /^unbalanced: a timeout of .* is left/,
    shown: "`unbalanced`: a timer is left",
  },
  {
    name: "the timer of a lost connection runs on",
    file: LINE,
    from: /clearTimeout\(this\.#timer\);\n\s+this\.#out\.take\(\);/,
    to: "this.#out.take();",
    found: /^unbalanced: a repeating timer of .* is left/,
    shown: "`unbalanced`: a timer is left",
  },
  {
    name: "a signal keeps the listener of a call that is over",
    file: LIMIT,
    from: /signal\.removeEventListener\("abort", there\.listener\);/,
    to: "",
    found: /^unbalanced: .* listeners are left/,
    shown: "`unbalanced`: listeners are left",
  },
  {
    name: "close leaves a connection open",
    file: DISPATCH,
    from: /for \(const session of this\.sessions\) session\.close\(error\);/,
    to: "for (const session of this.sessions.slice(1)) session.close(error);",
    found: /^hanging: a close|did not end by itself/,
    shown: "`hanging`, or the process does not end",
  },
  {
    name: "a result of map that nobody looks at any more fails without an owner",
    file: "src/client/map-jobs.ts",
    from: /promise\.catch\(\(\) => \{\}\);/,
    to: "",
    found: /^unhandled: unhandledRejection/,
    shown: "`unhandled`",
  },
  {
    name: "a worker that was refused once does not try again",
    file: WORKER_SESSION,
    from: /if \(retryInMs !== undefined\) this\.#retry/,
    to: "if (retryInMs !== undefined && _wasOpen) this.#retry",
    found: /workers again: not within/,
    shown: "workers are not registered again",
  },
  {
    name: "a worker that connects again does not say what it can do",
    file: WORKER_SESSION,
    from: /for \(const \{ packet \} of this\.#shared\.abilities\.values\(\)\) line\.send/,
    to: "if (this.#retry === undefined) for (const { packet } of this.#shared.abilities.values()) line.send",
    found: /workers again: not within/,
    shown: "workers are not registered again",
  },
  {
    name: "the slots of questions that a lost server never answered stay taken",
    file: WORKER_SESSION,
    from: /this\.#shared\.slots\.free\(grabs\);/,
    to: "",
    found: /^hanging: /,
    shown: "`hanging`",
  },
];

/** Markdown, a row per fault: what is wrong, where it is planted, and what the load says of it. */
export function chaosFaultsTable(): string {
  const rows = LOSS_FAULTS.map(({ name, file, shown }) => `| ${name} | \`${file}\` | ${shown} |`);
  rows.push(`| ${MEMORY_FAULT.name} | \`${MEMORY_FAULT.file}\` | memory in use grows |`);
  return ["| fault | planted in | a load says |", "| --- | --- | --- |", ...rows].join("\n");
}

/** Found by many jobs. */
export const MEMORY_FAULT: PlantedFault = {
  name: "a job stays in the client when it has ended",
  file: SESSION,
  from: /this\.#jobs\.delete\(handle\);\n\s+if \(!isAttached\(there\)\) there\.ended/,
  to: "if (!isAttached(there)) there.ended",
};
