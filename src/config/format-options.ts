import type { Format, FormatOptions } from "../formats/contract.ts";
import type { StorageConfig } from "./config.ts";

/** How one format is to be written under this configuration: its own default codec where none is named, 0 is off. */
export function formatOptionsFor(
  storage: StorageConfig,
  format: Pick<Format, "defaultCompression" | "maxCompressionLevel">,
): FormatOptions {
  const { durability, compressionLevel } = storage;
  const compression = storage.compression ?? format.defaultCompression;
  if (compressionLevel === 0) return { compression: "none", durability };
  const takesLevel = Object.hasOwn(format.maxCompressionLevel, compression);
  return compressionLevel !== undefined && takesLevel
    ? { compression, compressionLevel, durability }
    : { compression, durability };
}
