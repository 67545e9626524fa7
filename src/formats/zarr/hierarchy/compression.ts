import type { EncodeStep } from "../../../bytes/compress/codec.ts";
import { DaqError } from "../../../model/errors.ts";
import { shownValue } from "./shown-value.ts";

/**
 * What is done to a chunk. A shuffle before gzip, zstd or lz4 is the Blosc container with that codec inside: it is the one
 * form of a shuffle that the standard codecs of both versions have, so that every reader opens it.
 */
export type ZarrCompression =
  | { readonly codec: "none" }
  /** Levels 1 to 9, and 1 to 22. */
  | { readonly codec: "gzip" | "zstd"; readonly level: number }
  | {
      readonly codec: "blosc";
      readonly inner: BloscInner;
      /** 1 to 9. */
      readonly level: number;
      readonly shuffle: BloscShuffle;
    };

export type BloscInner = "lz4" | "zstd" | "zlib";
export type BloscShuffle = "none" | "byte" | "bit";

const mostLevels = { gzip: 9, zstd: 22, blosc: 9 } as const;

export function checkCompression(where: string, compression: ZarrCompression): void {
  const { codec } = compression;
  if (codec === "none") return;
  if (!Object.hasOwn(mostLevels, codec))
    throw new DaqError("format", `${where}: Zarr has no compression ${shownValue(codec)} here.`, {
      hint: `Choose from: none, ${Object.keys(mostLevels).join(", ")}.`,
    });
  const most = mostLevels[codec];
  const { level } = compression;
  if (!Number.isInteger(level) || level < 1 || level > most)
    throw new DaqError("format", `${where}: ${codec} has no level ${shownValue(level)}.`, {
      hint: `Choose a whole number from 1 to ${most}, or the compression "none".`,
    });
  if (codec !== "blosc") return;
  if (!["lz4", "zstd", "zlib"].includes(compression.inner))
    throw new DaqError("format", `${where}: blosc has no codec ${shownValue(compression.inner)} here.`, {
      hint: "Choose from: lz4, zstd, zlib.",
    });
  if (!["none", "byte", "bit"].includes(compression.shuffle))
    throw new DaqError("format", `${where}: blosc has no shuffle ${shownValue(compression.shuffle)}.`, {
      hint: "Choose from: none, byte, bit.",
    });
}

/** The steps of `bytes/compress` that make a chunk of it. */
export function encodeStepsOf(
  compression: ZarrCompression,
  elementBytes: number,
  hasChecksum: boolean,
): readonly EncodeStep[] {
  const sum: readonly EncodeStep[] = hasChecksum ? [{ codec: "crc32c" }] : [];
  switch (compression.codec) {
    case "none":
      return sum;
    case "gzip":
    case "zstd":
      return [{ codec: compression.codec, level: compression.level }, ...sum];
    case "blosc":
      return [{ ...compression, elementBytes }, ...sum];
  }
}
