import type { EncodeStep } from "../../bytes/compress/codec.ts";
import { DaqError } from "../../model/errors.ts";
import type { FormatOptions } from "../contract.ts";
import { codecs } from "./words.ts";

/** How the bodies of pages are compressed. */
export type PageCodec = {
  /** Its number in the file. */
  readonly codec: number;
  /** Absent: bodies stay as they are. */
  readonly step?: EncodeStep;
  /** For bodies whose bytes are split into planes, of which some are noise; absent: `step`. */
  readonly splitStep?: EncodeStep;
};

export const compressions = ["none", "snappy", "gzip", "zstd", "lz4_raw"] as const;

export const maxLevels = { gzip: 9, zstd: 22 } as const;

/** The fastest levels: recording has to keep up first. */
const defaultLevels = { gzip: 1, zstd: 1 } as const;

/** Throws `DaqError("format")` for a codec or a level that there is not. */
export function pageCodecOf(options: Pick<FormatOptions, "compression" | "compressionLevel">): PageCodec {
  const { compression, compressionLevel: level } = options;
  if (!(compressions as readonly string[]).includes(compression))
    throw new DaqError("format", `Parquet files cannot be compressed with "${compression}".`, {
      hint: `Choose from: ${compressions.join(", ")}.`,
    });
  if (compression === "none" || level === 0) return { codec: codecs.uncompressed };
  if (compression === "gzip" || compression === "zstd") {
    const wanted = level ?? defaultLevels[compression];
    if (!Number.isInteger(wanted) || wanted < 1 || wanted > maxLevels[compression])
      throw new DaqError("format", `Parquet: ${compression} has no level ${wanted}.`, {
        hint: `Choose a whole number from 1 to ${maxLevels[compression]}; 0 is off.`,
      });
    return { codec: codecs[compression], step: { codec: compression, level: wanted } };
  }
  if (level !== undefined)
    throw new DaqError(
      "format",
      `Parquet: ${compression} has no levels, but compression_level is ${level}.`,
      {
        hint: "Leave compression_level out, or choose gzip or zstd.",
      },
    );
  return compression === "snappy"
    ? {
        codec: codecs.snappy,
        step: { codec: "snappy" },
        splitStep: { codec: "snappy", passesNoise: true },
      }
    : { codec: codecs.lz4Raw, step: { codec: "lz4-block" } };
}

/** The name of a codec by its number. Throws `DaqError("format")` for one that is not written here. */
export function compressionOf(codec: number): (typeof compressions)[number] {
  const found = compressions.find((compression) => pageCodecOf({ compression }).codec === codec);
  if (found !== undefined) return found;
  throw new DaqError("format", `Pages with codec number ${codec} are not written by this version.`, {
    hint: "Use the version of daq-storage that made the file.",
  });
}
