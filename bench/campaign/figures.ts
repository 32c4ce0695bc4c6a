/** Collects measured figures and says their median and spread. */
import { Board } from "../board.ts";
import type { ServerName } from "../servers.ts";

/** What is measured; each is a row of the table of results. */
export type Measure =
  | "echo16"
  | "echo8x64"
  | "drain"
  | "submit"
  | "uniques"
  | "bytesPerJob"
  | "bytesPerUniqueJob"
  | "idleMegabytes"
  | "startMs"
  | "burstMs";

/** All values of one run, by measure and server. */
export class Figures extends Board<Measure, ServerName> {
  /** The greater median of gearmand `-t 0` and `-t 4`; undefined when neither was measured. */
  betterGearmand(measure: Measure): number | undefined {
    const medians = (["gearmand-t0", "gearmand-t4"] as const).flatMap((name) => {
      const median = this.median(measure, name);
      return median === undefined ? [] : [median];
    });
    return medians.length === 0 ? undefined : Math.max(...medians);
  }
}
