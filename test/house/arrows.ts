/** Who may import whom: the table, and the rules that hold it. */
import { importsOf } from "./imports.ts";
import { type Finding, type SourceFile, typescriptIn } from "./source-file.ts";

/** A folder of src, and the folders that it may import besides itself. */
// biome-ignore format: a table
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  base:       [],
  protocol:   ["base"],
  settings:   ["base"],
  access:     ["base"],
  job:        ["base"],
  store:      ["base", "job"],
  link:       ["base", "protocol"],
  client:     ["base", "protocol", "link"],
  worker:     ["base", "protocol", "link"],
  cluster:    ["base", "protocol", "job", "store", "link", "client"],
  server:     ["base", "protocol", "settings", "access", "job", "store", "cluster"],
  http:       ["base", "access", "job", "server"],
  console:    ["http"],
  supervisor: ["base", "settings", "client"],
  testing:    ["base", "client", "worker", "store", "server"],
  cli:        ["base", "protocol", "settings", "access", "job", "store", "link", "client", "worker", "cluster", "server", "http",
               "supervisor", "testing"],
  "index.ts": ["base", "client", "worker"],
};

/** Packages that src may name, and the one place that may. Everything else is a module of Node. */
const PACKAGES: Readonly<Record<string, string>> = {
  "smol-toml": "src/settings/",
  bun: "src/server/listener-bun.ts",
};

/** The folder of src in which a path lies; for a file right in src its name. */
function part(path: string): string {
  return path.split("/")[1] ?? "";
}

/** No folder of src imports one that the table does not allow, and nothing outside src. */
export function arrowFindings(files: readonly SourceFile[]): readonly Finding[] {
  const findings: Finding[] = [];
  for (const found of typescriptIn(files, "src").flatMap(importsOf)) {
    const { path, line, specifier, target } = found;
    const from = part(path);
    const allowed = ARROWS[from];
    const where = `${path}:${line}`;
    if (allowed === undefined) findings.push(`${where}: ${from} is no folder of the house`);
    else if (target !== undefined && !target.startsWith("src/")) findings.push(`${where}: src imports ${target}`);
    else if (target !== undefined && part(target) !== from && !allowed.includes(part(target))) {
      findings.push(`${where}: ${from} may not import ${part(target)}`);
    } else if (target === undefined && !specifier.startsWith("node:") && !mayName(specifier, path)) {
      findings.push(`${where}: ${specifier} may not be imported here`);
    }
  }
  return findings;
}

function mayName(name: string, path: string): boolean {
  const place = PACKAGES[name];
  return place !== undefined && path.startsWith(place);
}

/** Every relative import names a file with its ending, and the file is there. */
export function endingFindings(files: readonly SourceFile[]): readonly Finding[] {
  const known = new Set(files.map(({ path }) => path));
  const findings: Finding[] = [];
  for (const { path, line, specifier, target } of files
    .filter((file) => file.path.endsWith(".ts"))
    .flatMap(importsOf)) {
    if (target === undefined) continue;
    if (!/\.(ts|json)$/.test(specifier)) findings.push(`${path}:${line}: ${specifier} does not end in .ts`);
    else if (!known.has(target)) findings.push(`${path}:${line}: there is no ${target}`);
  }
  return findings;
}
