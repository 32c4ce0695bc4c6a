/** What is measured: the rows of the two comparisons. */

/** A row of a report's tables. */
export interface Row {
  readonly measure: string;
  readonly title: string;
  readonly unit: string;
  /** Digits behind the point. */
  readonly digits: number;
  /** Latency and memory: less is better. */
  readonly isLessBetter?: boolean;
}

/** A load of requests and responses on a job server. */
export interface EchoShape {
  readonly measure: string;
  readonly title: string;
  readonly clients: number;
  readonly inFlight: number;
  readonly workers: number;
}

// biome-ignore format: a table
/** The loads of requests and responses. */
export const ECHO_SHAPES: readonly EchoShape[] = [
  { measure: "echo1",    title: "1 client × 1 in flight, 1 worker",      clients: 1,  inFlight: 1,  workers: 1 },
  { measure: "echo16",   title: "16 clients × 1 in flight, 16 workers",  clients: 16, inFlight: 1,  workers: 16 },
  { measure: "echo8x64", title: "8 clients × 64 in flight, 16 workers",  clients: 8,  inFlight: 64, workers: 16 },
];

/** The rows of a load that tells its latencies. */
function latencyRows(measure: string, title: string): readonly Row[] {
  return [
    { measure, title, unit: "jobs/s", digits: 0 },
    { measure: `${measure}P50`, title: `${title}: p50`, unit: "µs", digits: 0, isLessBetter: true },
    { measure: `${measure}P99`, title: `${title}: p99`, unit: "µs", digits: 0, isLessBetter: true },
  ];
}

// biome-ignore format: a table
/** What is measured of job servers. */
export const SERVER_ROWS: readonly Row[] = [
  ...ECHO_SHAPES.flatMap(({ measure, title }) => latencyRows(measure, title)),
  { measure: "submit",        title: "background submits accepted",               unit: "jobs/s", digits: 0 },
  { measure: "drain",         title: "drain of queued jobs, 16 workers",          unit: "jobs/s", digits: 0 },
  { measure: "bytesPerJob",   title: "memory per queued job of 64 bytes",         unit: "bytes",  digits: 0, isLessBetter: true },
  { measure: "idleMegabytes", title: "resident memory with 1,000 idle workers",   unit: "MB",     digits: 1, isLessBetter: true },
];

// biome-ignore format: a table
/** What is measured of client libraries. */
export const LIBRARY_ROWS: readonly Row[] = [
  ...latencyRows("echo1", "foreground jobs, 1 in flight"),
  ...latencyRows("echo64", "foreground jobs, 64 in flight"),
  { measure: "submit",    title: "background submits, 64 in flight",              unit: "jobs/s", digits: 0 },
  { measure: "work1",     title: "worker, concurrency 1",                         unit: "jobs/s", digits: 0 },
  { measure: "work16",    title: "worker, concurrency 16",                        unit: "jobs/s", digits: 0 },
  { measure: "megabytes", title: "resident memory of the client, 64 in flight",   unit: "MB",     digits: 1, isLessBetter: true },
];
