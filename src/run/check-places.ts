import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import type { RingBufferConfig } from "../config/config.ts";
import { DaqError, systemCode } from "../model/errors.ts";
import type { StreamSchema } from "../model/stream-schema.ts";
import { dataOffset } from "../ring/layout.ts";
import { defaultRingFolder } from "../ring/ring-place.ts";
import { announcedBytesPerSecond, checkDiskSpace, freeBytes } from "./disk-space.ts";

const mebibyte = 2 ** 20;

/**
 * Looks at the places that a run would write to, and makes nothing: throws what the run would refuse with, `DaqError("path")`,
 * `("disk-full")` or `("ring")`; returns what it would warn of.
 */
export async function checkPlaces(
  indexPath: string,
  ring: RingBufferConfig,
  streams: readonly StreamSchema[],
  seconds: number | undefined,
): Promise<string | undefined> {
  const ringPath = ring.path === undefined ? undefined : resolve(ring.path);
  await checkRingPlace(ringPath === undefined ? defaultRingFolder : dirname(ringPath), ring.sizeMb);
  const folder = await folderFor(dirname(resolve(indexPath)));
  return checkDiskSpace(join(folder, "any"), announcedBytesPerSecond(streams), seconds);
}

/** The folder, or the nearest above it that there is: the others will be made in that. */
async function folderFor(wanted: string): Promise<string> {
  for (let folder = wanted; ; folder = dirname(folder)) {
    const found = await stat(folder).catch((error: unknown) => {
      if (systemCode(error) === "ENOENT" && dirname(folder) !== folder) return undefined;
      const why = systemCode(error) === "ENOTDIR" ? "a file is in the way" : (error as Error).message;
      throw cannotBeMade(wanted, why, error);
    });
    if (found === undefined) continue;
    if (!found.isDirectory()) throw cannotBeMade(wanted, "a file is in the way", undefined);
    await mayWrite(folder, wanted);
    return folder;
  }
}

async function mayWrite(folder: string, wanted: string): Promise<void> {
  try {
    await access(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    const what =
      folder === wanted ? `The folder ${folder}` : `The folder ${wanted} cannot be made: ${folder}`;
    throw new DaqError("path", `${what} cannot be written to: ${(error as Error).message}.`, {
      hint: "Choose another output_path, or get the permission to write there.",
      cause: error,
    });
  }
}

function cannotBeMade(wanted: string, why: string, cause: unknown): DaqError {
  return new DaqError("path", `The folder ${wanted} cannot be made: ${why}.`, {
    hint: "Check output_path, and that you may write there.",
    cause,
  });
}

async function checkRingPlace(folder: string, sizeMb: number): Promise<void> {
  try {
    await access(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new DaqError("path", `No ring can be made in ${folder}: ${(error as Error).message}.`, {
      hint: "ring_buffer.path must be in a folder that you may write to, best on /dev/shm.",
      cause: error,
    });
  }
  const free = freeBytes(folder);
  if (free >= sizeMb * mebibyte + dataOffset) return;
  throw new DaqError(
    "ring",
    `The ring needs ${sizeMb} MiB in ${folder}, which has ${Math.floor(free / mebibyte)} MiB free.`,
    {
      hint: "Choose a smaller ring_buffer.size_mb, free space there, or put ring_buffer.path on a larger tmpfs.",
    },
  );
}
