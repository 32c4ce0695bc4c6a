/** `gearwright/testing`: a job server for the tests of programs that use one. */
import { GearError } from "../base/errors.ts";
import { startChildServer } from "./child-server.ts";
import { canServeHere } from "./server-runtimes.ts";
import type { ServerModule, StartedServer } from "./started-server.ts";

/** What a test server is started with. */
export interface TestServerOptions {
  /** 0 to 65535; 0 (default): a free one. Another one is for a server that is to come back where it was. */
  readonly port?: number;
}

/** A job server that runs until it is stopped; it keeps the process alive until then. */
export interface TestServer extends AsyncDisposable {
  /** `host:port`, for `servers` of a client or worker. */
  readonly address: string;
  /** `127.0.0.1`. */
  readonly host: string;
  readonly port: number;
  /** Closes every connection and ends the server; its jobs are gone. May be called again. */
  stop(): Promise<void>;
}

/**
 * Starts a job server with an empty queue, in memory, that only this machine can reach; each has a port of its own.
 *
 * On Bun 1.4 and Node 24 or newer it runs in this process. On an older Node it is a child process, for which Bun or a newer Node
 * must be installed (`npm install --save-dev bun`); it ends with this process, however that ends.
 *
 * Rejects with GearError INVALID_ARGUMENT (the port), ADDRESS_IN_USE (the port), LISTEN_FAILED (no runtime for the server was
 * found, or it did not start) or TIMED_OUT (it did not start within 20 s).
 */
export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const { port: wanted = 0 } = options;
  if (!Number.isInteger(wanted) || wanted < 0 || wanted > 65_535) {
    throw new GearError("INVALID_ARGUMENT", `port must be a whole number from 0 to 65535, not ${String(wanted)}`);
  }
  const started = await start(wanted);
  const host = "127.0.0.1";
  let stopping: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    stopping ??= started.stop();
    return stopping;
  };
  return { address: `${host}:${started.port}`, host, port: started.port, stop, [Symbol.asyncDispose]: stop };
}

async function start(port: number): Promise<StartedServer> {
  if (!canServeHere()) return await startChildServer(beside("child-program"), port);
  // The name is hidden from the compiler: the package has the server in a bundle, which stays out of the library.
  const { openTestServer } = (await import(beside("open-test-server").href)) as ServerModule;
  try {
    return await openTestServer(port);
  } catch (error) {
    // The bundle has a GearError of its own, which is no instance of the library's.
    const isTaken = error instanceof Error && "code" in error && error.code === "ADDRESS_IN_USE";
    if (error instanceof Error) {
      throw new GearError(isTaken ? "ADDRESS_IN_USE" : "LISTEN_FAILED", error.message, { cause: error.cause });
    }
    throw error;
  }
}

/** The address of a module of this folder, as source or as built. */
function beside(name: string): URL {
  const ending = import.meta.url.endsWith(".ts") ? "ts" : "js";
  return new URL(`./${name}.${ending}`, import.meta.url);
}
