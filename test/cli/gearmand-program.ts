/** Starts `gearwright gearmand` for tests: on this machine, with no file outside its folder. */
import { canConnect, Folder, freePort, Program, type RUNTIMES, type StartOptions, until } from "./program.ts";

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

  /** Starts it with `-L 127.0.0.1`, a free port, and log and pid file in its folder, which `args` may name as `{folder}`; waits for the port. */
  static async start(
    runtime: (typeof RUNTIMES)[number],
    args: readonly string[],
    options?: Partial<StartOptions>,
  ): Promise<Gearmand> {
    const folder = new Folder();
    const port = await freePort();
    const own = ["-L", "127.0.0.1", "-p", String(port), "-l", folder.file("log"), "-P", folder.file("pid")];
    const given = args.map((word) => word.replace("{folder}", folder.path));
    const program = new Program(["gearmand", ...own, ...given], { runtime, ...options });
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
