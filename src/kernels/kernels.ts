/**
 * The functions of the WebAssembly module (`assembly/`). Addresses and lengths are bytes in the shared memory, below
 * 4 GiB. No function allocates: `scratch` is the address of `scratchBytes` that the calling thread owns and nobody else
 * uses meanwhile; what is in it does not matter. None reads or writes outside what it was given: `length` bytes from
 * `source`, at most `capacity` (where there is none: `length`) bytes from `target`, and the scratch. Source and target
 * do not overlap.
 */
export interface Kernels {
  /** HDF5's and Blosc's byte shuffle; bytes behind the last whole element stay where they are. */
  shuffle(elementBytes: number, source: number, length: number, target: number): void;
  unshuffle(elementBytes: number, source: number, length: number, target: number): void;
  /** Bit planes of a block of `elements` (a multiple of 8) of 1, 2, 4 or 8 bytes, as the bitshuffle library lays them. */
  bitshuffle(elementBytes: number, source: number, elements: number, target: number, scratch: number): void;
  bitunshuffle(elementBytes: number, source: number, elements: number, target: number, scratch: number): void;
  /**
   * One raw LZ4 block; returns its bytes, or 0 when `capacity` is too small. `acceleration`: faster and larger from 2 on, as
   * the reference implementation's.
   */
  lz4Compress(
    source: number,
    length: number,
    target: number,
    capacity: number,
    scratch: number,
    acceleration?: number,
  ): number;
  /** Returns the decoded bytes, or −1 when the block is damaged or does not fit. */
  lz4Decompress(source: number, length: number, target: number, capacity: number): number;
  /**
   * Snappy's block format, with its length in front; returns its bytes, or 0 when `capacity` is too small. `passesNoise` (1):
   * what samples say would shrink by less than a quarter stays as it is.
   */
  snappyCompress(
    source: number,
    length: number,
    target: number,
    capacity: number,
    scratch: number,
    passesNoise?: 0 | 1,
  ): number;
  snappyDecompress(source: number, length: number, target: number, capacity: number): number;
  /** A raw deflate stream (RFC 1951) made fast; returns its bytes, or 0 when `capacity` is too small. */
  deflateFast(source: number, length: number, target: number, capacity: number, scratch: number): number;
  /**
   * The same, made smaller with more time: `level` 2 to 9 is how long it looks for each match. Neither makes a stream
   * longer than stored blocks of 65,535 bytes are.
   */
  deflateDense(
    source: number,
    length: number,
    target: number,
    capacity: number,
    scratch: number,
    level: number,
  ): number;
  /**
   * Parquet's DELTA_BINARY_PACKED of `count` integers (1 or more) of 4 or 8 bytes; returns its bytes, at most
   * `deltaBinaryPackedBytes` of the count, or 0 where differences need more than `widest` (1 to 64) bits.
   */
  deltaBinaryPack(
    elementBytes: number,
    source: number,
    count: number,
    target: number,
    scratch: number,
    widest: number,
  ): number;
  /**
   * The smallest and the largest of `count` floats of 4 or 8 bytes, to two places of `target`. NaN is passed over; where
   * there is nothing else, the smallest is larger than the largest.
   */
  extremesOfFloats(elementBytes: number, source: number, count: number, target: number): void;
  /** The same of integers; `isSigned` is 0 or 1, `count` at least 1. */
  extremesOfIntegers(
    elementBytes: number,
    isSigned: number,
    source: number,
    count: number,
    target: number,
  ): void;
  /**
   * Parquet's RLE_DICTIONARY of `count` values (1 or more) of 4 or 8 bytes: the width, then the hybrid of runs and packed
   * indexes. Values that the dictionary in `table` (`dictionaryTableBytes`, zero at first) lacks are added to it: it has their
   * number in its first four bytes, and the values from byte 8 on. `indexes` has 2 bytes a value, `target` has
   * `dictionaryEncodedBytes`. Returns the bytes, or 0 when the values are more than `dictionaryEntries`.
   */
  dictionaryEncode(
    elementBytes: number,
    source: number,
    count: number,
    table: number,
    indexes: number,
    target: number,
  ): number;
  /** Checksums: start with 1 (Adler-32) or 0 (CRC-32C), go on with what was returned. */
  adler32(seed: number, source: number, length: number): number;
  crc32c(seed: number, source: number, length: number): number;
  /**
   * Text of the rows of `table` (`row-table.ts`) from `firstRow` on: numbers with commas between them, CR LF behind each
   * row; doubles as JavaScript's `String` writes them, float32 with the fewest digits that read back, infinities as INF
   * and -INF, negative zero as -0.0, nothing for a missing value. Returns the bytes written, whole rows only; the row
   * behind the last one is then in the table. A row is begun only while the target has room for the longest possible one
   * (`longestRowsBytes` of one), and what is stored behind the text stays within that room.
   */
  encodeRows(table: number, firstRow: number, target: number, capacity: number): number;
}

/** The room that `deltaBinaryPack` needs: no delta is wider than its integers. */
export function deltaBinaryPackedBytes(elementBytes: number, count: number): number {
  const blocks = Math.ceil(count / 128);
  return 32 + blocks * (10 + 4 + 128 * elementBytes);
}

/** Values that a dictionary can have. */
export const dictionaryEntries = 1 << 14;

/** The number of values, the values, and two slots of 2 bytes for each. */
export function dictionaryTableBytes(elementBytes: number): number {
  return 8 + dictionaryEntries * (elementBytes + 4);
}

/** The room that `dictionaryEncode` needs: the width, and for each 8 values their bits, a run, and what announces both. */
export function dictionaryEncodedBytes(count: number): number {
  return 16 + Math.ceil(count / 8) * (14 + 4);
}

/** The first bytes of the memory belong to the module's own tables. */
export const reservedBytes = 1 << 20;

/** What a thread keeps for the kernels it calls. */
export const scratchBytes = 1 << 20;
