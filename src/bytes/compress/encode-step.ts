/** What is done to bytes before they are stored; steps are applied in order, and undone last first. */
export type EncodeStep =
  /** Byte planes (HDF5's filter 2, Blosc's shuffle); bytes behind the last whole element stay at the end. */
  | { readonly codec: "shuffle"; readonly elementBytes: number }
  /** Bit planes in the blocks of 8 KiB that the bitshuffle library makes; elements of 1, 2, 4 or 8 bytes. */
  | { readonly codec: "bitshuffle"; readonly elementBytes: number }
  /** Deflate (RFC 1951) raw, in zlib's frame (1950) or in gzip's (1952); 0 stores, 1 is fastest, 9 smallest. */
  | { readonly codec: "deflate" | "zlib" | "gzip"; readonly level: number }
  /** One raw LZ4 block, without its length. */
  | { readonly codec: "lz4-block" }
  /** An LZ4 frame with its content size and independent blocks, as Arrow IPC has it. */
  | { readonly codec: "lz4-frame" }
  /** Snappy's raw format, as Parquet has it; `passesNoise`: where little would be gained, it is not looked for long. */
  | { readonly codec: "snappy"; readonly passesNoise?: boolean }
  /** One zstd frame with its content size; levels 1 to 22. */
  | { readonly codec: "zstd"; readonly level: number }
  /** A Blosc 1 chunk (HDF5's filter 32001, Zarr's `blosc`); level 0 stores. */
  | {
      readonly codec: "blosc";
      readonly inner: "lz4" | "zstd" | "zlib";
      readonly shuffle: "none" | "byte" | "bit";
      readonly elementBytes: number;
      readonly level: number;
    }
  /** The payload of HDF5's filter 32004; blocks of 1 GiB unless told otherwise. */
  | { readonly codec: "hdf5-lz4"; readonly blockBytes?: number }
  /** The payload of HDF5's filter 32008; `level` is zstd's. */
  | {
      readonly codec: "hdf5-bitshuffle";
      readonly elementBytes: number;
      readonly inner: "none" | "lz4" | "zstd";
      readonly level?: number;
    }
  /** Cells of one size, with zeros behind their texts, as Zarr's `vlen-utf8` has them. */
  | { readonly codec: "vlen-utf8"; readonly cellBytes: number }
  /** HDF5's filter 3: the bytes, then the sum (little-endian). */
  | { readonly codec: "fletcher32" }
  /** Zarr's `crc32c`: the bytes, then the sum (little-endian). */
  | { readonly codec: "crc32c" };

export type CodecName = EncodeStep["codec"];

/** The step of one codec, or of several that share an implementation. */
export type StepOf<Name extends CodecName> = Extract<EncodeStep, { readonly codec: Name }>;
