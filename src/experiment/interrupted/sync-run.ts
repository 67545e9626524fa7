import { open, readdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { syncFolder } from "../../bytes/sync-folder.ts";
import { systemCode, writeError } from "../../model/errors.ts";

/** Brings all files of a run that is being written to the disk: those that are named like its index, and its journal. */
export async function syncRun(indexPath: string): Promise<void> {
  const folder = dirname(indexPath);
  const stem = basename(indexPath).replace(/run\.json$/, "");
  for (const entry of await readdir(folder, { withFileTypes: true }))
    if (entry.name.startsWith(stem) && !entry.name.startsWith(`${stem}interrupted`))
      await syncTree(join(folder, entry.name), entry.isDirectory());
  await syncFolder(folder);
}

async function syncTree(path: string, isFolder: boolean): Promise<void> {
  if (!isFolder) return syncFile(path);
  for (const entry of await readdir(path, { withFileTypes: true }))
    await syncTree(join(path, entry.name), entry.isDirectory());
  await syncFolder(path);
}

async function syncFile(path: string): Promise<void> {
  try {
    await using file = await open(path, "r");
    await file.sync();
  } catch (error) {
    // Only what is final counts; a temporary file may be gone by now.
    if (systemCode(error) === "ENOENT") return;
    throw writeError(path, error);
  }
}
