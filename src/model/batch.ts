import type { StreamSchema } from "./stream-schema.ts";

/**
 * The values of one column for `count` records, record after record, C order, little-endian.
 * `bytes.byteLength` is `count × columnItemBytes(column)`; `bytes.byteOffset` is a multiple of 8.
 */
export type ColumnValues = {
  readonly bytes: Uint8Array;
  /** Nullable columns only: one byte a record, 1 valid, 0 missing. */
  readonly validity?: Uint8Array;
};

/**
 * `count` records of one stream in columns. Who passes a batch on keeps its buffers: they are *borrowed* until the
 * receiver's promise settles, and are reused afterwards.
 */
export type Batch = {
  readonly stream: StreamSchema;
  readonly count: number;
  /** UTC nanoseconds of each record. */
  readonly timestampsNs: BigInt64Array;
  /** Sequence number of each record, increasing; a hole is a loss, and the ledger says why. */
  readonly sequences: BigInt64Array;
  /** In the order of `stream.columns`. */
  readonly columns: readonly ColumnValues[];
};
