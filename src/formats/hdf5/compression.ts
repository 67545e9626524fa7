import type { EncodeStep } from "../../bytes/compress/codec.ts";
import { DaqError } from "../../model/errors.ts";
import type { Filter } from "./file/filter-pipeline.ts";

/** What a chunk of one dataset goes through: the filters that the file names, and the steps that do it. */
export type ChunkCompression = {
  readonly filters: readonly Filter[];
  readonly steps: readonly EncodeStep[];
};

type Settings = { readonly elementBytes: number; readonly chunkBytes: number; readonly level: number };

type Compression = {
  readonly maxLevel?: number;
  readonly defaultLevel?: number;
  /** The HDF5 plugin that a reader needs; absent: every HDF5 library has the filter. */
  readonly plugin?: string;
  readonly of: (settings: Settings) => ChunkCompression;
};

/** Registered filter numbers: the HDF Group's list. */
const filterIds = {
  deflate: 1,
  shuffle: 2,
  blosc: 32001,
  lz4: 32004,
  bitshuffle: 32008,
  zstd: 32015,
} as const;

const optional = 1;

function shuffleFirst({ elementBytes }: Settings): ChunkCompression {
  if (elementBytes === 1) return { filters: [], steps: [] };
  return {
    filters: [{ id: filterIds.shuffle, flags: optional, values: [elementBytes] }],
    steps: [{ codec: "shuffle", elementBytes }],
  };
}

function joined(...parts: readonly ChunkCompression[]): ChunkCompression {
  return {
    filters: parts.flatMap((part) => part.filters),
    steps: parts.flatMap((part) => part.steps),
  };
}

const deflate = ({ level }: Settings): ChunkCompression => ({
  filters: [{ id: filterIds.deflate, flags: optional, values: [level] }],
  steps: [{ codec: "zlib", level }],
});

const lz4 = (): ChunkCompression => ({
  filters: [{ id: filterIds.lz4, name: "lz4", flags: optional, values: [0] }],
  steps: [{ codec: "hdf5-lz4" }],
});

const zstd = ({ level }: Settings): ChunkCompression => ({
  filters: [{ id: filterIds.zstd, name: "zstd", flags: optional, values: [level] }],
  steps: [{ codec: "zstd", level }],
});

const bloscCodes = { lz4: 1, zstd: 5 } as const;
const bloscShuffles = { byte: 1, bit: 2 } as const;

const blosc =
  (inner: "lz4" | "zstd", shuffle: "byte" | "bit") =>
  ({ elementBytes, chunkBytes, level }: Settings): ChunkCompression => ({
    filters: [
      {
        id: filterIds.blosc,
        name: "blosc",
        flags: optional,
        values: [2, 2, elementBytes, chunkBytes, level, bloscShuffles[shuffle], bloscCodes[inner]],
      },
    ],
    steps: [{ codec: "blosc", inner, shuffle, elementBytes, level }],
  });

const bitshuffleCodes = { lz4: 2, zstd: 3 } as const;

const bitshuffle =
  (inner: "lz4" | "zstd") =>
  ({ elementBytes, level }: Settings): ChunkCompression => ({
    filters: [
      {
        id: filterIds.bitshuffle,
        name: "bitshuffle",
        flags: optional,
        values: [0, 4, elementBytes, 0, bitshuffleCodes[inner], ...(inner === "zstd" ? [level] : [])],
      },
    ],
    steps: [{ codec: "hdf5-bitshuffle", elementBytes, inner, ...(inner === "zstd" ? { level } : {}) }],
  });

const known: Readonly<Record<string, Compression>> = {
  none: { of: () => ({ filters: [], steps: [] }) },
  gzip: { maxLevel: 9, defaultLevel: 4, of: (settings) => joined(shuffleFirst(settings), deflate(settings)) },
  lz4: { plugin: "LZ4 (32004)", of: (settings) => joined(shuffleFirst(settings), lz4()) },
  zstd: {
    maxLevel: 22,
    defaultLevel: 1,
    plugin: "Zstandard (32015)",
    of: (settings) => joined(shuffleFirst(settings), zstd(settings)),
  },
  "blosc-lz4": { maxLevel: 9, defaultLevel: 5, plugin: "Blosc (32001)", of: blosc("lz4", "byte") },
  "blosc-zstd": { maxLevel: 9, defaultLevel: 1, plugin: "Blosc (32001)", of: blosc("zstd", "byte") },
  "blosc-lz4-bitshuffle": { maxLevel: 9, defaultLevel: 5, plugin: "Blosc (32001)", of: blosc("lz4", "bit") },
  "bitshuffle-lz4": { plugin: "bitshuffle (32008)", of: bitshuffle("lz4") },
  "bitshuffle-zstd": {
    maxLevel: 22,
    defaultLevel: 1,
    plugin: "bitshuffle (32008)",
    of: bitshuffle("zstd"),
  },
  // As the two above name a filter of their own, this one is what h5py makes of compression="gzip" alone.
  "gzip-without-shuffle": { maxLevel: 9, defaultLevel: 4, of: deflate },
};

export const compressions = Object.keys(known);

export const maxCompressionLevel: Readonly<Record<string, number>> = Object.fromEntries(
  Object.entries(known).flatMap(([name, { maxLevel }]) => (maxLevel === undefined ? [] : [[name, maxLevel]])),
);

/** The plugin that readers need for this compression, with its filter number; undefined when none. */
export function pluginFor(compression: string): string | undefined {
  return known[compression]?.plugin;
}

/**
 * Throws `DaqError("format")` for a compression that HDF5 does not have here, and for a level out of its range. Level 0
 * is off.
 */
export function checkCompression(compression: string, level: number | undefined): void {
  const found = Object.hasOwn(known, compression) ? known[compression] : undefined;
  if (found === undefined)
    throw new DaqError("format", `HDF5 files are not written with compression "${compression}".`, {
      hint: `Choose from: ${compressions.join(", ")}.`,
    });
  if (level === undefined) return;
  const { maxLevel } = found;
  if (maxLevel === undefined)
    throw new DaqError("format", `Compression "${compression}" has no level; ${level} was given.`, {
      hint: "Leave compression_level out.",
    });
  if (!Number.isInteger(level) || level < 0 || level > maxLevel)
    throw new DaqError("format", `Compression level ${level} is not a whole number from 0 to ${maxLevel}.`, {
      hint: `${compression} has the levels 0 (off) to ${maxLevel}.`,
    });
}

/** For one dataset with chunks of `chunkBytes` and elements of `elementBytes`. */
export function chunkCompression(
  compression: string,
  level: number | undefined,
  elementBytes: number,
  chunkBytes: number,
): ChunkCompression {
  checkCompression(compression, level);
  const found = known[compression]!;
  if (level === 0) return { filters: [], steps: [] };
  return found.of({ elementBytes, chunkBytes, level: level ?? found.defaultLevel ?? 0 });
}
