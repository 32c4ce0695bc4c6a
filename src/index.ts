/** What a program may import from `gearwright`. */
export { type BytesAccepted, bytes, type Codec, json, text } from "./base/codec.ts";
export { GearError, type GearErrorCode, type GearErrorOptions } from "./base/errors.ts";
export {
  type BytesFunction,
  type DefinedFunction,
  defineFunction,
  type FunctionCodecs,
  type JobFunction,
} from "./base/job-function.ts";
export type { ServerEvent } from "./base/server-event.ts";
export { Client } from "./client/client.ts";
export type {
  BackgroundOptions,
  CallLimits,
  ClientOptions,
  JobOptions,
  JobStatus,
  MapOptions,
  ServerOrder,
  StatusOptions,
  SubmittedJob,
  Update,
} from "./client/client-options.ts";
export { type RunOptions, Worker } from "./worker/worker.ts";
export type {
  BytesHandler,
  FunctionOptions,
  Handler,
  WorkerEvent,
  WorkerJob,
  WorkerOptions,
} from "./worker/worker-options.ts";
