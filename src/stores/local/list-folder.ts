import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { DaqError, systemCode } from "../../model/errors.ts";
import type { StoredObject } from "../contract.ts";
import { compareKeys } from "../object-key.ts";
import { isTemporaryName } from "./temporary-name.ts";

/** Files asked for their length at once. */
const statsAtOnce = 64;

/** All objects below `root` whose key starts with `prefix`, in the order of their keys. */
export async function* listFolder(root: string, prefix: string): AsyncGenerator<StoredObject> {
  // The deepest folder that all of them are in.
  const start = prefix.slice(0, prefix.lastIndexOf("/") + 1);
  yield* listBelow(root, start, prefix);
}

async function* listBelow(root: string, folder: string, prefix: string): AsyncGenerator<StoredObject> {
  const names = await namesIn(join(root, folder));
  // A folder's objects stand where the key with the "/" does: "a-b" before "a/b" before "ab".
  const keys = names.map((name) => folder + name).filter((key) => reaches(key, prefix));
  keys.sort(compareKeys);
  for (let first = 0; first < keys.length; ) {
    const files: string[] = [];
    while (first + files.length < keys.length && files.length < statsAtOnce) {
      const key = keys[first + files.length]!;
      if (key.endsWith("/")) break;
      files.push(key);
    }
    for (const object of await Promise.all(files.map((key) => statObject(root, key))))
      if (object !== undefined) yield object;
    first += files.length;
    if (first < keys.length && keys[first]!.endsWith("/")) yield* listBelow(root, keys[first++]!, prefix);
  }
}

function reaches(key: string, prefix: string): boolean {
  return key.startsWith(prefix) || (key.endsWith("/") && prefix.startsWith(key));
}

/** Folders with a "/" behind them; empty where there is no such folder. */
async function namesIn(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries
      .filter((entry) => !isTemporaryName(entry.name))
      .map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name));
  } catch (error) {
    const code = systemCode(error);
    if (code === "ENOENT" || code === "ENOTDIR") return [];
    throw new DaqError("io", `The folder ${folder} cannot be listed: ${(error as Error).message}`, {
      hint: "Check the disk, and that you may read there.",
      cause: error,
    });
  }
}

async function statObject(root: string, key: string): Promise<StoredObject | undefined> {
  try {
    const found = await stat(join(root, key));
    return found.isFile() ? { key, bytes: found.size } : undefined;
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined; // Deleted meanwhile, or a link to nowhere.
    throw new DaqError("io", `${join(root, key)} cannot be looked at: ${(error as Error).message}`, {
      hint: "Check the disk, and that you may read there.",
      cause: error,
    });
  }
}
