/** What came of one test file, read from the report that `bun test` wrote. */

/** Counts of one file, or of all. */
export interface Outcome {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** How a run of `bun test` ended. */
export interface Ending {
  /** Undefined when it was killed. */
  readonly exitCode: number | undefined;
  /** The JUnit report; undefined when none was written, which is so after a crash and where no test ran. */
  readonly report: string | undefined;
}

function attribute(tag: string, name: string): number {
  return Number(new RegExp(` ${name}="(\\d+)"`).exec(tag)?.[1] ?? Number.NaN);
}

/** The counts of a file; a file that crashed, hung or ran no test has at least one failure. */
export function outcomeOf({ exitCode, report }: Ending): Outcome {
  const tag = /<testsuites [^>]*>/.exec(report ?? "")?.[0] ?? "";
  const tests = attribute(tag, "tests");
  const failures = attribute(tag, "failures");
  const skipped = attribute(tag, "skipped");
  if (!(tests >= 1 && failures >= 0 && skipped >= 0)) return { passed: 0, failed: 1, skipped: 0 };
  const failed = exitCode === 0 ? failures : Math.max(1, failures);
  return { passed: tests - failures - skipped, failed, skipped };
}

/** The names of the tests that were skipped. */
export function skippedNames(report: string): readonly string[] {
  const cases = report.matchAll(/<testcase name="([^"]*)" classname="([^"]*)"[^>]*>\s*<skipped/g);
  return [...cases].map(([, name, group]) => plain(group === "" ? `${name}` : `${group} > ${name}`));
}

function plain(text: string): string {
  return text
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&apos;", "'")
    .replaceAll("&amp;", "&");
}

/** All counts together. */
export function sumOf(outcomes: readonly Outcome[]): Outcome {
  const sum = { passed: 0, failed: 0, skipped: 0 };
  for (const outcome of outcomes) {
    sum.passed += outcome.passed;
    sum.failed += outcome.failed;
    sum.skipped += outcome.skipped;
  }
  return sum;
}

/** The last line of a run. */
export function lastLine({ passed, failed, skipped }: Outcome): string {
  return `${passed} passed, ${failed} failed${skipped === 0 ? "" : `, ${skipped} skipped`}`;
}
