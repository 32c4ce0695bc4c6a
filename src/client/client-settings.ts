/** Options of a client, checked, with their defaults. */
import { checkListener, checkMs, checkNames, checkSwitch, checkWhole, invalid } from "../base/checks.ts";
import { LIMITS } from "../base/limits.ts";
import type { BackgroundOptions, CallLimits, ClientOptions, JobOptions } from "./client-options.ts";

const ORDERS: readonly unknown[] = ["listed", "random", "rotate", "unique"];

/** What every option is when it is not given. */
const DEFAULTS = {
  order: "listed",
  isResubmitting: true,
  serverWaitMs: LIMITS.serverWaitMs,
  connectMs: LIMITS.connectMs,
  replyMs: LIMITS.replyMs,
  timeoutMs: 0,
  openMax: LIMITS.openCalls,
  updateBytesMax: LIMITS.updateBytesMax,
} as const satisfies Omit<Required<ClientOptions>, "servers" | "onEvent">;

/** Options of a client without its servers. */
export type ClientSettings = Omit<Required<ClientOptions>, "servers" | "onEvent">;

const CLIENT_NAMES = new Set(["servers", ...Object.keys(DEFAULTS), "onEvent"]);
const QUESTION_NAMES: readonly (keyof CallLimits)[] = ["signal", "timeoutMs"];
const ANY_JOB_NAMES = ["priority", "unique", "reducer", ...QUESTION_NAMES] as const;
const JOB_NAMES: readonly (keyof JobOptions)[] = [...ANY_JOB_NAMES, "onUpdate", "isResubmitting"];
const BACKGROUND_NAMES: readonly (keyof BackgroundOptions)[] = [...ANY_JOB_NAMES, "at"];

/** Names of options by what they are for. */
export const OPTION_NAMES: Readonly<Record<"job" | "map" | "background" | "question" | "status", ReadonlySet<string>>> =
  {
    job: new Set(JOB_NAMES),
    map: new Set([...JOB_NAMES, "inFlightMax"]),
    background: new Set(BACKGROUND_NAMES),
    question: new Set(QUESTION_NAMES),
    status: new Set([...QUESTION_NAMES, "server"]),
  };

/** Throws GearError INVALID_ARGUMENT for what is unknown or out of its range. */
export function clientSettings(options: ClientOptions): ClientSettings {
  checkNames(options, CLIENT_NAMES, "options of a client");
  const given = Object.entries(options).filter(([name, value]) => name in DEFAULTS && value !== undefined);
  const settings: ClientSettings = { ...DEFAULTS, ...Object.fromEntries(given) };
  if (!ORDERS.includes(settings.order)) throw invalid(`order is one of ${ORDERS.join(", ")}`);
  checkSwitch(settings.isResubmitting, "isResubmitting");
  checkMs(settings.serverWaitMs, "serverWaitMs", 0);
  checkMs(settings.connectMs, "connectMs", 1);
  checkMs(settings.replyMs, "replyMs", 1);
  checkMs(settings.timeoutMs, "timeoutMs", 0);
  checkWhole(settings.openMax, { name: "openMax", min: 1, max: LIMITS.openCallsMax });
  checkWhole(settings.updateBytesMax, { name: "updateBytesMax", min: 0, max: Number.MAX_SAFE_INTEGER });
  checkListener(options.onEvent, "onEvent");
  return settings;
}
