/** Areas in bytes that do not move. */
export type EngineAreas = {
  readonly bytes: Uint8Array;
  readonly source: number;
  readonly length: number;
  readonly target: number;
  readonly capacity: number;
};

/** A library's compressor, in place: returns the encoded bytes, or 0 when there is not enough room. */
export type Compress = (level: number, areas: EngineAreas) => number;

/** Returns the decoded bytes. Throws when the source is damaged or does not fit. */
export type Decompress = (areas: EngineAreas) => number;

export type SystemEngine = {
  readonly compress: Compress;
  readonly decompress?: Decompress;
  /** CRC-32, as zlib has it, of a part of `bytes`, which do not move. */
  readonly crc32?: (bytes: Uint8Array, source: number, length: number) => number;
  /** For people: "1.5.4", where the library can tell. */
  readonly version?: string;
};
