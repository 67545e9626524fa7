/** The numbers of parquet.thrift, under its own words. */
export const physicalTypes = {
  boolean: 0,
  int32: 1,
  int64: 2,
  int96: 3,
  float: 4,
  double: 5,
  byteArray: 6,
  fixedLengthByteArray: 7,
} as const;

export type PhysicalType = "int32" | "int64" | "float" | "double" | "boolean" | "byteArray";

export const encodings = {
  plain: 0,
  plainDictionary: 2,
  rle: 3,
  bitPacked: 4,
  deltaBinaryPacked: 5,
  deltaLengthByteArray: 6,
  deltaByteArray: 7,
  rleDictionary: 8,
  byteStreamSplit: 9,
} as const;

export const codecs = {
  uncompressed: 0,
  snappy: 1,
  gzip: 2,
  lzo: 3,
  brotli: 4,
  lz4: 5,
  zstd: 6,
  lz4Raw: 7,
} as const;

export const repetitions = { required: 0, optional: 1, repeated: 2 } as const;

export const pageTypes = { data: 0, index: 1, dictionary: 2, dataV2: 3 } as const;

export const boundaryOrders = { unordered: 0, ascending: 1, descending: 2 } as const;

/** The first and the last four bytes of a file. */
export const magic = new TextEncoder().encode("PAR1");
