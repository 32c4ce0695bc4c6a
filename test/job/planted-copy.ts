/** Copies of the job table's code in a temp folder, each with one fault planted, loaded beside the real one. */
import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Implementation } from "./model-play.ts";
import type { PlantedFault } from "./planted-faults.ts";

const SOURCE = join(import.meta.dirname, "../../src");

/** Copies the code into `folder`, plants `fault` there if one is given, and loads it. */
export async function loadCopy(folder: string, fault?: PlantedFault): Promise<Implementation> {
  for (const part of ["base", "job"]) await cp(join(SOURCE, part), join(folder, part), { recursive: true });
  if (fault !== undefined) await plant(join(folder, "job", fault.file), fault);
  const load = (file: string): Promise<Implementation> => import(pathToFileURL(join(folder, "job", file)).href);
  const { JobTable } = await load("job-table.ts");
  const { Connection } = await load("connection.ts");
  const { workloadKey } = await load("job.ts");
  return { JobTable, Connection, workloadKey };
}

async function plant(path: string, { name, find, replace }: PlantedFault): Promise<void> {
  const text = await readFile(path, "utf8");
  const places = text.split(find).length - 1;
  if (places !== 1) throw new Error(`planted fault "${name}" fits ${places} times in ${path}; it must fit once`);
  await writeFile(
    path,
    text.replace(find, () => replace),
  );
}
