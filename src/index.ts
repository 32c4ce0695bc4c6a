/** What a program may import from `gearwright`. */
export { bytes, type Codec, json, text } from "./base/codec.ts";
export { GearError, type GearErrorCode, type GearErrorOptions } from "./base/errors.ts";
export { type BytesFunction, defineFunction, type FunctionCodecs, type JobFunction } from "./base/job-function.ts";
export type { LineEvent } from "./base/line-event.ts";
export { Client } from "./client/client.ts";
export type {
  BackgroundOptions,
  ClientOptions,
  JobOptions,
  JobStatus,
  MapOptions,
  QuestionLimits,
  ServerOrder,
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
