import { readdir, rm, rmdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { DaqError, systemCode } from "../model/errors.ts";
import { fingerprintAt, isSameFile } from "./local-file.ts";
import { isFolder, scanFolder } from "./scan-folder.ts";
import type { UploadJournal } from "./upload-journal.ts";
import type { UploadRoot } from "./upload-source.ts";

export type Removed = {
  readonly files: number;
  /** What was left because it was never uploaded: hidden files, what somebody else put there. */
  readonly left: readonly string[];
};

/**
 * Deletes the local files of an upload whose journal says that all is proven. Each file has to be the one that was proven:
 * if one of them is not, nothing at all is deleted. Goes on where it was killed.
 */
export async function removeLocal(
  folder: string,
  roots: readonly UploadRoot[],
  journal: UploadJournal,
): Promise<Removed> {
  if (!journal.state.complete)
    throw new DaqError("path", `Nothing of ${folder} is deleted: its upload is not complete.`, {
      hint: `Finish it first: daq upload ${journal.path}`,
    });
  const ordered = [...roots].sort((left, right) => Number(left.last === true) - Number(right.last === true));
  for await (const key of filesOf(folder, ordered)) await checkProven(folder, key, journal);
  if (!journal.state.removing) {
    await journal.append({ removing: true });
    // If the machine dies now, its files may be gone and this line must not.
    await journal.flush();
  }
  let files = 0;
  for await (const key of filesOf(folder, ordered)) {
    await checkProven(folder, key, journal);
    await rm(join(folder, key));
    files++;
  }
  const left: string[] = [];
  for (const { name } of ordered) await removeFolders(join(folder, name), left);
  await journal.remove();
  for (let path = folder, depth = journal.head.spool?.depth ?? 0; depth > 0; depth--, path = dirname(path))
    if (!(await removeIfEmpty(path))) break;
  return { files, left };
}

async function* filesOf(folder: string, roots: readonly UploadRoot[]): AsyncGenerator<string, void, void> {
  for (const { name } of roots) {
    const path = join(folder, name);
    if (await isFolder(path)) yield* scanFolder(folder, name);
    else if ((await fingerprintAt(path)) !== undefined) yield name;
  }
}

async function checkProven(folder: string, key: string, journal: UploadJournal): Promise<void> {
  const proven = journal.state.proven.get(key);
  const found = await fingerprintAt(join(folder, key));
  if (proven !== undefined && found !== undefined && isSameFile(proven, found)) return;
  throw new DaqError("path", `${join(folder, key)} is not the file that was uploaded; it was not deleted.`, {
    hint: `It was changed since. \`daq upload ${journal.path}\` brings it to the store as well.`,
  });
}

/** Removes a folder with the folders in it, as far as they are empty. */
async function removeFolders(path: string, left: string[]): Promise<void> {
  if (!(await isFolder(path))) return;
  for (const entry of await readdir(path, { withFileTypes: true }))
    if (entry.isDirectory()) await removeFolders(join(path, entry.name), left);
    else left.push(join(path, entry.name));
  await removeIfEmpty(path);
}

async function removeIfEmpty(path: string): Promise<boolean> {
  try {
    await rmdir(path);
    return true;
  } catch (error) {
    const code = systemCode(error);
    if (code === "ENOTEMPTY" || code === "EEXIST" || code === "ENOENT" || code === "ENOTDIR") return false; // ENOTDIR: a run's folder that is a symbolic link, which is not ours to remove.
    throw error;
  }
}
