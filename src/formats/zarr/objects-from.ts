import { keyIn } from "./hierarchy/node-path.ts";
import type { ZarrArray } from "./hierarchy/zarr-array.ts";
import type { RunFolder } from "./run-folder.ts";

/** Keys of the objects of an array, or of folders of them, from number `first` of the first dimension on. */
export async function objectsFrom(
  folder: RunFolder,
  array: ZarrArray,
  first: number,
): Promise<readonly string[]> {
  // Version 3 begins keys with "c"; with "/" the numbers of the first dimension are then names in that folder.
  const isNested = array.separator === "/";
  const prefix = array.format === 3 ? (isNested ? "" : "c.") : "";
  const parent = array.format === 3 && isNested ? keyIn(array.path, "c") : array.path;
  const found: string[] = [];
  for (const name of await folder.names(parent)) {
    if (!name.startsWith(prefix)) continue;
    const number = /^(0|[1-9]\d*)(?=$|\.)/.exec(name.slice(prefix.length))?.[0];
    if (number !== undefined && Number(number) >= first) found.push(keyIn(parent, name));
  }
  return found;
}
