/** Pid files and sockets in places where no server can have them. */
import { describe, expect, test } from "bun:test";
import { existsSync, writeFileSync } from "node:fs";
import { RUNTIMES } from "../harness/runtimes.ts";
import { Folder, run } from "./program.ts";

for (const runtime of RUNTIMES) {
  describe(`gearwright serve on ${runtime}`, () => {
    test.skipIf(!existsSync("/dev/full"))("says that a pid file cannot be on a device that never ends", async () => {
      const ended = await run(["serve", "--listen", "127.0.0.1:0", "--pid-file", "/dev/full"], { runtime });
      expect(ended).toMatchObject({
        status: 1,
        stderr: "gearwright: the pid file /dev/full cannot be written: the disk is full\n",
      });
    });

    test("says what to do about a file where its socket should be, and leaves the file alone", async () => {
      using folder = new Folder();
      const path = folder.file("socket");
      writeFileSync(path, "not a socket");
      const ended = await run(["serve", "--listen", `unix:${path}`], { runtime });
      expect(ended.status).toBe(1);
      expect(ended.stderr).toContain("remove it if it is no socket, or choose another path");
      expect(folder.read("socket")).toBe("not a socket");
    });
  });
}
