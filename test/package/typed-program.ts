/** A program of a user in TypeScript: what the types of the package must infer, and what they must refuse. */

/** The program, a module for the compiler alone; it says with `@ts-expect-error` what is wrong. */
export const TYPED_PROGRAM = `
import { bytes, Client, type BytesFunction, type Codec, defineFunction, GearError, json, type JobFunction, text, Worker } from "gearwright";
import { startTestServer, type TestServer } from "gearwright/testing";

interface Size { readonly width: number; readonly height: number }
type Same<One, Other> = (<T>() => T extends One ? 1 : 2) extends <T>() => T extends Other ? 1 : 2 ? true : false;
function holds<_Fact extends true>(): void {}

const resize = defineFunction("resize", { workload: json<Size>(), result: text });
const shrink = defineFunction("shrink", { result: bytes });
const size: Size = { width: 1, height: 2 };
const copy = defineFunction("copy");
holds<Same<typeof copy, BytesFunction>>();
const shared: BytesFunction = copy;
const date: Codec<Date> = { name: "date", encode: (value) => new Uint8Array(String(value).length), decode: () => new Date(0) };
const next = defineFunction("next", { workload: text, result: date });
holds<Same<typeof next, JobFunction<string, Date>>>();
const given: JobFunction<Size, string> = resize;
// @ts-expect-error types without codecs promise what nothing keeps
defineFunction<string, string>("f");
// @ts-expect-error a name is no codec
defineFunction("f", { workload: "text" });
// @ts-expect-error there is no such codec of a function
defineFunction("f", { reslt: text });

export async function submit(client: Client, signal: AbortSignal): Promise<void> {
  const result = await client.run(resize, size, { signal, priority: "high", timeoutMs: 1_000 });
  holds<Same<typeof result, string>>();
  const plain = await client.run("reverse", "abc");
  holds<Same<typeof plain, Uint8Array>>();
  for (const result of [await client.run(copy), await client.run(copy, "text"), await client.run(shared, new Uint8Array(3))]) {
    holds<Same<typeof result, Uint8Array>>();
  }
  await client.submit(copy);
  await client.submitBackground(shrink);
  holds<Same<Awaited<ReturnType<typeof at>>, Date>>();
  const small = await client.run(shrink, new Uint8Array(3));
  holds<Same<typeof small, Uint8Array>>();
  const job = await client.submit(resize, size);
  holds<Same<Awaited<typeof job.result>, string>>();
  for await (const update of job.updates()) {
    if (update.kind === "status") holds<Same<typeof update.numerator, number>>();
    // @ts-expect-error a status has no data
    if (update.kind === "status") update.data;
  }
  for await (const one of client.map(resize, [size, size], { inFlightMax: 2 })) holds<Same<typeof one, string>>();
  const handle = await client.submitBackground(resize, size, { unique: "one", at: new Date(0) });
  holds<Same<typeof handle, string>>();
  const { isKnown } = await client.status(handle);
  holds<Same<typeof isKnown, boolean>>();
  // @ts-expect-error a text is no Size
  await client.run(resize, "1x2");
  // @ts-expect-error a part of a Size is no Size
  await client.submitBackground(resize, { width: 1 });
  // @ts-expect-error a number is neither bytes nor a string
  await client.run("reverse", 5);
  // @ts-expect-error nor is it for a function without codecs
  await client.run(copy, 5);
  // @ts-expect-error a Size must be given
  await client.run(resize);
  // @ts-expect-error there is no such priority
  await client.run(resize, size, { priority: "urgent" });
  // @ts-expect-error these workloads are of another type
  client.map(resize, ["1x2"]);
  // @ts-expect-error foreground jobs have no time to begin
  await client.run(resize, size, { at: new Date(0) });
}

function at(client: Client): Promise<Date> {
  return client.run(next, "backup");
}

export async function work(worker: Worker, signal: AbortSignal): Promise<void> {
  worker.can(resize, async (job) => {
    holds<Same<typeof job.workload, Size>>();
    holds<Same<typeof job.signal, AbortSignal>>();
    job.status(0, 1);
    await job.data("part");
    // @ts-expect-error a Size has no depth
    job.workload.depth;
    return String(job.workload.width);
  }, { timeoutMs: 30_000 });
  worker.can("reverse", (job) => job.workload.slice().reverse()).cannot("other");
  worker.can("nothing", () => {});
  worker.can(copy, () => {});
  worker.can(copy, async (job) => {
    holds<Same<typeof job.workload, Uint8Array>>();
  });
  worker.can(next, (job) => new Date(job.workload));
  worker.can(given, (job) => String(job.workload.height));
  // @ts-expect-error a text is no Date
  worker.can(next, (job) => job.workload);
  // @ts-expect-error no Date is given back
  worker.can(next, () => {});
  // @ts-expect-error the result is a text
  worker.can(resize, () => 5);
  // @ts-expect-error a number is neither bytes nor a string
  worker.can("reverse", () => 5);
  await worker.run({ signal });
}

export async function main(): Promise<void> {
  const server: TestServer = await startTestServer({ port: 0 });
  const client = new Client({ servers: [server.address], order: "rotate" });
  const worker = new Worker({ servers: [server.address], concurrency: 4 });
  holds<Same<typeof server.port, number>>();
  // @ts-expect-error one server alone is a list too
  new Client({ servers: server.address });
  // @ts-expect-error there is no such code
  new GearError("OOPS", "no");
  try {
    await client.run(resize, size);
  } catch (error) {
    if (error instanceof GearError && error.code === "JOB_FAILED") throw error;
    // @ts-expect-error there is no such code
    if (error instanceof GearError && error.code === "OOPS") throw error;
  }
  await client[Symbol.asyncDispose]();
  await worker[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
}
`;
