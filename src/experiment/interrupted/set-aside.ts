import { existsSync } from "node:fs";
import { mkdir, readdir, rename, rm, rmdir, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { syncFolder } from "../../bytes/sync-folder.ts";
import { DaqError, writeError } from "../../model/errors.ts";
import { type RunIndex, readRunIndex } from "../../recorder/run-index.ts";
import { setAsideFolder, setAsideFolders, takenUpName } from "../../run/set-aside-folders.ts";
import { documentsEnding } from "../documents-file.ts";

/** A run's files without the end of their names that is their own. */
function stemOf(indexPath: string): string {
  return indexPath.replace(/\.run\.json$/, "");
}

export function documentsPathOf(indexPath: string): string {
  return `${stemOf(indexPath)}${documentsEnding}`;
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
 * what it had. Nothing is changed. Throws `DaqError("path")` when another run has its names.
 */
export async function placeOf(indexPath: string): Promise<Place> {
  const folder = (await setAsideFolders(indexPath)).at(-1);
  if (folder === undefined) return { indexPath, folder: setAsideFolder(indexPath, 1) };
  if (existsSync(join(folder.path, takenUpName)))
    return { indexPath, folder: setAsideFolder(indexPath, folder.number + 1) };
  const aside = join(folder.path, basename(indexPath));
  // The index goes last, and comes back first: without it there, files are being moved.
  if (!existsSync(aside)) return { indexPath, folder: folder.path };
  const uid = (await readRunIndex(aside)).run.info.uid;
  if (existsSync(indexPath) && (await readRunIndex(indexPath)).run.info.uid !== uid)
    throw new DaqError(
      "path",
      `${folder.path} has the record of a run that was to be taken up, and ${indexPath} is of another run with its names.`,
      {
        hint: `Move the files of one of the two into another folder; of ${folder.path} the folder as it is, for its own run with nothing beside it.`,
      },
    );
  return { indexPath: aside, folder: folder.path };
}

/**
 * Brings the record of a run into one place again, where moving or copying it was cut short. Only while nobody else takes the
 * run up.
 */
export async function tidyPlace(indexPath: string, place: Place): Promise<void> {
  const index = await readRunIndex(place.indexPath);
  if (place.indexPath !== indexPath) return removeCopy(indexPath, index.run.info.uid);
  if (existsSync(place.folder)) await moveBack(index, indexPath, place.folder);
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
  await move(aside, indexPath);
  await moveBack(index, indexPath, folder);
}

async function moveBack(index: RunIndex, indexPath: string, folder: string): Promise<void> {
  try {
    for (const name of namesOf(index, indexPath))
      await move(join(folder, name), join(dirname(indexPath), name));
    await syncFolder(dirname(indexPath));
    // What somebody else has put into it stays.
    if ((await readdir(folder)).length === 0) await rmdir(folder);
  } catch (error) {
    throw writeError(folder, error);
  }
}

async function move(from: string, to: string): Promise<void> {
  if (existsSync(from) && !existsSync(to)) await rename(from, to);
}

/** All that is set aside is in the files of the run that goes on: they are the record from now on. */
export async function markTakenUp(folder: string): Promise<void> {
  const path = join(folder, takenUpName);
  const text = {
    takenUpAt: new Date().toISOString(),
    note: "All that was recorded here is in the run's own files.",
  };
  try {
    await writeFile(path, `${JSON.stringify(text)}\n`, { flush: true });
    await syncFolder(folder);
  } catch (error) {
    await rm(path, { force: true });
    throw writeError(path, error);
  }
}

export function isTakenUp(folder: string): boolean {
  return existsSync(join(folder, takenUpName));
}
