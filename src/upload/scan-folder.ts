import { opendir, stat } from "node:fs/promises";
import { join } from "node:path";
import { systemCode } from "../model/errors.ts";
import { LocalReadError } from "./local-file.ts";

/** Names of Zarr's metadata; in version 2 they begin with a dot, as nothing else does that is uploaded. */
const metadataNames: readonly string[] = ["zarr.json", ".zarray", ".zattrs", ".zgroup", ".zmetadata"];

/** True for what says how large an array is: it must not arrive before the chunks that it names. */
export function isArrayMetadata(key: string): boolean {
  return metadataNames.includes(key.slice(key.lastIndexOf("/") + 1));
}

/** True for what belongs to the writer alone: temporary files, tails that are not a chunk yet. */
function isHidden(name: string): boolean {
  return name.startsWith(".") && !metadataNames.includes(name);
}

/**
 * The files below `name` in `folder`, as keys, one folder after the other, so that memory does not grow with their
 * number. Folders that vanish meanwhile count as empty.
 */
export async function* scanFolder(folder: string, name: string): AsyncGenerator<string, void, void> {
  const path = join(folder, name);
  try {
    for await (const entry of await opendir(path, { bufferSize: 1024 })) {
      if (isHidden(entry.name)) continue;
      const key = `${name}/${entry.name}`;
      if (entry.isDirectory()) yield* scanFolder(folder, key);
      else if (entry.isFile()) yield key;
    }
  } catch (error) {
    if (systemCode(error) === "ENOENT") return;
    throw systemCode(error) === undefined ? error : new LocalReadError(path, error);
  }
}

/** False also for what is not there. */
export async function isFolder(path: string): Promise<boolean> {
  const status = await stat(path).catch(() => undefined);
  return status?.isDirectory() === true;
}
