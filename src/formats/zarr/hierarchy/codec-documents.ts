import { DaqError } from "../../../model/errors.ts";
import type { Attributes } from "./attributes.ts";
import type { BloscInner, BloscShuffle, ZarrCompression } from "./compression.ts";

/** How version 3 spells Blosc's shuffles; version 2 has the library's numbers, which are their places here. */
const shuffles = ["noshuffle", "shuffle", "bitshuffle"] as const;
const shuffleNames: readonly BloscShuffle[] = ["none", "byte", "bit"];

/** Version 3's codecs behind `bytes`. */
export function codecsOf(compression: ZarrCompression, elementBytes: number): readonly Attributes[] {
  switch (compression.codec) {
    case "none":
      return [];
    case "gzip":
      return [{ name: "gzip", configuration: { level: compression.level } }];
    case "zstd":
      return [{ name: "zstd", configuration: { level: compression.level, checksum: false } }];
    case "blosc": {
      const { inner, level, shuffle } = compression;
      const configuration = {
        typesize: elementBytes,
        cname: inner,
        clevel: level,
        shuffle: shuffles[shuffleNames.indexOf(shuffle)]!,
        blocksize: 0,
      };
      return [{ name: "blosc", configuration }];
    }
  }
}

/** Version 2's `compressor`. */
export function compressorOf(compression: ZarrCompression): Attributes | null {
  switch (compression.codec) {
    case "none":
      return null;
    case "gzip":
    case "zstd":
      return { id: compression.codec, level: compression.level };
    case "blosc": {
      const { inner, level, shuffle } = compression;
      return {
        id: "blosc",
        cname: inner,
        clevel: level,
        shuffle: shuffleNames.indexOf(shuffle),
        blocksize: 0,
      };
    }
  }
}

/** Settings of a codec as a document has them. Both versions name them alike. */
type Settings = { readonly [name: string]: unknown };

function levelOf(settings: Settings, name: string, least: number, most: number, otherwise: number): number {
  const level = settings[name];
  // Other programs have 0 and negative levels; what is written here then is at the nearest.
  return typeof level === "number" && Number.isInteger(level) && level !== 0
    ? Math.min(Math.max(level, least), most)
    : otherwise;
}

function unknownCodec(where: string, what: string): DaqError {
  return new DaqError("format", `${where}: ${what} is not known here.`, {
    hint: "Known are gzip, zstd, and blosc with lz4, zstd or zlib, and crc32c in version 3. Another program has to read it.",
  });
}

function shuffleOf(where: string, value: unknown): BloscShuffle {
  const index = typeof value === "number" ? value : shuffles.indexOf(value as (typeof shuffles)[number]);
  // The library's "automatic" is bit shuffle for single bytes, byte shuffle for others: the chunk itself says which.
  if (index === -1 && value === -1) return "byte";
  const shuffle = shuffleNames[index];
  if (shuffle === undefined) throw unknownCodec(where, `Blosc's shuffle ${JSON.stringify(value)}`);
  return shuffle;
}

/** Reads one compressor: version 3's name and configuration, or version 2's id and the rest. */
export function parseCompressor(where: string, name: unknown, settings: Settings): ZarrCompression {
  switch (name) {
    case "gzip":
      return { codec: "gzip", level: levelOf(settings, "level", 1, 9, 5) };
    case "zstd":
      return { codec: "zstd", level: levelOf(settings, "level", 1, 22, 3) };
    case "blosc": {
      const cname = settings.cname === "lz4hc" ? "lz4" : settings.cname;
      if (cname !== "lz4" && cname !== "zstd" && cname !== "zlib")
        throw unknownCodec(where, `Blosc's codec ${JSON.stringify(settings.cname)}`);
      const inner: BloscInner = cname;
      return {
        codec: "blosc",
        inner,
        level: levelOf(settings, "clevel", 1, 9, 5),
        shuffle: shuffleOf(where, settings.shuffle),
      };
    }
    default:
      throw unknownCodec(where, `the codec ${JSON.stringify(name)}`);
  }
}
