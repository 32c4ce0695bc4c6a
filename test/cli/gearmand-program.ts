/** Starts `gearwright gearmand` for tests: on this machine, with no file outside its folder. */
import { freePort } from "../harness/free-port.ts";
import type { RuntimeName } from "../harness/runtimes.ts";
import { canConnect, Folder, Program, type StartOptions, until } from "./program.ts";

/** A gearmand under test with a folder and a port of its own; gone when it goes out of scope. */
export class Gearmand implements AsyncDisposable {
  readonly folder: Folder;
  readonly program: Program;
  readonly port: number;

  private constructor(folder: Folder, program: Program, port: number) {
    this.folder = folder;
    this.program = program;
    this.port = port;
  }

  /** Starts it with `-L 127.0.0.1`, a free port, and log and pid file in its folder; waits for the port. */
  static async start(
    runtime: RuntimeName,
    args: readonly string[],
    options?: Partial<StartOptions>,
  ): Promise<Gearmand> {
    const folder = new Folder();
    const port = await freePort();
    const own = ["-L", "127.0.0.1", "-p", String(port), "-l", folder.file("log"), "-P", folder.file("pid")];
    const program = new Program(["gearmand", ...own, ...args], { runtime, ...options });
    const gearmand = new Gearmand(folder, program, port);
    await until(() => folder.read("pid") !== "" || program.stderr !== "", "it writes its pid file");
    await until(async () => program.stderr !== "" || (await gearmand.answers()), "its port answers");
    return gearmand;
  }

  async answers(): Promise<boolean> {
    return await canConnect(this.port);
  }

  get log(): string {
    return this.folder.read("log");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.program[Symbol.asyncDispose]();
    this.folder[Symbol.dispose]();
  }
}
