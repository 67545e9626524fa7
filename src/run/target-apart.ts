import type { BigIntStats } from "node:fs";
import { stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { DaqError } from "../model/errors.ts";
import { parseStoreUrl } from "../stores/store-url.ts";
import type { UploadSource } from "../upload/upload-source.ts";

/**
 * Throws `DaqError("usage")` where the target is the run's own folder, lies in the run, or has a link to it: what is read
 * there to be compared would be the files themselves, and deleting them would delete the only ones.
 */
export async function requireTargetApart(
  { folder, roots }: Pick<UploadSource, "folder" | "roots">,
  target: string,
): Promise<void> {
  const place = parseStoreUrl(target);
  if (place.kind !== "folder") return;
  const source = await statusOf(folder);
  if (isSame(source, await statusOf(place.path))) throw refused(target, `is the folder that the run is in`);
  for (const { name } of roots) {
    const root = await statusOf(join(folder, name));
    if (isSame(root, await statusOf(join(place.path, name))))
      throw refused(target, `has a link to ${join(folder, name)} under the name ${name}`);
    for (let path = place.path; root?.isDirectory() === true; path = dirname(path)) {
      if (isSame(root, await statusOf(path))) throw refused(target, `is in ${join(folder, name)} itself`);
      if (path === dirname(path)) break;
    }
  }
}

function refused(target: string, problem: string): DaqError {
  const run = basename(target);
  return new DaqError("usage", `The target ${target} ${problem}; an upload makes a second copy elsewhere.`, {
    hint: `Name another folder, such as ${join(dirname(target), run === "" ? "archive" : `${run}-archive`)}.`,
  });
}

async function statusOf(path: string): Promise<BigIntStats | undefined> {
  // What cannot be looked at is told of by the upload itself.
  return stat(path, { bigint: true }).catch(() => undefined);
}

function isSame(left: BigIntStats | undefined, right: BigIntStats | undefined): boolean {
  return left !== undefined && right !== undefined && left.ino === right.ino && left.dev === right.dev;
}
