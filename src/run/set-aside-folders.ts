import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** In a folder whose files are all in those of the run that goes on. */
export const takenUpName = "taken-up.json";

/** The folder's name, and what the names of its run begin with. */
export const interruptedFolder = /^(.*)\.interrupted(?:-\d+)?$/;

/** The folders beside a run's files into which its interrupted parts were set aside, the last one last. */
export async function setAsideFolders(
  indexPath: string,
): Promise<readonly { readonly path: string; readonly number: number }[]> {
  const stem = basename(stemOf(indexPath));
  const names = await readdir(dirname(indexPath)).catch(() => []);
  const numbers = names.flatMap((name) => {
    if (!name.startsWith(`${stem}.interrupted`)) return [];
    const rest = name.slice(`${stem}.interrupted`.length);
    const number = rest === "" ? 1 : Number(/^-(\d+)$/.exec(rest)?.[1]);
    return Number.isSafeInteger(number) ? [number] : [];
  });
  return numbers
    .toSorted((a, b) => a - b)
    .map((number) => ({ path: setAsideFolder(indexPath, number), number }));
}

export function setAsideFolder(indexPath: string, number: number): string {
  return `${stemOf(indexPath)}.interrupted${number === 1 ? "" : `-${number}`}`;
}

/** The folder that has the only record of a run with these names: what takes it up had not copied all of it. */
export async function onlyRecordOf(indexPath: string): Promise<string | undefined> {
  const last = (await setAsideFolders(indexPath)).at(-1)?.path;
  if (last === undefined || existsSync(join(last, takenUpName))) return undefined;
  return existsSync(join(last, basename(indexPath))) ? last : undefined;
}

/** A run's files without the end of their names that is their own. */
function stemOf(indexPath: string): string {
  return indexPath.replace(/\.run\.json$/, "");
}
