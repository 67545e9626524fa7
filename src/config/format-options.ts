import type { Format, FormatOptions, ZarrOptions } from "../formats/contract.ts";
import type { FormatStorageConfig, StorageConfig } from "./config.ts";

type Codecs = Pick<Format, "compressions" | "defaultCompression" | "maxCompressionLevel">;

/**
 * How one format is to be written under this configuration: the keys of its own table first, then those of
 * `[storage]` as far as they apply to it, then its defaults. A format whose table names a codec takes no level from
 * `[storage]`, which belongs to the codec there. Level 0 is off.
 */
export function formatOptionsFor(
  storage: StorageConfig,
  format: Codecs & Pick<Format, "name">,
): FormatOptions {
  const own = storage.ofFormat?.[format.name] ?? {};
  const { durability } = storage;
  const level =
    own.compressionLevel ?? (own.compression === undefined ? storage.compressionLevel : undefined);
  const chunkSize = own.chunkSize ?? storage.chunkSize;
  const chunk = {
    ...(chunkSize === undefined ? {} : { chunkRows: chunkSize }),
    ...(storage.live === true ? { live: true } : {}),
    ...(format.name === "zarr" ? { zarr: zarrOptionsFor(own) } : {}),
    ...(format.name === "parquet" && own.encoding !== undefined
      ? { parquet: { encoding: own.encoding } }
      : {}),
  };
  if (level === 0) return { compression: "none", durability, ...chunk };
  const compression = own.compression ?? sharedCodec(storage, format) ?? format.defaultCompression;
  const takesLevel = Object.hasOwn(format.maxCompressionLevel, compression);
  // Beside a codec that this format does not have, the level is for the formats that have it.
  const isMeant = own.compressionLevel !== undefined || !lacksSharedCodec(storage, format);
  return level !== undefined && takesLevel && isMeant
    ? { compression, compressionLevel: level, durability, ...chunk }
    : { compression, durability, ...chunk };
}

function zarrOptionsFor({ zarrFormat, shardChunks, checksum, pyramid }: FormatStorageConfig): ZarrOptions {
  return {
    ...(zarrFormat === 2 ? { zarrFormat: 2 } : {}),
    ...(shardChunks === undefined ? {} : { shardChunks }),
    ...(checksum === true ? { checksum: true } : {}),
    ...(pyramid === true ? { pyramid: true } : {}),
  };
}

function sharedCodec({ compression }: StorageConfig, { compressions }: Codecs): string | undefined {
  return compression !== undefined && compressions.includes(compression) ? compression : undefined;
}

function lacksSharedCodec({ compression }: StorageConfig, { compressions }: Codecs): boolean {
  return compression !== undefined && !compressions.includes(compression);
}

/** What a person should know before the run: formats that are written otherwise than `[storage] compression` says. */
export function compressionNotices(
  storage: StorageConfig,
  formats: readonly (Codecs & Pick<Format, "name">)[],
): string[] {
  return formats.flatMap((format) => {
    const { compression = "" } = storage;
    const isOff = storage.compressionLevel === 0;
    const own = storage.ofFormat?.[format.name];
    const choosesItself = own?.compression !== undefined || own?.compressionLevel === 0;
    if (!lacksSharedCodec(storage, format) || isOff || choosesItself) return [];
    const written = formatOptionsFor(storage, format).compression;
    return [
      `${format.name} has no "${compression}" and is written with "${written}"; [storage.${format.name}] compression can be ${format.compressions.join(", ")}.`,
    ];
  });
}
