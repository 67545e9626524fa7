import { join } from "node:path";
import { fingerprintAt } from "./local-file.ts";
import { isArrayMetadata, isFolder, scanFolder } from "./scan-folder.ts";
import type { ProvenObject } from "./upload-journal-lines.ts";
import type { UploadRoot } from "./upload-source.ts";

/** What there is to bring, in the groups in which it goes. */
export type FoundKeys = {
  /** Files in folders. */
  readonly chunks: readonly string[];
  /** Files beside them, written until the run ends. */
  readonly files: readonly string[];
  /** The deepest first: what names others comes after them. */
  readonly metadata: readonly string[];
  readonly last: readonly string[];
  readonly objects: number;
  readonly bytes: number;
};

/** Looks at all that a run has at this moment. Files that are not there (yet) are left out. */
export async function scanRun(
  folder: string,
  roots: readonly UploadRoot[],
  proven: ReadonlyMap<string, ProvenObject>,
): Promise<FoundKeys> {
  const chunks: string[] = [];
  const files: string[] = [];
  const metadata: string[] = [];
  const last: string[] = [];
  let [objects, bytes] = [0, 0];
  const add = async (keys: string[], key: string): Promise<void> => {
    // A chunk does not change: a run with a million of them is not asked for a million sizes at each look.
    const known = keys === chunks ? proven.get(key) : undefined;
    const file = known ?? (await fingerprintAt(join(folder, key)));
    if (file === undefined) return;
    keys.push(key);
    objects++;
    bytes += file.bytes;
  };
  for (const { name, last: isLast } of roots) {
    if (isLast === true) await add(last, name);
    else if (!(await isFolder(join(folder, name)))) await add(files, name);
    else
      for await (const key of scanFolder(folder, name))
        await add(isArrayMetadata(key) ? metadata : chunks, key);
  }
  const depth = (key: string): number => key.split("/").length;
  return {
    chunks,
    files,
    metadata: metadata.sort((left, right) => depth(right) - depth(left)),
    last,
    objects,
    bytes,
  };
}
