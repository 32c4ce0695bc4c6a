/**
 * The Debian packages that tests need, and a command that installs what is missing.
 *
 * `bun test/interop/packages.ts` (or `node`) installs as root on Debian and Ubuntu; elsewhere it says which suites are skipped
 * and how to enable them. An installation that fails is an error.
 */
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";

/** A package, what shows that it is there, and which suites are skipped without it. */
export interface SystemPackage {
  readonly name: string;
  /** One of these paths exists where it is installed, whoever installed it; `*` stands for one folder's name. */
  readonly proof: readonly string[];
  readonly neededBy: string;
}

/** Every package outside npm that the tests need. */
// biome-ignore format: a table
export const SYSTEM_PACKAGES: readonly SystemPackage[] = [
  { name: "gearman-job-server", proof: ["/usr/sbin/gearmand"], neededBy: "recordings compared with gearmand itself" },
  { name: "gearman-tools", proof: ["/usr/bin/gearman"], neededBy: "interop with gearman and gearadmin" },
  { name: "php-cli", proof: ["/usr/bin/php"], neededBy: "interop with PHP" },
  { name: "php-gearman", proof: ["/etc/php/*/cli/conf.d/20-gearman.ini", "/etc/php/*/mods-available/gearman.ini"], neededBy: "interop with PHP" },
  { name: "perl", proof: ["/usr/bin/perl"], neededBy: "interop with Perl" },
  { name: "libgearman-client-perl", proof: ["/usr/share/perl5/Gearman/Client.pm"], neededBy: "interop with Perl" },
  { name: "libgearman-dev", proof: ["/usr/include/libgearman/gearman.h"], neededBy: "interop with C" },
  { name: "gcc", proof: ["/usr/bin/gcc"], neededBy: "interop with C" },
  { name: "libc6-dev", proof: ["/usr/include/stdio.h"], neededBy: "interop with C" },
];

const POLICY_PATH = "/usr/sbin/policy-rc.d";
/** 101 forbids every action: a package's server is not started. Source: invoke-rc.d(8). */
const POLICY = "#!/bin/sh\nexit 101\n";

/** Whether a path exists in which `*` is any name of a folder. */
function exists(path: string): boolean {
  const [before, after] = path.split("*");
  if (after === undefined) return existsSync(path);
  const listed = spawnSync("/bin/sh", ["-c", `ls -d ${before}*${after}`], { stdio: "ignore" });
  return listed.status === 0;
}

/** The packages that are not there. */
function missingPackages(): readonly SystemPackage[] {
  return SYSTEM_PACKAGES.filter(({ proof }) => !proof.some(exists));
}

/** Whether a missing peer is a failure (CI=true or GEARWRIGHT_TEST_REQUIRE=1), not a reason to skip. */
export function arePeersRequired(): boolean {
  return process.env["CI"] === "true" || process.env["GEARWRIGHT_TEST_REQUIRE"] === "1";
}

/**
 * Whether a suite can run: true when its packages are there.
 *
 * Otherwise says on stderr which are missing and returns false, or throws where peers are required.
 */
export function hasPackages(suite: string, names: readonly string[]): boolean {
  const missing = missingPackages().filter(({ name }) => names.includes(name));
  if (missing.length === 0) return true;
  const line = `${suite}: needs ${missing.map(({ name }) => name).join(", ")} (apt-get install, or npm test as root)`;
  if (arePeersRequired()) throw new Error(line);
  console.warn(`skipped: ${line}`);
  return false;
}

function isDebian(): boolean {
  try {
    return /^ID(_LIKE)?=.*\b(debian|ubuntu)\b/m.test(readFileSync("/etc/os-release", "utf8"));
  } catch {
    return false;
  }
}

function aptGet(args: readonly string[]): boolean {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  return spawnSync("apt-get", [...args], { env, stdio: ["ignore", "inherit", "inherit"] }).status === 0;
}

/** Installs without letting any service start; a policy that is there already is put back. */
function install(names: readonly string[]): boolean {
  const policy = existsSync(POLICY_PATH) ? readFileSync(POLICY_PATH) : undefined;
  writeFileSync(POLICY_PATH, POLICY);
  chmodSync(POLICY_PATH, 0o755);
  try {
    return aptGet(["update"]) && aptGet(["install", "--yes", "--no-install-recommends", ...names]);
  } finally {
    if (policy === undefined) rmSync(POLICY_PATH, { force: true });
    else writeFileSync(POLICY_PATH, policy);
  }
}

/**
 * Installs what is missing where that is possible (as root on Debian and Ubuntu) and resolves with what is to be said of it:
 * the suites that are skipped and how to enable them; nothing when all is there.
 *
 * Throws when an installation failed.
 */
export async function readyPackages(): Promise<readonly string[]> {
  const missing = missingPackages();
  if (missing.length === 0) return [];
  const names = missing.map(({ name }) => name);
  if (process.getuid?.() === 0 && isDebian()) {
    console.log(`installing what the tests need: ${names.join(" ")}`);
    const isDone = install(names);
    const left = missingPackages().map(({ name }) => name);
    if (!isDone || left.length > 0) throw new Error(`could not install ${left.join(" ")}`);
    return [`installed ${names.join(" ")}`];
  }
  const suites = [...new Set(missing.map(({ neededBy }) => neededBy))];
  return [
    ...suites.map((suite) => `skipped: ${suite}`),
    `to enable: sudo apt-get install ${names.join(" ")} (Debian, Ubuntu), or run the tests there as root`,
  ];
}

if (process.argv[1] === import.meta.filename) for (const line of await readyPackages()) console.log(line);
