/** The contract of listeners, on every runtime. */
import { RUNTIMES } from "../harness/runtimes.ts";
import { describeWires } from "./contract.ts";

for (const runtime of RUNTIMES) for (const kind of ["tcp", "unix"] as const) describeWires(runtime, kind);
