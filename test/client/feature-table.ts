/** Every feature of the client and worker libraries, and how one is played. */
import type { Feature, FeatureLine } from "./feature.ts";
import { END_FEATURES } from "./feature-ends.ts";
import { JOB_FEATURES } from "./feature-jobs.ts";
import { MAP_FEATURES } from "./feature-map.ts";
import { QUESTION_FEATURES } from "./feature-questions.ts";
import { SERVER_FEATURES } from "./feature-servers.ts";
import { FeatureStage } from "./feature-stage.ts";
import { WORKER_FEATURES } from "./feature-worker.ts";
import { WORKER_END_FEATURES } from "./feature-worker-ends.ts";
import { WORKER_SERVER_FEATURES } from "./feature-worker-servers.ts";

/** The table. */
export const FEATURES: readonly Feature[] = [
  ...JOB_FEATURES,
  ...MAP_FEATURES,
  ...QUESTION_FEATURES,
  ...END_FEATURES,
  ...SERVER_FEATURES,
  ...WORKER_FEATURES,
  ...WORKER_END_FEATURES,
  ...WORKER_SERVER_FEATURES,
];

/** The program's last line, which is about all plays together. */
export const LAST_FEATURE = "no rejection goes unheard";

/** How long one play may take, ms. */
const PLAY_LIMIT_MS = 25_000;

/** What servers are played against. */
export type ServerKind = "gearwright" | "gearmand";

/** Resolves as `play` does; rejects when it takes longer than the limit. */
async function inTime(play: Promise<void>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`it was not over within ${PLAY_LIMIT_MS} ms`)), PLAY_LIMIT_MS);
  });
  try {
    await Promise.race([play, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Plays one feature on a stage of its own; does not reject. */
export async function playFeature(
  feature: Feature,
  options: { readonly kind: ServerKind; readonly ports: readonly [number, number] },
): Promise<FeatureLine> {
  const play = (options.kind === "gearmand" ? feature.onGearmand?.play : undefined) ?? feature.play;
  const whole = async () => {
    await using stage = new FeatureStage(`feature-${FEATURES.indexOf(feature)}`, options.ports);
    await play(stage);
  };
  try {
    await inTime(whole());
    return { name: feature.name, ok: true };
  } catch (error) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { name: feature.name, ok: false, error: text };
  }
}
