import { statfsSync } from "node:fs";
import { dirname } from "node:path";
import { DaqError } from "../model/errors.ts";
import { columnItemBytes, type StreamSchema } from "../model/stream-schema.ts";

/** Less than this is not worth starting with. */
const leastBytes = 4 * 2 ** 20;
const indexBytes = 16;

export function freeBytes(path: string): number {
  const { bavail, bsize } = statfsSync(path);
  return bavail * bsize;
}

/** Bytes per second that the streams announce; undefined when one of them does not know its rate. */
export function announcedBytesPerSecond(streams: readonly StreamSchema[]): number | undefined {
  let sum = 0;
  for (const { rateHz, columns } of streams) {
    if (rateHz === undefined) return undefined;
    sum += rateHz * columns.reduce((bytes, column) => bytes + columnItemBytes(column), indexBytes);
  }
  return sum;
}

export function gigabytes(bytes: number): string {
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(0)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}

/**
 * Looks at the disk before the run: throws `DaqError("disk-full")` when there is next to nothing, returns a warning
 * when what the streams announce does not fit.
 */
export function checkDiskSpace(
  outputPath: string,
  bytesPerSecond: number | undefined,
  seconds: number | undefined,
): string | undefined {
  const folder = dirname(outputPath);
  const free = freeBytes(folder);
  if (free < leastBytes)
    throw new DaqError("disk-full", `${folder} has only ${(free / 1e6).toFixed(1)} MB free.`, {
      hint: "Free some space, or choose another output_path.",
    });
  if (bytesPerSecond === undefined) return undefined;
  if (seconds !== undefined && bytesPerSecond * seconds > free)
    return `This run announces ${gigabytes(bytesPerSecond * seconds)} before compression; ${folder} has ${gigabytes(free)} free.`;
  if (seconds === undefined && bytesPerSecond * 600 > free)
    return `At ${gigabytes(bytesPerSecond)}/s before compression, ${folder} (${gigabytes(free)} free) is full in ${Math.floor(free / bytesPerSecond / 60)} minutes.`;
  return undefined;
}
