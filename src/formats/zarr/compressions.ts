import { DaqError } from "../../model/errors.ts";
import type { ZarrCompression } from "./hierarchy/compression.ts";

type Compression = {
  readonly maxLevel?: number;
  readonly defaultLevel?: number;
  readonly of: (level: number) => ZarrCompression;
};

const blosc =
  (inner: "lz4" | "zstd", shuffle: "byte" | "bit") =>
  (level: number): ZarrCompression => ({ codec: "blosc", inner, shuffle, level });

/** Under the names that they have in HDF5. Zarr's gzip and zstd have no shuffle before them; Blosc has. */
const known: Readonly<Record<string, Compression>> = {
  none: { of: () => ({ codec: "none" }) },
  gzip: { maxLevel: 9, defaultLevel: 4, of: (level) => ({ codec: "gzip", level }) },
  zstd: { maxLevel: 22, defaultLevel: 1, of: (level) => ({ codec: "zstd", level }) },
  "blosc-lz4": { maxLevel: 9, defaultLevel: 5, of: blosc("lz4", "byte") },
  "blosc-zstd": { maxLevel: 9, defaultLevel: 1, of: blosc("zstd", "byte") },
  "blosc-lz4-bitshuffle": { maxLevel: 9, defaultLevel: 5, of: blosc("lz4", "bit") },
};

export const compressions = Object.keys(known);

/** On numbers of several bytes faster than zstd alone, and smaller; Blosc is one of Zarr's own codecs. */
export const defaultCompression = "blosc-zstd";

export const maxCompressionLevel: Readonly<Record<string, number>> = Object.fromEntries(
  Object.entries(known).flatMap(([name, { maxLevel }]) => (maxLevel === undefined ? [] : [[name, maxLevel]])),
);

/**
 * What a name and a level mean; level 0 is off. Throws `DaqError("format")` for a compression that Zarr does not have here,
 * and for a level out of its range.
 */
export function zarrCompression(name: string, level: number | undefined): ZarrCompression {
  const found = Object.hasOwn(known, name) ? known[name] : undefined;
  if (found === undefined)
    throw new DaqError("format", `Zarr is not written with compression "${name}".`, {
      hint: `Choose from: ${compressions.join(", ")}.`,
    });
  const { maxLevel, defaultLevel = 0 } = found;
  if (level === undefined) return found.of(defaultLevel);
  if (maxLevel === undefined)
    throw new DaqError("format", `Compression "${name}" has no level; ${level} was given.`, {
      hint: "Leave compression_level out.",
    });
  if (!Number.isInteger(level) || level < 0 || level > maxLevel)
    throw new DaqError("format", `Compression level ${level} is not a whole number from 0 to ${maxLevel}.`, {
      hint: `${name} has the levels 0 (off) to ${maxLevel}.`,
    });
  return level === 0 ? { codec: "none" } : found.of(level);
}
