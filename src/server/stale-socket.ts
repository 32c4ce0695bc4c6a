/** Socket files that a killed server left behind. */
import { lstat, unlink } from "node:fs/promises";
import { connect } from "node:net";

/** Removes the socket file at `path` if nobody listens on it, and answers whether it did; whatever else stands there stays. */
export async function removeStaleSocket(path: string): Promise<boolean> {
  const isSocket = await lstat(path).then(
    (found) => found.isSocket(),
    () => false,
  );
  if (!isSocket || !(await isRefused(path))) return false;
  return await unlink(path).then(
    () => true,
    () => false,
  );
}

/** Whether the kernel says that nobody listens; any other answer, as that of a full backlog, counts as somebody. */
function isRefused(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect({ path });
    probe.once("connect", () => {
      probe.destroy();
      resolve(false);
    });
    probe.once("error", (error) => resolve("code" in error && error.code === "ECONNREFUSED"));
  });
}
