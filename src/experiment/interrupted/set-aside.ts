import { existsSync } from "node:fs";
import { mkdir, readdir, rename, rm, rmdir, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { syncFolder } from "../../bytes/sync-folder.ts";
import { writeError } from "../../model/errors.ts";
import { type RunIndex, readRunIndex } from "../../recorder/run-index.ts";
import { documentsEnding } from "../documents-file.ts";

const markerName = "taken-up.json";

/** A run's files without the end of their names that is their own. */
function stemOf(indexPath: string): string {
  return indexPath.replace(/\.run\.json$/, "");
}

export function documentsPathOf(indexPath: string): string {
  return `${stemOf(indexPath)}${documentsEnding}`;
}

/** The folders beside a run's files into which its interrupted parts were set aside, the last one last. */
async function foldersOf(indexPath: string): Promise<string[]> {
  const stem = basename(stemOf(indexPath));
  const names = await readdir(dirname(indexPath)).catch(() => []);
  const numbers = names.flatMap((name) => {
    if (!name.startsWith(`${stem}.interrupted`)) return [];
    const rest = name.slice(`${stem}.interrupted`.length);
    const number = rest === "" ? 1 : Number(/^-(\d+)$/.exec(rest)?.[1]);
    return Number.isSafeInteger(number) ? [number] : [];
  });
  return numbers.toSorted((a, b) => a - b).map((number) => folderOf(indexPath, number));
}

function folderOf(indexPath: string, number: number): string {
  return `${stemOf(indexPath)}.interrupted${number === 1 ? "" : `-${number}`}`;
}

/** Where the files of an interrupted run are, and where they go before the run is taken up. */
export type Place = {
  /** Of the record to go on from. */
  readonly indexPath: string;
  /** The folder they are set aside into, or are already. */
  readonly folder: string;
};

/**
 * Where the record of a run is: under its own names, or set aside by an attempt to take it up that got no further than to copy
 * what it had. What such an attempt wrote is a part of what is set aside, and is removed.
 */
export async function placeOf(indexPath: string): Promise<Place> {
  const folders = await foldersOf(indexPath);
  const folder = folders.at(-1);
  if (folder === undefined) return { indexPath, folder: folderOf(indexPath, 1) };
  if (existsSync(join(folder, markerName)))
    return { indexPath, folder: folderOf(indexPath, folders.length === 0 ? 1 : numberAfter(folder)) };
  const aside = join(folder, basename(indexPath));
  // The index goes last: without it there, files were being moved when that ended.
  if (!existsSync(aside)) return { indexPath, folder };
  const { run } = await readRunIndex(aside);
  await removeCopy(indexPath, run.info.uid);
  return { indexPath: aside, folder };
}

/** Removes the files of a run that are an unfinished copy of what was set aside; those of another run stay. */
export async function removeCopy(indexPath: string, uid: string): Promise<void> {
  if (!existsSync(indexPath)) return;
  const index = await readRunIndex(indexPath);
  if (index.run.info.uid !== uid) return;
  for (const name of namesOf(index, indexPath))
    await rm(join(dirname(indexPath), name), { recursive: true, force: true });
  await rm(indexPath);
}

function numberAfter(folder: string): number {
  return Number(/-(\d+)$/.exec(folder)?.[1] ?? 1) + 1;
}

/** Every file of a run but its index, in its folder. */
function namesOf({ outputs }: RunIndex, indexPath: string): string[] {
  const names = outputs.flatMap(({ files, ledger }) => [
    ...files.map(({ path }) => path),
    ...ledger.accounts.flatMap(({ more }) => (more === undefined ? [] : [more.file])),
  ]);
  return [...new Set([...names.map((name) => basename(name)), basename(documentsPathOf(indexPath))])];
}

/**
 * Moves the files of a run into the folder beside them; the index last. Returns where the index is then. Throws
 * `DaqError("path")` with nothing lost: called again, it goes on.
 */
export async function setAside({ indexPath, folder }: Place): Promise<string> {
  const aside = join(folder, basename(indexPath));
  if (dirname(indexPath) === folder) return indexPath;
  const index = await readRunIndex(indexPath);
  try {
    await mkdir(folder, { recursive: true });
    for (const name of namesOf(index, indexPath))
      await move(join(dirname(indexPath), name), join(folder, name));
    await move(indexPath, aside);
    await syncFolder(folder);
    await syncFolder(dirname(indexPath));
  } catch (error) {
    throw writeError(folder, error);
  }
  return aside;
}

/** Gives the files of `setAside` their names back, for a run that could not be taken up. */
export async function putBack({ indexPath, folder }: Place): Promise<void> {
  if (dirname(indexPath) === folder) return;
  const aside = join(folder, basename(indexPath));
  const index = await readRunIndex(aside);
  for (const name of namesOf(index, indexPath))
    await move(join(folder, name), join(dirname(indexPath), name));
  await move(aside, indexPath);
  await rmdir(folder);
}

async function move(from: string, to: string): Promise<void> {
  if (existsSync(from) && !existsSync(to)) await rename(from, to);
}

/** All that is set aside is in the files of the run that goes on: they are the record from now on. */
export async function markTakenUp(folder: string): Promise<void> {
  const path = join(folder, markerName);
  const text = {
    takenUpAt: new Date().toISOString(),
    note: "All that was recorded here is in the run's own files.",
  };
  try {
    await writeFile(path, `${JSON.stringify(text)}\n`, { flush: true });
    await syncFolder(folder);
  } catch (error) {
    throw writeError(path, error);
  }
}
