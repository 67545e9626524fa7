import { bitshuffle } from "./bitshuffle.ts";
import { blosc } from "./blosc.ts";
import type { Codec } from "./codec-contract.ts";
import { crc32c } from "./crc32c.ts";
import { deflate } from "./deflate.ts";
import type { CodecName, EncodeStep, StepOf } from "./encode-step.ts";
import { fletcher32 } from "./fletcher32.ts";
import { hdf5Bitshuffle } from "./hdf5-bitshuffle.ts";
import { hdf5Lz4 } from "./hdf5-lz4.ts";
import { lz4Block } from "./lz4-block.ts";
import { lz4Frame } from "./lz4-frame.ts";
import { shuffle } from "./shuffle.ts";
import { snappy } from "./snappy.ts";
import { vlenUtf8 } from "./vlen-utf8.ts";
import { zstd } from "./zstd.ts";

/**
 * Adding a codec is a file, its step, and a line here. All are here from the start, since they are small and encoding is
 * synchronous; the libraries behind some of them are loaded when they are first used.
 */
const codecs: { readonly [Name in CodecName]: Codec<StepOf<Name>> } = {
  shuffle,
  bitshuffle,
  deflate,
  zlib: deflate,
  gzip: deflate,
  "lz4-block": lz4Block,
  "lz4-frame": lz4Frame,
  snappy,
  "vlen-utf8": vlenUtf8,
  zstd,
  blosc,
  "hdf5-lz4": hdf5Lz4,
  "hdf5-bitshuffle": hdf5Bitshuffle,
  fletcher32,
  crc32c,
};

/** Undefined for a codec that does not exist. */
export function codecOf<Step extends EncodeStep>(step: Step): Codec<Step> | undefined {
  return Object.hasOwn(codecs, step.codec) ? (codecs[step.codec] as unknown as Codec<Step>) : undefined;
}
