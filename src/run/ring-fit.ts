import type { RingBufferConfig } from "../config/config.ts";
import { DaqError } from "../model/errors.ts";
import { PayloadLayouts } from "../model/payload-layout.ts";
import type { RunInfo } from "../model/run.ts";
import type { StreamSchema } from "../model/stream-schema.ts";
import { entryBytes } from "../ring/directory.ts";
import { alignToLine, directoryCapacity, recordHeaderBytes } from "../ring/layout.ts";

const mebibyte = 2 ** 20;

/** Throws `DaqError("config")` when a single record of a stream is larger than the ring can become. */
export function checkRingFits(ring: RingBufferConfig, streams: readonly StreamSchema[]): void {
  const resizes = ring.overflow === "resize";
  const sizeMb = resizes ? Math.max(ring.maxSizeMb, ring.sizeMb) : ring.sizeMb;
  const tooLarge = streams.filter((stream) => recordBytes(stream) > sizeMb * mebibyte);
  if (tooLarge.length === 0) return;
  const key = resizes ? "max_size_mb" : "size_mb";
  const largest = Math.max(...tooLarge.map(recordBytes));
  const records = tooLarge.map((stream) => `${stream.name} (${tenths(recordBytes(stream))} MiB)`).join(", ");
  throw new DaqError(
    "config",
    `[ring_buffer] ${key} = ${sizeMb}: a single record of ${records} does not fit into the ring.`,
    {
      hint: `Set ring_buffer.${key} to ${Math.ceil(largest / mebibyte)} at least; ${Math.ceil((10 * largest) / mebibyte)} holds ten records.`,
    },
  );
}

/**
 * Throws `DaqError("config")` when what describes run and streams is larger than the ring's place for it: thousands of
 * columns, or long texts.
 */
export function checkDescriptionsFit(info: RunInfo, streams: readonly StreamSchema[]): void {
  const parts = [
    { what: "[experiment] and the devices' settings", bytes: entryBytes(info) },
    ...streams.map((stream) => ({
      what: `${stream.name} with ${stream.columns.length} columns`,
      bytes: entryBytes(stream),
    })),
  ];
  const bytes = parts.reduce((sum, part) => sum + part.bytes, 0);
  if (bytes <= directoryCapacity) return;
  const [largest] = parts.toSorted((a, b) => b.bytes - a.bytes);
  throw new DaqError(
    "config",
    `The descriptions of run and streams take ${kibibytes(bytes)} KiB; a run has ${directoryCapacity / 1024} KiB for them. Most of it, ${kibibytes(largest!.bytes)} KiB, is ${largest!.what}.`,
    {
      hint: "Record one column with a shape instead of thousands of columns, give columns shorter names, or move long texts into a file and name the file.",
    },
  );
}

function kibibytes(bytes: number): number {
  return Math.ceil(bytes / 1024);
}

/** What one record with a timestamp of its own takes in the ring. */
function recordBytes(stream: StreamSchema): number {
  return alignToLine(recordHeaderBytes + new PayloadLayouts(stream).layout(1, true).bytes);
}

function tenths(bytes: number): string {
  return (Math.ceil((10 * bytes) / mebibyte) / 10).toFixed(1);
}
