/** Becoming another user, for `-u`. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { GearError } from "../../base/errors.ts";

/** A user of this machine. */
export interface User {
  readonly name: string;
  readonly userId: number;
  /** The primary group. */
  readonly groupId: number;
}

/** Finds a user by name, in /etc/passwd and then wherever `id` knows users from. Throws GearError INVALID_SETTING. */
export function findUser(name: string): User {
  const user = userFromFile(name) ?? userFromId(name);
  if (user === undefined) throw new GearError("INVALID_SETTING", `--user: there is no user ${name} on this machine`);
  return user;
}

/** Gives up root for good: other groups, primary group, user. Throws GearError INVALID_SETTING. */
export function becomeUser(user: User): void {
  try {
    // Both runtimes have it; the type declarations at hand do not.
    const initgroups: unknown = Reflect.get(process, "initgroups");
    if (typeof initgroups === "function") initgroups.call(process, user.name, user.groupId);
    process.setgid?.(user.groupId);
    process.setuid?.(user.userId);
  } catch (error) {
    throw new GearError("INVALID_SETTING", `--user: this process could not become ${user.name}`, { cause: error });
  }
}

function userFromFile(name: string): User | undefined {
  for (const line of readFileSync("/etc/passwd", "utf8").split("\n")) {
    const [found, , userId, groupId] = line.split(":");
    if (found === name) return { name, userId: Number(userId), groupId: Number(groupId) };
  }
  return undefined;
}

function userFromId(name: string): User | undefined {
  if (name.startsWith("-")) return undefined;
  try {
    const ask = (flag: string) => Number(execFileSync("id", [flag, name], { encoding: "utf8", stdio: "pipe" }));
    return { name, userId: ask("-u"), groupId: ask("-g") };
  } catch {
    return undefined;
  }
}
