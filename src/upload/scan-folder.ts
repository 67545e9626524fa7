import { opendir, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { DaqError, systemCode } from "../model/errors.ts";
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
 * number. Folders that vanish meanwhile count as empty. Throws `DaqError("path")` at what is neither file nor folder.
 */
export async function* scanFolder(folder: string, name: string): AsyncGenerator<string, void, void> {
  const path = join(folder, name);
  try {
    for await (const entry of await opendir(path, { bufferSize: 1024 })) {
      if (isHidden(entry.name) && !(entry.isDirectory() && (await isNode(join(path, entry.name))))) continue;
      const key = `${name}/${entry.name}`;
      if (entry.isDirectory()) yield* scanFolder(folder, key);
      else if (entry.isFile()) yield key;
      else throw notPlain(join(folder, key), entry.isSymbolicLink());
    }
  } catch (error) {
    if (systemCode(error) === "ENOENT") return;
    throw error instanceof DaqError || systemCode(error) === undefined
      ? error
      : new LocalReadError(path, error);
  }
}

/** A group or an array whose name begins with a dot: only other programs make such, and it is data all the same. */
async function isNode(path: string): Promise<boolean> {
  return (await readdir(path)).some((name) => metadataNames.includes(name));
}

/** Left out without a word it would be missing at the store, of an upload that calls itself whole. */
function notPlain(path: string, isLink: boolean): DaqError {
  const [what, hint] = isLink
    ? ["a symbolic link", "Put what it points to in its place, or remove it"]
    : ["neither a file nor a folder", "Remove it"];
  return new DaqError("path", `${path} is ${what}; only files and folders inside of a run are uploaded.`, {
    hint: `${hint}, then upload again.`,
  });
}

/** False also for what is not there. */
export async function isFolder(path: string): Promise<boolean> {
  const status = await stat(path).catch(() => undefined);
  return status?.isDirectory() === true;
}
